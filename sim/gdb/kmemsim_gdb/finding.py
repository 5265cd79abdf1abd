"""Which machine the commands look at.

A command works on one CPU. It is the one chosen with `kms machine`; or the guest that the selected thread is in; or
what a variable of the selected frame, or of a frame outside of it, points to; or the only guest that a module holds.
"""

import gdb

from .machine import NOT_RUNNING, Machine, kind_of

CPUS_MAX = 64  # KMS_CPUS_MAX
NONE = ("There is no machine here: no guest runs, and no variable of these frames is a struct kms_guest *, "
        "kms_machine * or kms_cpu *. `kms machine EXPRESSION` chooses one.")

chosen = None  # a struct pointer, or None


def choose(expression):
    """Remember what `kms machine EXPRESSION` says, until the program ends."""
    global chosen
    try:
        pointer = gdb.parse_and_eval(expression)
    except gdb.error as error:
        raise gdb.GdbError(str(error)) from None
    if not kind_of(pointer.type):
        raise gdb.GdbError(f"{expression} is of type {pointer.type}, and must be a struct kms_guest *, kms_machine * "
                           "or kms_cpu *.")
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


def is_known(type_name):
    """The program's debug information describes this type."""
    try:
        return gdb.lookup_type(type_name) is not None
    except gdb.error:
        return False


def name_of(guest):
    """The name of a guest's kernel."""
    return guest["module"]["name"].string()


def find():
    """The machine that a command works on, or a clear error."""
    if not gdb.selected_inferior().pid:
        raise gdb.GdbError(NOT_RUNNING)
    if not is_known("struct kms_cpu"):
        raise gdb.GdbError("The kmemsim library in this program was built without debug information (-g).")
    if chosen is not None:
        return Machine(chosen, "chosen by `kms machine`")
    guest = evaluate("guest_current")
    if guest is not None:
        return Machine(guest, f"the guest that this thread is in, of {name_of(guest)}")
    machine = in_frames() or in_modules()
    if machine is None:
        raise gdb.GdbError(NONE)
    return machine
