"""`kms heap`: the heap's table as a map and as runs."""

import itertools

import gdb

from . import words
from .command import Command
from .vana import BLOCK, FIRST, HAS_NEXT, TYPE, Vana

COLUMNS, ROWS = 64, 32  # of the map, at most


class Run:
    """Neighbouring blocks that were handed out together, or that are free."""

    def __init__(self, first, count, state):
        self.first, self.count, self.state = first, count, state


def end_of_block_run(entries, first):
    """The block after a taken run; a run that is broken ends where the table breaks its format."""
    at = first
    while entries[at] & HAS_NEXT and at + 1 < len(entries) and entries[at + 1] & TYPE and not entries[at + 1] & FIRST:
        at += 1
    return at + 1


def runs(entries):
    """The table as runs, in order; what breaks its format is a run of one block with the state "broken"."""
    at = 0
    while at < len(entries):
        if entries[at] == 0:
            rest = itertools.islice(entries, at, None)
            end = at + sum(1 for _ in itertools.takewhile(lambda entry: entry == 0, rest))
            yield Run(at, end - at, "free")
        elif entries[at] & FIRST:
            end = end_of_block_run(entries, at)
            yield Run(at, end - at, "broken" if entries[end - 1] & HAS_NEXT else "taken")
        else:
            end = at + 1
            yield Run(at, 1, "broken")
        at = end


def blocks(count):
    """A number of blocks."""
    return f"{count} block{'' if count == 1 else 's'}"


def summary(start, entries):
    """The heap in one line."""
    longest = max((run.count for run in runs(entries) if run.state == "free"), default=0)
    taken = sum(1 for entry in entries if entry)
    return (f"heap 0x{start:08x}-0x{start + len(entries) * BLOCK - 1:08x}, {blocks(len(entries))} of "
            f"{words.size(BLOCK)}: {taken} taken, longest free run {blocks(longest)}")


def picture(entries):
    """(blocks for each character, the characters)."""
    each = 1
    while len(entries) > each * COLUMNS * ROWS:
        each *= 2
    pieces = [entries[at:at + each] for at in range(0, len(entries), each)]
    return each, "".join("." if not any(piece) else "#" if all(piece) else "+" for piece in pieces)


class HeapMap(Command):
    """Draw the kernel heap's table; rows that repeat the one above are left out, as in a dump.

`kms heap runs` lists it."""

    name, is_prefix = "kms heap", True

    def run(self, machine, arguments):
        if arguments:
            raise gdb.GdbError(f"{arguments[0]} is no form of `kms heap`: there are `kms heap` and `kms heap runs`.")
        start, entries = Vana(machine).heap()
        each, drawn = picture(entries)
        print(summary(start, entries))
        print(f"each character is {blocks(each)}: # taken, + partly, . free")
        before, repeated = None, False
        for at in range(0, len(drawn), COLUMNS):
            line = drawn[at:at + COLUMNS]
            if line != before:
                print(f"0x{start + at * each * BLOCK:08x} {line}")
            elif not repeated:
                print("*")
            before, repeated = line, line == before


class HeapRuns(Command):
    """List the kernel heap's runs of blocks in order; equal neighbours share a line."""

    name = "kms heap runs"

    def run(self, machine, arguments):
        start, entries = Vana(machine).heap()
        print(summary(start, entries))
        for (state, count), group in itertools.groupby(runs(entries), lambda run: (run.state, run.count)):
            group = list(group)
            first = start + group[0].first * BLOCK
            last = start + (group[-1].first + count) * BLOCK - 1
            together = f"{len(group)} runs of {blocks(count)}" if len(group) > 1 else blocks(count)
            print(f"0x{first:08x}-0x{last:08x}  {state}  {together}")


def begin():
    """Register the commands."""
    HeapMap()
    HeapRuns()
