"""`kms walk` and `kms step`: a page walk at once, and one level at a time. The walk is the machine's own."""

import gdb

from . import machine as program
from . import words
from .command import Command

ALL_RIGHTS = sum(words.RIGHTS.values())
KINDS = {"read": 0, "write": 1, "fetch": 3}  # enum kms_access_kind
PRIVILEGES = {"kernel": 1, "user": 2}  # enum kms_privilege
RESULTS = ("KMS_DONE", "KMS_FAULT", "KMS_UNBACKED")


class Level:
    """struct kms_walk_level as Python values, with the rights that were left before it."""

    def __init__(self, level, before):
        self.entry_addr, self.entry, self.reserved = (int(level[name]) for name in ("entry_addr", "entry", "reserved"))
        self.flags, self.index, self.level = (int(level[name]) for name in ("flags", "index", "level"))
        self.rights, self.verdict = int(level["rights"]), int(level["verdict"])
        self.in_register = bool(level["in_register"])
        self.before = before

    @property
    def name(self):
        """"PDE[768]"."""
        return f"{words.ENTRY_NAMES[self.level]}[{self.index}]"

    def decoded(self):
        """The entry's flags in words."""
        if self.verdict == words.NO_TABLE:
            return "outside of the memory"
        if self.in_register:
            return "present" if self.flags & words.PRESENT else "not present"
        return words.flags(self.flags, self.entry, self.reserved)

    def removed(self):
        """The letters of the rights that this level took away."""
        return words.removed(self.before, self.rights) if self.verdict <= words.MAPPED else ""


class Walk:
    """struct kms_walk as Python values, so that it outlives the next call."""

    def __init__(self, walk):
        self.linear, self.phys = int(walk["linear"]), int(walk["phys"])
        self.mode, self.verdict, self.depth = (int(walk[name]) for name in ("mode", "verdict", "depth"))
        self.page_shift, self.rights = int(walk["page_shift"]), int(walk["rights"])
        self.levels = []
        for depth in range(min(self.depth, 5)):
            before = self.levels[-1].rights if self.levels else ALL_RIGHTS
            self.levels.append(Level(walk["level"][depth], before))

    @property
    def digits(self):
        """Of a linear address."""
        return 16 if self.mode >= 3 else 8

    def entry(self, level):
        """A level's entry with as many digits as the mode's entries have."""
        if level.verdict == words.NO_TABLE:
            return "?"
        return words.hexadecimal(level.entry, 8 if self.mode == 1 else 16)

    def line(self, level):
        """One level, as the tool writes it."""
        at = "PDPTE register, from" if level.in_register else "at"
        gone = level.removed()
        return (f"{level.name:<10} {at} {words.hexadecimal(level.entry_addr)} = {self.entry(level)}  "
                f"{words.rights(level.rights)}  {level.decoded()}{f'; {gone} removed here' if gone else ''}")

    def end(self):
        """What the whole walk came to."""
        if self.verdict == words.MAPPED and not self.depth:
            return f"physical {words.hexadecimal(self.phys)}, paging is off"
        if self.verdict == words.MAPPED:
            return (f"physical {words.hexadecimal(self.phys)}, {words.size(1 << self.page_shift)} page, "
                    f"{words.rights(self.rights)}")
        if self.verdict == words.NONCANONICAL:
            return "not mapped: the address is not canonical, and no table was read"
        last = self.levels[-1]
        return f"not mapped: {last.name} {words.VERDICTS[self.verdict]}"


def head(machine, walk):
    """The address, the mode, and where the walk begins."""
    return f"{machine.address(walk.linear)}, {words.mode(walk.mode)}, CR3 {words.hexadecimal(machine.state['cr3'])}"


def access_of(arguments):
    """(kind, privilege) of the words after an address, or None if there are none."""
    unknown = [word for word in arguments if word not in KINDS and word not in PRIVILEGES]
    if unknown:
        raise gdb.GdbError(f"{unknown[0]} is neither read, write or fetch nor kernel or user.")
    kinds = [word for word in arguments if word in KINDS]
    privileges = [word for word in arguments if word in PRIVILEGES]
    if len(kinds) > 1 or len(privileges) > 1:
        raise gdb.GdbError("One access has one kind and one privilege.")
    return ((kinds or ["read"])[0], (privileges or ["kernel"])[0]) if arguments else None


