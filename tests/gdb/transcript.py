#!/usr/bin/env python3
"""Replays the gdb sessions of a document and compares what gdb prints with what the document says.

    transcript.py DOCUMENT --gdb GDB --trust DIRECTORY NAME=PROGRAM...

A session is a run of indented lines. `    $ gdb ... NAME` begins one on the program of that name; each
`    (gdb) COMMAND` is typed in turn, and the lines below it are what must come. In these, `...` stands for any text on
its line, and alone on a line for any number of lines. Everything outside of a session is prose. Exit status 77: there
is no gdb to run.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MARK = "@@@"
DRIVER = pathlib.Path(__file__).with_name("type_commands.py")
HOST_NOISE = re.compile(r"\[Thread debugging using|Using host libthread_db|\[Inferior \d+ \(process"
                        r"|warning: Error disabling address space randomization")
NO_TRACING = ("ptrace: Operation not permitted", "Could not trace the inferior", "Python scripting is not supported")


class Session:
    """A program, and (line number, command, lines that must come) of each command."""

    def __init__(self, program):
        self.program, self.steps = program, []


def sessions(text):
    """The sessions of a document, in order."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("    "):
            continue
        line = line[4:].rstrip()
        if line.startswith("$ gdb "):
            found.append(Session(line.split()[-1].rpartition("/")[2]))
        elif line.startswith("(gdb) ") and found:
            found[-1].steps.append((number, line[6:], []))
        elif line and found and found[-1].steps:
            found[-1].steps[-1][2].append(line)
    return found


def matches(expected, lines):
    """The expected lines describe these lines."""
    if not expected:
        return not lines
    if expected[0] == "...":
        return any(matches(expected[1:], lines[skipped:]) for skipped in range(len(lines) + 1))
    pattern = ".*".join(re.escape(piece) for piece in expected[0].split("..."))
    return bool(lines) and re.fullmatch(pattern, lines[0]) is not None and matches(expected[1:], lines[1:])


def skip(why):
    """Say loudly that nothing was tested."""
    print(f"SKIPPED: {why}")
    sys.exit(1 if os.environ.get("KMEMSIM_NO_SKIP") == "1" else 77)


def run(session, options, program, place):
    """Type a session's commands; the lines that each printed."""
    environment = dict(os.environ, LC_ALL="C", KMS_COMMANDS="\n".join(command for _, command, _ in session.steps),
                       KMS_MARK=MARK, ASAN_OPTIONS="detect_leaks=0", HOME=place)
    done = subprocess.run(
        [options.gdb, "-nx", "-q", "-batch", "-iex", f"add-auto-load-safe-path {options.trust}",
         "-iex", "set width 0", "-iex", "set disable-randomization on", "-x", str(DRIVER), program],
        cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=200, check=False, text=True, errors="replace")
    if any(words in done.stdout for words in NO_TRACING):
        skip("gdb cannot trace programs here, or has no Python")
    return [[line.rstrip() for line in part.splitlines()[1:] if line.strip() and not HOST_NOISE.match(line)]
            for part in done.stdout.split(MARK)[1:]]


def compare(session, said, document):
    """How many commands printed something else; each is shown."""
    failures = 0
    said += [["(gdb ended before this command)"]] * (len(session.steps) - len(said))
    for (number, command, expected), lines in zip(session.steps, said):
        if not matches(expected, lines):
            failures += 1
            print(f"{document}:{number}: (gdb) {command}\n  the document says:")
            print("\n".join(f"    {line}" for line in expected) + "\n  gdb says:")
            print("\n".join(f"    {line}" for line in lines))
    return failures


def main():
    """Replay every session of one document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("document", type=pathlib.Path)
    parser.add_argument("--gdb", default="")
    parser.add_argument("--trust", default="/")
    parser.add_argument("--skip", help="say why nothing is tested, and end")
    parser.add_argument("programs", nargs="*")
    options = parser.parse_intermixed_args()
    if options.skip or not options.gdb:
        skip(options.skip or "gdb was not found")
    programs = dict(item.split("=", 1) for item in options.programs)
    found, failures = sessions(options.document.read_text(encoding="utf-8")), 0
    for session in found:
        with tempfile.TemporaryDirectory() as place:
            said = run(session, options, programs[session.program], place)
        failures += compare(session, said, options.document)
    commands = sum(len(session.steps) for session in found)
    print(f"{commands} commands in {len(found)} sessions, {failures} not as written")
    sys.exit(1 if failures or not commands else 0)


if __name__ == "__main__":
    main()
