"""`kms owner`: whose memory stands behind an address."""

import gdb

from . import words
from .heap import blocks, runs
from .command import Command
from .vana import BLOCK, STACK, Vana
from .walk import Walk


def span(first, last):
    """Two ends of a range."""
    return f"0x{first:08x}-0x{last:08x}"


def table_words(machine, cr3, phys, whose):
    """"a page table of the kernel": what stands in this frame in one address space; None if no table does."""
    table = machine.ask("kms_gdb_table", cr3, phys)
    if not table["found"]:
        return None
    level, linear = int(table["level"]), int(table["linear"])
    return (f"{words.TABLE_NAMES[level]} of {whose}, which translates addresses from {machine.address(linear)} on")


def tables(machine, vana, phys):
    """The address spaces in which this frame is a table."""
    spaces = list(vana.directories()) if vana else []
    current = int(machine.state["cr3"])
    if all(directory != current & ~0xFFF for _, directory in spaces):
        spaces.append(("the current address space", current))
    return [said for whose, cr3 in spaces if (said := table_words(machine, cr3, phys, whose))]


def heap_words(vana, phys):
    """The heap block that holds an address; None outside of the heap."""
    start, entries = vana.heap()
    block = (phys - start) // BLOCK
    if not 0 <= block < len(entries):
        return None
    run = next(run for run in runs(entries) if run.first <= block < run.first + run.count)
    where = span(start + run.first * BLOCK, start + (run.first + run.count) * BLOCK - 1)
    if run.state == "free":
        return f"heap: block {block}, free, in a free run of {blocks(run.count)} ({where})"
    place = "first" if block == run.first else f"number {block - run.first + 1}"
    return f"heap: block {block}, {run.state}, {place} of a run of {blocks(run.count)} ({where})"


def process_parts(address, process):
    """(what, first address, size) of everything that a process owns."""
    yield "its descriptor", address, process.type.sizeof
    yield "its image", int(process["ptr"]), int(process["size"])
    yield "its stack", int(process["stack"]), STACK
    yield "its task", int(process["task"]), gdb.lookup_type("struct task").sizeof
    slots = process["allocations"]
    for slot in range(slots.type.range()[1] + 1):
        pointer, size = int(slots[slot]["ptr"]), int(slots[slot]["size"])
        if size:
            yield f"its allocation in slot {slot}", pointer, size


def process_words(vana, phys):
    """What processes own there."""
    for process_number, address, process in vana.processes():
        for what, first, size in process_parts(address, process):
            if first <= phys < first + size:
                yield f"process {process_number}: {what}, {size} bytes ({span(first, first + size - 1)})"


def owners(machine, vana, phys):
    """Everything that is known of a physical address."""
    said = tables(machine, vana, phys) if machine.mode else []
    if vana is None:
        return said
    said += process_words(vana, phys)
    kernel, heap = vana.kernel_range(phys), heap_words(vana, phys)
    said += [f"kernel: {kernel[0]} ({span(kernel[1], kernel[2])})"] if kernel else []
    return said + ([heap] if heap else [])


class Owner(Command):
    """Say whose memory stands behind a linear address: a page table's, a process's, the kernel's, the heap's.

The address is translated first; all that follows is about the physical address. Of a machine without VanaOS only the
page tables are known."""

    name, usage = "kms owner", "ADDRESS"

    def run(self, machine, arguments):
        walk = Walk(machine.ask("kms_gdb_walk", machine.linear(arguments[0] if arguments else "")))
        print(f"{machine.address(walk.linear)}: {walk.end()}")
        if walk.verdict != words.MAPPED:
            return
        try:
            vana = Vana(machine)
        except gdb.GdbError:
            vana = None
        for line in owners(machine, vana, walk.phys) or ["nobody that is known here"]:
            print(f"  {line}")


def begin():
    """Register the command."""
    Owner()