def judgement(machine, linear, kind, privilege):
    """Whether the tables allow an access, and if not, why."""
    said = machine.ask("kms_gdb_judge", linear, KINDS[kind], PRIVILEGES[privilege])
    result, code = int(said["result"]), int(said["fault"]["error_code"])
    if result == RESULTS.index("KMS_DONE"):
        return f"a {privilege} {kind} is allowed"
    if result == RESULTS.index("KMS_UNBACKED"):
        return f"a {privilege} {kind} gets no answer: {said['text'].string()}"
    if int(said["fault"]["vector"]) != 14:
        return f"a {privilege} {kind} is a general-protection fault: {said['text'].string()}"
    return (f"a {privilege} {kind} is a page fault, error code 0x{code:x} ({words.error_bits(code)}): "
            f"{said['text'].string()}")


class WalkAddress(Command):
    """Walk the page tables for an address: each level's entry in words, the rights that are left after it, the end.

With words of an access (read, write, fetch; kernel, user), also whether the tables allow it, and if not, why. They
are the tables as they stand in memory: the TLB may still hold something else, which `kms tlb ADDRESS` shows."""

    name, usage = "kms walk", "ADDRESS [read|write|fetch] [kernel|user]"

    def run(self, machine, arguments):
        linear = machine.linear(arguments[0] if arguments else "")
        access = access_of(arguments[1:])
        walk = Walk(machine.ask("kms_gdb_walk", linear))
        print(head(machine, walk))
        for level in walk.levels:
            print(f"  {walk.line(level)}")
        print(walk.end())
        if access:
            print(judgement(machine, linear, *access))


# ---- one level at a time ----

class Stepping:
    """A walk under way: which level comes next."""

    def __init__(self, machine, linear):
        self.machine, self.next = machine, 0
        self.walk = Walk(machine.ask("kms_gdb_walk", linear))

    def is_over(self):
        return self.next >= len(self.walk.levels)

    def where(self, level):
        """How the CPU finds this level's entry."""
        shift = self.shift(level)
        if level.in_register:
            return f"bits 31:30 of the address are {level.index}: PDPTE register {level.index}"
        width = 4 if self.walk.mode == 1 else 8
        table = level.entry_addr - level.index * width
        return (f"the {words.TABLE_NAMES[level.level]} is at {words.hexadecimal(table)}; bits "
                f"{shift + (9 if width == 4 else 8)}:{shift} of the address are {level.index}: "
                f"entry {level.index} is at {words.hexadecimal(level.entry_addr)}")

    def shift(self, level):
        """The lowest bit of the address that selects this level's entry."""
        return 12 + (10 if self.walk.mode == 1 else 9) * (level.level - 1)

    def take(self):
        """Show the next level and go behind it."""
        level, total = self.walk.levels[self.next], len(self.walk.levels)
        self.next += 1
        gone = level.removed()
        print(f"level {self.next}: {self.where(level)}")
        print(f"  {level.name} = {self.walk.entry(level)}: {level.decoded()}")
        if level.verdict <= words.MAPPED:
            print(f"  left after it: {words.rights(level.rights)}{f' ({gone} removed here)' if gone else ''}")
        if self.next == total:
            print(f"  {self.walk.end()}")
        else:
            print("  it points to the next table; `kms step` reads there")


stepping = None


class StepWalk(Command):
    """Step a translation: each level is a stop, with the table, the index and the entry in words.

With an address, begin its walk and show the first level; without one, or with the same again, go on to the next, so
that Enter steps. The walk is of the moment when it began, and gone when the program runs on."""

    name, usage = "kms step", "[ADDRESS]"

    def run(self, machine, arguments):
        global stepping
        linear = machine.linear(arguments[0]) if arguments else None
        if arguments and (stepping is None or stepping.is_over() or stepping.walk.linear != linear):
            stepping = Stepping(machine, linear)
            print(head(machine, stepping.walk))
        if stepping is None or (stepping.is_over() and not arguments):
            raise gdb.GdbError("No walk is under way: `kms step ADDRESS` begins one.")
        if stepping.is_over():
            print(stepping.walk.end())
        else:
            stepping.take()


def forget(_event=None):
    """The program runs on, or ends: its tables may be others now."""
    global stepping
    if not program.asking:
        stepping = None


def begin():
    """Register the commands."""
    WalkAddress()
    StepWalk()
    gdb.events.cont.connect(forget)
    gdb.events.exited.connect(forget)
