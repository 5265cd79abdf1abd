"""`kms mem` and `kms tlb`: what the tables map, and what is cached whatever they say now."""

import gdb

from . import words
from .command import Command
from .machine import elements

TLB_ROOM = 17472  # KMS_GDB_TLB


def run_line(machine, item):
    """One run of pages."""
    run, first = item["run"], int(item["linear"])
    span, pages, shifts = (int(run[name]) for name in ("size", "pages", "page_shifts"))
    kinds = " and ".join(words.size(1 << shift) for shift in range(64) if shifts >> shift & 1)
    return (f"{machine.address(first)}-{machine.address(first + span - 1)} -> {words.hexadecimal(run['phys'])}  "
            f"{words.size(span):>9}  {words.rights(int(run['rights']))}  {pages} x {kinds}")


class AddressSpace(Command):
    """List the address space: runs of pages with the same rights that follow each other in physical memory too.

Without arguments all of it; with one address from there on; with two the pages of that range."""

    name, usage = "kms mem", "[FIRST [LAST]]"

    def run(self, machine, arguments):
        if machine.mode == 0:
            print("paging is off: every linear address is physical")
            return
        first = machine.linear(arguments[0]) if arguments else 0
        last = machine.linear(arguments[1]) if len(arguments) > 1 else (1 << machine.digits * 4) - 1
        if last < first:
            raise gdb.GdbError("The range ends before it begins.")
        if not self.list(machine, first, last):
            print("nothing is mapped there")

    @staticmethod
    def list(machine, first, last):
        """Print the runs, as many at a time as an answer holds; how many there were."""
        count, more = 0, True
        while more:
            space = machine.ask("kms_gdb_space", first, last)
            lines = [run_line(machine, item) for item in elements(space["runs"], int(space["count"]))]
            more, first, count = bool(space["more"]), int(space["next"]), count + len(lines)
            print("\n".join(lines), end="\n" if lines else "")
        return count


def cached_words(cached):
    """The flags of a cached translation."""
    entry = cached["entry"]
    if not cached["in_tlb"]:
        return "window only"
    said = [words.rights(int(entry["rights"]))]
    said += [name for name in ("dirty", "global") if entry[name]]
    said += [f"PCID {int(entry['asid'])}"] if int(entry["asid"]) else []
    said += ["in the window"] if cached["in_window"] else []
    said += ["another address space"] if cached["foreign"] else []
    return ", ".join(said)


def stale_words(machine, cached):
    """What the tables say instead."""
    if not cached["stale"]:
        return ""
    if not cached["mapped"]:
        return "  STALE: the tables map nothing there now"
    return (f"  STALE: the tables now say {words.hexadecimal(cached['phys'])}, "
            f"{words.rights(int(cached['rights']))}")


def cached_line(machine, cached):
    """One cached translation."""
    entry = cached["entry"]
    return (f"{machine.address(entry['linear'])} -> {words.hexadecimal(entry['phys'])}  "
            f"{words.size(1 << int(entry['page_shift']))}  {cached_words(cached)}{stale_words(machine, cached)}")


class Tlb(Command):
    """List the cached translations, those of one address or all, and say which of them the tables contradict.

In the linear window native code uses what the window has mapped, which is a TLB too: a page that is only there says
so. A stale one means that an invalidation was missed, or is still to come."""

    name, usage = "kms tlb", "[ADDRESS]"

    def run(self, machine, arguments):
        wanted = machine.linear(arguments[0]) if arguments else None
        tlb = machine.ask("kms_gdb_tlb", machine.window)
        total = int(tlb["total"])
        held = elements(tlb["cached"], min(total, TLB_ROOM))
        lines = [cached_line(machine, cached) for cached in held if wanted is None or holds(cached, wanted)]
        print("\n".join(lines) if lines else "nothing is cached" + (" for this address" if arguments else ""))
        if total > TLB_ROOM:
            print(f"({total - TLB_ROOM} more are not listed)")


def holds(cached, linear):
    """The cached page holds this address."""
    shift = int(cached["entry"]["page_shift"])
    return int(cached["entry"]["linear"]) >> shift == linear >> shift


def begin():
    """Register the commands."""
    AddressSpace()
    Tlb()
