"""VanaOS as a debugger sees it: its heap table, address spaces and processes, read from the machine's memory.

None of the kernel's code runs for this: it could switch directories or touch pages. What the kernel keeps for itself
stands at the same linear and physical address, so physical memory is what is read.
"""

import struct

import gdb

from .finding import evaluate
from .memory import physical

BLOCK, FIRST, HAS_NEXT, TYPE = 4096, 0x40, 0x80, 0x0F  # src/vana/heap.h
STACK = 16 * 1024  # VANA_USER_PROGRAM_STACK_SIZE


class Vana:
    """The kernel in a guest."""

    def __init__(self, machine):
        self.machine = machine
        guest = machine.guest
        if guest is None or guest["module"]["name"].string() != "vana":
            raise gdb.GdbError("This machine does not run VanaOS, the only kernel whose heap and processes are known "
                               "here.")
        if guest["module"]["live"] != guest:
            raise gdb.GdbError("Another guest's static data stand in the kernel now: choose that guest, or stop "
                               "inside of this one.")
        self.base = int(guest["base"])

    @staticmethod
    def variable(file, name):
        """A static or global variable of the kernel."""
        value = evaluate(f"&'src/vana/{file}'::{name}")
        if value is None:
            raise gdb.GdbError(f"The kernel was built without debug information: no {name}.")
        return value.dereference()

    def linear(self, pointer):
        """The guest's address that a pointer of the kernel stands for; None for NULL."""
        return int(pointer) - self.base if pointer else None

    def structure(self, address, name):
        """A struct in guest memory, as a value."""
        type_ = gdb.lookup_type(f"struct {name}")
        return gdb.Value(physical(self.machine, address, type_.sizeof), type_)

    # ---- heap ----

    def heap(self):
        """(address of the first block, the table's entries as bytes)."""
        heap = self.variable("kheap.c", "kernel_heap")
        if not heap["table"]:
            raise gdb.GdbError("The kernel has no heap yet.")
        table = heap["table"].dereference()
        entries = physical(self.machine, self.linear(table["entries"]), int(table["total"]))
        return self.linear(heap["saddr"]), entries

    # ---- address spaces and processes ----

    def directory(self, chunk):
        """The directory of a struct paging_4gb_chunk at a linear address."""
        return struct.unpack("<I", physical(self.machine, chunk, 4))[0]

    def processes(self):
        """(number, address, struct process) of each."""
        slots = self.variable("process.c", "processes")
        for number in range(slots.type.range()[1] + 1):
            address = self.linear(slots[number])
            if address is not None:
                yield number, address, self.structure(address, "process")

    def directories(self):
        """(whose, address of the directory): the kernel's and each process's."""
        kernel = self.linear(self.variable("task.c", "kernel_directory"))
        if kernel is not None:
            yield "the kernel", self.directory(kernel)
        for number, _, process in self.processes():
            if int(process["task"]):
                task = self.structure(int(process["task"]), "task")
                yield f"process {number}", self.directory(int(task["page_directory"]))

    def kernel_range(self, address):
        """The name and the ends of the kernel's range that holds an address; None outside of them."""
        ranges = self.variable("layout.c", "vana_kernel_ranges")
        for number in range(ranges.type.range()[1] + 1):
            start, end = int(ranges[number]["start"]), int(ranges[number]["end"])
            if start <= address < end:
                return ranges[number]["name"].string(), start, end - 1
        return None
