"""SIGSEGV in a program with a linear window is how the window works, thousands of times: gdb must not stop for it.

It must still stop for a crash of the program itself. The window hands such a signal on by chain(), so there is a
breakpoint of ours on that.
"""

import gdb

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
        print("kmemsim: this SIGSEGV is none of a window's: the program itself went wrong, in the frame below "
              "<signal handler called>.")
        return True


def forget(_event=None):
    """A program that ends takes its windows along."""
    if quiet:
        be_quiet(False)


def begin():
    """Watch for windows."""
    WindowMade("-source window_signal.c -function window_watch", internal=True)
    NotOurs("-source window_signal.c -function chain", internal=True)
    gdb.events.exited.connect(forget)
