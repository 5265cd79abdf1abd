"""`kms entry`: the value of a page-table entry in words, wherever it was found: in a register, a variable, a file.

What stands in the tables of a machine is judged by its walker (`kms walk`); a bare value has no machine, so reserved
bits are not judged here. "32-Bit Paging", "PAE Paging", "4-Level Paging and 5-Level Paging".
"""

import gdb

from . import words
from .finding import find
from .machine import number

LOW_BITS = ((5, 4), (8, 7), (3, 8), (4, 9))  # (bit of the entry, bit of enum kms_entry_flag): A G PWT PCD
BIT_D, BIT_PS, BIT_PAT, BIT_LARGE_PAT, BIT_NX = 6, 7, 7, 12, 63
FRAME_32, FRAME_64 = 0xFFFFF000, 0x000FFFFFFFFFF000
LARGE_32, HIGH_FRAME, HIGH_SHIFT = 0xFFC00000, 0x001FE000, 19
SOFTWARE_32, SOFTWARE_64 = 0xE00, 0x07F0000000000E00


class Entry:
    """A value taken as an entry of a level in a mode."""

    def __init__(self, value, level, mode):
        self.value, self.level, self.mode = value, level, mode
        self.is_large = level in ((2,) if mode < 3 else (2, 3)) and bool(value >> BIT_PS & 1)
        self.is_leaf = level == 1 or self.is_large

    @property
    def shift(self):
        """log2 of what the entry spans."""
        return 12 + (10 if self.mode == 1 else 9) * (self.level - 1)

    def flags(self):
        """enum kms_entry_flag."""
        value = self.value
        bits = value & 7
        bits |= sum((value >> bit & 1) << flag for bit, flag in LOW_BITS if self.is_leaf or bit != 8)
        if self.is_leaf:
            pat = BIT_LARGE_PAT if self.is_large else BIT_PAT
            bits |= (value >> BIT_D & 1) << 5 | (value >> pat & 1) << 10 | self.is_large << 6
        return bits | (value >> BIT_NX & 1) << 3 if self.mode != 1 else bits

    def target(self):
        """The frame or the table that it points to."""
        if self.mode != 1:
            mask = FRAME_64 & ~((1 << self.shift) - 1) if self.is_large else FRAME_64
            return self.value & mask
        if not self.is_large:
            return self.value & FRAME_32
        return self.value & LARGE_32 | (self.value & HIGH_FRAME) << HIGH_SHIFT

    def __str__(self):
        name = f"{words.ENTRY_NAMES[self.level]} {words.hexadecimal(self.value, 8 if self.mode == 1 else 16)}"
        decoded = words.flags(self.flags(), self.value)
        if not self.value & 1:
            return f"{name}: {decoded}"
        software = self.value & (SOFTWARE_32 if self.mode == 1 else SOFTWARE_64)
        kind = f"{words.size(1 << self.shift)} page" if self.is_leaf else words.TABLE_NAMES[self.level - 1]
        verb = "maps" if self.is_leaf else "points to"
        return (f"{name}: {verb} the {kind} at {words.hexadecimal(self.target())}; {decoded}"
                f"{f'; 0x{software:x} is left to software' if software else ''}")


def mode_named(name):
    """enum kms_paging_mode of a name."""
    if name not in words.MODES[1:]:
        raise gdb.GdbError(f"{name} is no paging mode: {', '.join(words.MODES[1:])}.")
    return words.MODES.index(name)


def current_mode():
    """That of the machine, if there is one and its paging is on; else 32-bit."""
    try:
        return find().mode or 1
    except gdb.GdbError:
        return 1


def options(arguments):
    """The arguments apart from --level N and --mode NAME, and these two as a dictionary."""
    rest, given = [], {}
    while arguments:
        word, *arguments = arguments
        if word not in ("--level", "--mode"):
            rest.append(word)
        elif not arguments:
            raise gdb.GdbError(f"{word} needs a value.")
        else:
            given[word], *arguments = arguments
    return rest, given


class ShowEntry(gdb.Command):
    """Decode the value of a page-table entry: what it points to, and its flags in words.

Level 1 is a PTE (the default), 2 a PDE, 3 a PDPTE, 4 a PML4E, 5 a PML5E. The mode (32-bit, PAE, 4-level, 5-level) is
the machine's, or 32-bit where there is none. Reserved bits are not judged: `kms walk` does, for entries in tables.

Usage: kms entry VALUE [--level N] [--mode MODE]"""

    def __init__(self):
        super().__init__("kms entry", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        rest, given = options(gdb.string_to_argv(argument))
        if len(rest) != 1:
            raise gdb.GdbError("Usage: kms entry VALUE [--level N] [--mode MODE]")
        mode = mode_named(given["--mode"]) if "--mode" in given else current_mode()
        level, levels = number(given.get("--level", "1"), "a level"), (0, 2, 3, 4, 5)[mode]
        if not 1 <= level <= levels:
            raise gdb.GdbError(f"{words.mode(mode)} has levels 1 to {levels}.")
        print(Entry(number(rest[0], "an entry"), level, mode))


def begin():
    """Register the command."""
    ShowEntry()
