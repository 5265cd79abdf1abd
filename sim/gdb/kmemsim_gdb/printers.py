"""Pretty-printers: faults, walks, entries as walks hold them, cached translations, registers. They call nothing."""

import gdb.printing

from . import registers, words
from .walk import Level, Walk

PAGE_FAULT, GENERAL_PROTECTION = 14, 13
ACCESS_KINDS = ("read", "write", "locked read-modify-write", "instruction fetch")  # enum kms_access_kind
PRIVILEGES = ("", "supervisor ", "user ", "implicit supervisor ")  # enum kms_privilege


class Printer:
    """A value whose text is text(value)."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        """What gdb shows."""
        return self.text(self.value)


def page_fault(address, code):
    """A page fault in one line."""
    return (f"page fault at {words.hexadecimal(address)}, error code 0x{code:x} ({words.error_bits(code)}): "
            f"{words.page_fault(code)}")


class Fault(Printer):
    """struct kms_fault."""

    @staticmethod
    def text(fault):
        vector, code = int(fault["vector"]), int(fault["error_code"])
        if vector == PAGE_FAULT:
            return page_fault(fault["address"], code)
        if vector == GENERAL_PROTECTION:
            return f"general protection (#GP), error code 0x{code:x}"
        return f"exception {vector}, error code 0x{code:x}"


class KernelFault(Printer):
    """struct hw_page_fault and struct guest_fault: what a kernel's own handler is told."""

    @staticmethod
    def text(fault):
        said = page_fault(fault["address"], int(fault["error"]))
        has_process = "process" in fault.type.strip_typedefs().keys()
        return f"{said}; it ended process {int(fault['process'])}" if has_process and fault["process"] >= 0 else said


class WalkValue(Printer):
    """struct kms_walk: a line for each level, and the end."""

    @staticmethod
    def text(value):
        walk = Walk(value)
        lines = [f"walk of {words.hexadecimal(walk.linear, walk.digits)}, {words.mode(walk.mode)}"]
        return "\n".join(lines + [f"  {walk.line(level)}" for level in walk.levels] + [f"  {walk.end()}"])


class WalkLevel(Printer):
    """struct kms_walk_level: the entry by itself."""

    @staticmethod
    def text(value):
        level = Level(value, int(value["rights"]))
        return (f"{level.name} at {words.hexadecimal(level.entry_addr)} = {words.hexadecimal(level.entry)}  "
                f"{words.rights(level.rights)}  {level.decoded()}")


class TlbEntry(Printer):
    """struct kms_tlb_entry."""

    @staticmethod
    def text(entry):
        said = [f"{words.hexadecimal(entry['linear'])} -> {words.hexadecimal(entry['phys'])}",
                words.size(1 << min(int(entry["page_shift"]), 63)), words.rights(int(entry["rights"]))]
        said += [name for name in ("dirty", "global") if entry[name]]
        said += [f"PCID {int(entry['asid'])}"] if int(entry["asid"]) else []
        said += [f"key {int(entry['key'])}"] if int(entry["key"]) else []
        return ", ".join(said)


class Access(Printer):
    """struct kms_access."""

    @staticmethod
    def text(access):
        kind, privilege = int(access["kind"]), int(access["privilege"])
        if kind >= len(ACCESS_KINDS) or privilege >= len(PRIVILEGES):
            return f"no access: kind {kind}, privilege {privilege}"
        return f"{PRIVILEGES[privilege]}{ACCESS_KINDS[kind]} at {words.hexadecimal(access['linear'])}"


class Registers(Printer):
    """struct kms_x86_state: a line for each register."""

    @staticmethod
    def text(state):
        return "\n".join(["registers"] + [f"  {line}" for line in registers.lines(state, registers.mode_of(state))])


class Stop(Printer):
    """struct kms_guest_stop."""

    @staticmethod
    def text(stop):
        end = str(stop["end"]).removeprefix("KMS_GUEST_").lower()
        reason = stop["reason"].string(errors="replace")
        return f"{end}: {reason}" if reason else f"{end}, status {int(stop['status'])}"


PRINTERS = {"kms_fault": Fault, "hw_page_fault": KernelFault, "guest_fault": KernelFault, "kms_walk": WalkValue,
            "kms_walk_level": WalkLevel, "kms_tlb_entry": TlbEntry, "kms_access": Access,
            "kms_x86_state": Registers, "kms_guest_stop": Stop}


def begin():
    """Register the printers, for every program that has these types."""
    collection = gdb.printing.RegexpCollectionPrettyPrinter("kmemsim")
    for name, printer in PRINTERS.items():
        collection.add_printer(name, f"^{name}$", printer)
    gdb.printing.register_pretty_printer(None, collection, replace=True)
