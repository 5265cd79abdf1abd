"""A machine in the program: its CPU, and how it is asked."""

import gdb

KINDS = ("kms_guest", "kms_machine", "kms_cpu")
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
        raise gdb.GdbError(f"This program has no {function}(): it was linked without the kmemsim library's gdb "
                           "part, or stripped.") from None
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
