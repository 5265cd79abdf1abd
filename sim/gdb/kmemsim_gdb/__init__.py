"""gdb commands and printers for kernel memory on kmemsim machines; docs/gdb.md is their tutorial."""

from . import entry, heap, machine, memory, owner, printers, registers, signals, space, walk


def begin():
    """Make everything known to gdb."""
    for module in (machine, entry, registers, walk, space, memory, heap, owner, signals, printers):
        module.begin()
