"""What every `kms` command has in common, and `kms machine`."""

import gdb

from . import words
from .finding import choose, find, forget, name_of


class Command(gdb.Command):
    """A `kms` command: its help is the docstring, its work is run(machine, arguments)."""

    name = ""
    usage = ""
    is_prefix = False

    def __init__(self):
        self.__doc__ = f"{type(self).__doc__}\n\nUsage: {self.name} {self.usage}".rstrip()
        super().__init__(self.name, gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION, self.is_prefix)

    def invoke(self, argument, from_tty):
        try:
            self.run(find(), gdb.string_to_argv(argument))
        except gdb.error as error:
            raise gdb.GdbError(f"The machine cannot be read: {error}") from None

    def run(self, machine, arguments):
        """What the command does."""
        raise NotImplementedError


class Prefix(gdb.Command):
    """Kernel memory on the simulated machine: translations, address spaces, heaps and their owners."""

    def __init__(self):
        super().__init__("kms", gdb.COMMAND_DATA, prefix=True)


class ShowMachine(Command):
    """Show which machine the kms commands look at, or choose it.

The expression gives a struct kms_guest *, kms_machine * or kms_cpu *, and holds until the program ends."""

    name, usage = "kms machine", "[EXPRESSION]"

    def invoke(self, argument, from_tty):
        if argument:
            choose(argument)
        super().invoke("", from_tty)

    def run(self, machine, arguments):
        print(f"{machine.origin}: {words.mode(machine.mode)}, {guest_words(machine)}")


def guest_words(machine):
    """How native code reaches the machine's memory."""
    if machine.guest is None:
        return "no kernel in it"
    mode = "through the window" if machine.window else "in direct mode"
    return f"running {name_of(machine.guest)} {mode}"


def begin():
    """Register the commands, and forget a choice when its program ends."""
    Prefix()
    ShowMachine()
    gdb.events.exited.connect(forget)
