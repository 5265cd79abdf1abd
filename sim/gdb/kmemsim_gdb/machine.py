"""Which machine the commands look at, and how they ask it.

A command works on one CPU. It is the one chosen with `kms machine`; or the guest that the selected thread is in; or
what a variable of the selected frame, or of a frame outside of it, points to; or the only guest that a module holds.
"""

import gdb

from . import words

KINDS = ("kms_guest", "kms_machine", "kms_cpu")
CPUS_MAX = 64  # KMS_CPUS_MAX
NONE = ("There is no machine here: no guest runs, and no variable of these frames is a struct kms_guest *, "
        "kms_machine * or kms_cpu *. `kms machine EXPRESSION` chooses one.")
NOT_RUNNING = ("The program is not running: the machine answers from inside of it. Use `start` or `run` first "
               "(a core file serves `kms regs` and `print`).")


class Machine:
    """A CPU, the guest that it belongs to if there is one, and how it was found."""

    def __init__(self, pointer, origin):
        kind = kind_of(pointer.type)
        self.origin = origin
        self.guest = pointer if kind == "kms_guest" else None
        self.cpu = {"kms_guest": lambda: pointer["cpu"], "kms_machine": lambda: pointer["cpu"][0],
                    "kms_cpu": lambda: pointer}[kind]()

    @property
    def state(self):
        """struct kms_x86_state."""
        return self.cpu["x86"]

    @property
    def mode(self):
        """enum kms_paging_mode."""
        return int(self.cpu["layout"]["mode"])

    @property
    def digits(self):
        """Hexadecimal digits of a linear address."""
        return 16 if int(self.cpu["layout"]["linear_bits"]) > 32 else 8

    @property
    def window(self):
        """struct kms_window *, NULL where native code does not go through the MMU."""
        in_window = self.guest is not None and "WINDOW" in str(self.guest["mode"])
        return self.guest["window"] if in_window else null("struct kms_window")

    def linear(self, text):
        """The linear address that an expression means: a number, or a pointer of the kernel's, from hw_ptr()."""
        value = number(text)
        base = int(self.guest["base"]) if self.guest is not None else 0
        return value - base if base and 0 <= value - base <= int(self.guest["span"]) else value

    def address(self, linear):
        """A linear address as this machine writes it."""
        return f"0x{int(linear):0{self.digits}x}"

    def ask(self, function, *arguments):
        """Call one of sim/gdb/calls.h; the answer, a struct."""
        return call(function, self.cpu, *arguments).dereference()


asking = False  # the program moves only to answer call()


def kind_of(type_):
    """The name of the struct that a type points to, if it is one that leads to a CPU; else None."""
    type_ = type_.strip_typedefs()
    if type_.code != gdb.TYPE_CODE_PTR:
        return None
    name = type_.target().unqualified().strip_typedefs().name
    return name if name in KINDS else None


def null(struct):
    """A null pointer to a struct."""
    return gdb.Value(0).cast(gdb.lookup_type(struct).pointer())


def call(function, *arguments):
    """Call a function of the program while its other threads stand still."""
    if not is_running():
        raise gdb.GdbError(NOT_RUNNING)
    try:
        callee = gdb.parse_and_eval(function)
    except gdb.error:
        raise gdb.GdbError(f"This program has no {function}(): it was linked without the kmemsim library's gdb part, "
                           "or stripped.") from None
    global asking
    before = gdb.parameter("scheduler-locking")
    gdb.execute("set scheduler-locking on")
    asking = True
    try:
        return callee(*arguments)
    finally:
        asking = False
        gdb.execute(f"set scheduler-locking {before}")


def elements(array, count):
    """The first elements of an array of structs, read at once: element by element takes gdb seconds."""
    type_ = array.type.target()
    memory = gdb.selected_inferior().read_memory(int(array.address), count * type_.sizeof).tobytes() if count else b""
    return [gdb.Value(memory[at:at + type_.sizeof], type_) for at in range(0, len(memory), type_.sizeof)]


def is_running():
    """There is a live process, not a core file and not a mere program."""
    inferior = gdb.selected_inferior()
    return bool(inferior.pid) and inferior.connection.type != "core"


def number(text, what="an address"):
    """The value of an expression, as an unsigned number."""
    if not text:
        raise gdb.GdbError(f"This needs {what}.")
    try:
        value = int(gdb.parse_and_eval(text).cast(gdb.lookup_type("unsigned long")))
    except gdb.error as error:
        raise gdb.GdbError(f"{text} is not {what}: {error}") from None
    return value


# ---- finding it ----

chosen = None  # a struct pointer, or None


def choose(expression):
    """Remember what `kms machine EXPRESSION` says, until the program ends."""
    global chosen
    try:
        pointer = gdb.parse_and_eval(expression)
    except gdb.error as error:
        raise gdb.GdbError(str(error)) from None
    if not kind_of(pointer.type):
        raise gdb.GdbError(f"{expression} is of type {pointer.type}, and must be a struct kms_guest *, kms_machine * or "
                           "kms_cpu *.")
    if not pointer:
        raise gdb.GdbError(f"{expression} is NULL.")
    chosen = pointer


def forget(_event=None):
    """The program is gone, and its machines with it."""
    global chosen
    chosen = None


def evaluate(expression):
    """A pointer, or None where the expression means nothing here or is NULL."""
    try:
        pointer = gdb.parse_and_eval(expression)
        return pointer if pointer else None
    except gdb.error:
        return None


def variables(frame):
    """The variables of a frame that lead to a CPU, innermost first."""
    try:
        block = frame.block()
    except RuntimeError:  # no debug information
        return
    while block and not block.is_global and not block.is_static:
        for symbol in block:
            if (symbol.is_variable or symbol.is_argument) and kind_of(symbol.type):
                yield symbol
        block = block.superblock


def in_frames():
    """A variable of the selected frame or of those outside that points to a machine."""
    try:
        frame = gdb.selected_frame()
    except gdb.error:
        return None
    while frame:
        for symbol in variables(frame):
            value = symbol.value(frame)
            if not value.is_optimized_out and points_to_machine(value):
                return Machine(value, f"`{symbol.name}` in {frame.name()}()")
        frame = frame.older()
    return None


def points_to_machine(pointer):
    """A variable before its first assignment holds anything: look whether it leads to a CPU and back."""
    try:
        cpu = Machine(pointer, "").cpu
        machine = cpu["machine"]
        return any(machine["cpu"][index] == cpu for index in range(min(int(machine["cpus"]), CPUS_MAX)))
    except gdb.MemoryError:
        return False


def in_modules():
    """The only guest whose static data stand in a module."""
    module, guests = evaluate("'sim/guest/module.c'::modules"), []
    while module:
        guests += [module["live"]] if module["live"] else []
        module = module["next"]
    return Machine(guests[0], f"the only live guest, of {name_of(guests[0])}") if len(guests) == 1 else None


def name_of(guest):
    """The name of a guest's kernel."""
    return guest["module"]["name"].string()


def find():
    """The machine that a command works on, or a clear error."""
    if not gdb.selected_inferior().pid:
        raise gdb.GdbError(NOT_RUNNING)
    if chosen is not None:
        return Machine(chosen, "chosen by `kms machine`")
    guest = evaluate("'sim/guest/guest_call.c'::guest_current")
    if guest is not None:
        return Machine(guest, f"the guest that this thread is in, of {name_of(guest)}")
    machine = in_frames() or in_modules()
    if machine is None:
        raise gdb.GdbError(NONE)
    return machine


# ---- commands ----

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
