"""gdb commands and printers for kernel memory on kmemsim machines; docs/gdb.md is their tutorial."""

from . import command, entry, heap, memory, owner, printers, registers, signals, space, walk


def begin():
    """Make everything known to gdb."""
    for module in (command, entry, registers, walk, space, memory, heap, owner, signals, printers):
        module.begin()
