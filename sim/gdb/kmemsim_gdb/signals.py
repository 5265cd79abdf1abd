"""SIGSEGV in a program with a linear window is how the window works, thousands of times: gdb must not stop for it.

It must still stop for a crash of the program itself. The window hands such a signal on by chain(), so there is a
breakpoint of ours on that.
"""

import gdb

SOURCE = "window_signal.c"
quiet = False  # `handle SIGSEGV nostop` was said


def be_quiet(enabled):
    """Let SIGSEGV pass without a word, or stop for it as gdb does by itself."""
    global quiet
    quiet = enabled
    gdb.execute(f"handle SIGSEGV {'nostop noprint' if enabled else 'stop print'} pass", to_string=True)


class WindowMade(gdb.Breakpoint):
    """The first window comes: from now on SIGSEGV is its."""

    def stop(self):
        if not quiet:
            be_quiet(True)
        return False


class NotOurs(gdb.Breakpoint):
    """A SIGSEGV that no window answers for."""

    def stop(self):
        where = gdb.newest_frame().find_sal().symtab
        if where is None or not where.filename.endswith(SOURCE):
            return False  # somebody else's chain()
        print(f"kmemsim: this SIGSEGV is none of a window's: the program itself went wrong{culprit()}")
        return True


def culprit():
    """The frame that the signal came from, behind that of the signal handler."""
    frame = gdb.newest_frame()
    while frame is not None and frame.type() != gdb.SIGTRAMP_FRAME:
        frame = frame.older()
    frame = frame.older() if frame is not None else None
    if frame is None:
        return "."
    where = frame.find_sal()
    place = f" at {where.symtab.filename}:{where.line}" if where.symtab else ""
    return f" in {frame.name()}(){place}, frame {frame.level()}."


def forget(_event=None):
    """A program that ends takes its windows along."""
    if quiet:
        be_quiet(False)


def begin():
    """Watch for windows."""
    WindowMade("window_watch", internal=True)
    NotOurs("chain", internal=True)  # without its file, by which gdb does not find a function that was inlined
    gdb.events.exited.connect(forget)
