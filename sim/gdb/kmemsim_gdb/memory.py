"""`kms x`: guest memory through the MMU. gdb's own `x` shows zeros for window pages that were not touched yet."""

import gdb

from .command import Command
from .machine import number

ROW, ANSWER, MOST = 16, 4096, 1 << 20  # bytes: of a line, of one answer, of one command


def answer(said):
    """The bytes of a struct kms_gdb_bytes."""
    count = int(said["count"])
    return bytes(gdb.selected_inferior().read_memory(int(said["bytes"].address), count)) if count else b""


def read(machine, function, address, size):
    """Up to `size` bytes, as many as could be read without a gap."""
    data = b""
    while len(data) < size:
        wanted = min(size - len(data), ANSWER)
        piece = answer(machine.ask(function, address + len(data), wanted))
        data += piece
        if len(piece) < wanted:
            break
    return data


def peek(machine, linear, size):
    """Bytes at a linear address, as the tables say now."""
    return read(machine, "kms_gdb_peek", linear, size)


def physical(machine, phys, size):
    """Bytes at a physical address; an error where there is no memory."""
    data = read(machine, "kms_gdb_phys", phys, size)
    if len(data) < size:
        raise gdb.GdbError(f"No memory answers at physical address 0x{phys + len(data):08x}.")
    return data


def row(machine, linear, data):
    """A line of a dump."""
    numbers = " ".join(f"{byte:02x}" for byte in data)
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)
    return f"{machine.address(linear)}: {numbers:<{3 * ROW - 1}}  {text}"


class Examine(Command):
    """Dump guest memory at a linear address, read through the page tables whatever the rights, without any effect.

COUNT is in bytes, 64 if it is not given."""

    name, usage = "kms x", "ADDRESS [COUNT]"

    def run(self, machine, arguments):
        linear = machine.linear(arguments[0] if arguments else "")
        count = number(arguments[1], "a number of bytes") if len(arguments) > 1 else 64
        if not 0 < count <= MOST:
            raise gdb.GdbError(f"COUNT is 1 to {MOST} bytes.")
        data = peek(machine, linear, count)
        for at in range(0, len(data), ROW):
            print(row(machine, linear + at, data[at:at + ROW]))
        if len(data) < count:
            print(f"{machine.address(linear + len(data))}: not mapped, or no memory there")


def begin():
    """Register the command."""
    Examine()
