#!/usr/bin/env python3
"""Plants one bug after another in a copy of the sources and checks that the tests named catch it.

    mutate.py check TABLE... [--source DIR]             every entry still applies to the sources (instant)
    mutate.py run TABLE --build DIR [--source DIR] ...  plant, build and test each of them
    mutate.py fuzz TABLE ...                            plant, build and fuzz each that names a fuzz target

A table is a text file of entries separated by blank lines; a line that starts with # is a comment:

    name:  D is set by a read
    file:  sim/machine/x86_walk.c
    from:  if (access->write)
    to:    if (true)
    tests: machine_walk machine_accessed_dirty
    fuzz:  mmu

`from` stands exactly once in the file, on one line; `to` replaces it (and may be empty). `tests` are names given to
kms_add_test, run in this order until one fails. A mutant is caught when a test fails, crashes or outlasts the time
limit. One that survives, does not build or no longer applies is a failure here, so that a table cannot rot.

`fuzz` may be left out: the target, a folder of fuzz/, that finds the bug within 60 seconds, or "none" and why none can.
`mutate.py fuzz` runs the target on it, beginning with the corpus of the repository, built by clang with libFuzzer and
without other sanitizers; the target must end with a finding. If it drives a kernel, it leaves a file of operations, which
must fail under `kmemsim run` with the same bug planted and become records for the boot image; a comma and words behind
the target say why it need not fail there.
"""

import argparse
import dataclasses
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time

NEEDED = ("name", "file", "from", "to", "tests")
FIELDS = NEEDED + ("fuzz",)
FUZZ_SECONDS = 60
# Targets that leave a file of operations, and the kernel that it is about.
WRITES_OPERATIONS = {"heap": "vana", "paging": "vana", "process": "vana", "jslk": "jslk",
                     "vlsos_vm": "vlsos", "xelix": "xelix"}
COPIED = ("CMakeLists.txt", "include", "sim", "src", "tests", "fuzz/support", "docs/examples")


class Broken(Exception):
    """A table, a source or a build that cannot be used, in words."""


@dataclasses.dataclass
class Mutant:
    """One planted bug: `original`, standing once in `file`, becomes `replacement`."""

    place: str
    name: str
    file: str
    original: str
    replacement: str
    tests: list
    fuzz: str = ""

    @property
    def target(self):
        """The fuzz target that finds it, or None."""
        return self.fuzz.split(",")[0].strip() if self.fuzz and not self.fuzz.startswith("none") else None

    def check_fuzz(self, source):
        """Refuses a target that is not there, and a "none" without a reason."""
        if self.target and not (source / "fuzz" / self.target / "CMakeLists.txt").is_file():
            raise Broken(f"fuzz: there is no target '{self.target}'")
        if self.fuzz.startswith("none") and not self.fuzz.removeprefix("none").strip(" ,:"):
            raise Broken("fuzz: 'none' needs a reason")

    def apply(self, text):
        count = text.count(self.original)
        if count != 1:
            raise Broken(f"no longer applies: '{self.original}' stands {count} times in {self.file}")
        return text.replace(self.original, self.replacement)


def read_table(path):
    mutants, entry = [], {}
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines + [""], 1):
        if line.startswith("#"):
            continue
        if line.strip():
            field, colon, value = line.partition(":")
            if not colon or field not in FIELDS or field in entry:
                raise Broken(f"{path}:{number}: expected one of {', '.join(FIELDS)}, each once, and a colon")
            entry[field] = value.strip()
        elif entry:
            mutants.append(make_mutant(f"{path}:{number - len(entry)}", entry))
            entry = {}
    if not mutants:
        raise Broken(f"{path}: holds no entry")
    return mutants


def make_mutant(place, entry):
    absent = [field for field in NEEDED if field not in entry or (field != "to" and not entry[field])]
    if absent:
        raise Broken(f"{place}: lacks {', '.join(absent)}")
    return Mutant(place, entry["name"], entry["file"], entry["from"], entry["to"], entry["tests"].split(),
                  entry.get("fuzz", ""))


def check(tables, source):
    """Prints and counts the entries that do not apply to the sources as they are."""
    bad = 0
    for mutant in (mutant for table in tables for mutant in read_table(table)):
        try:
            mutant.apply((source / mutant.file).read_text(encoding="utf-8"))
            mutant.check_fuzz(source)
        except (Broken, OSError) as error:
            print(f"{mutant.place}: {mutant.name}: {error}")
            bad += 1
    return bad


def copy_changed(source, target):
    """copy2, but a file that is already the same is left alone, so that a later run rebuilds only what changed."""
    old, new = pathlib.Path(target), pathlib.Path(source)
    if not old.exists() or old.read_bytes() != new.read_bytes():
        shutil.copy2(source, target)
        os.utime(target)


class Workshop:
    """One copy of the sources with its build, in which one mutant at a time is planted."""

    def __init__(self, root, options, tests):
        self.source, self.build = root / "source", root / "build"
        self.options, self.tests = options, tests
        self.log = root / "log"

    def command(self, *words, limit=None):
        """Runs a command with its output in the log; None where it outlasted the limit, else the exit status."""
        with self.log.open("a", encoding="utf-8") as log:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
            try:
                return process.wait(limit)
            except subprocess.TimeoutExpired:
                return None
            finally:
                self.end(process)

    @staticmethod
    def end(process):
        """Ends what is left of a command: a mutant that never returns may run in a child of a child."""
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()

    def prepare(self):
        """Copies, configures and builds; the unchanged sources must pass every test."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text("", encoding="utf-8")
        self.copy()
        if self.command("cmake", "-S", str(self.source), "-B", str(self.build), *self.options.configure) != 0:
            raise Broken(f"the copy cannot be configured: {self.log}")
        if not self.compiles():
            raise Broken(f"the unchanged copy does not build: {self.log}")
        failing = self.first_failing(self.tests)
        if failing:
            raise Broken(f"{failing[0]} fails on the unchanged copy: {self.log}")

    def copy(self):
        for name in self.options.copied:
            original, target = self.options.source / name, self.source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if original.is_dir():
                shutil.copytree(original, target, copy_function=copy_changed, dirs_exist_ok=True)
            elif original.exists():
                copy_changed(original, target)

    def compiles(self):
        return self.command("cmake", "--build", str(self.build), "--target", *self.tests) == 0

    def first_failing(self, tests):
        """The first test that fails and how, or None."""
        for test in tests:
            # The backstop ends a ctest whose test left a child behind; the test itself has the limit.
            status = self.command("ctest", "--test-dir", str(self.build), "-R", f"^{test}$", "--no-tests=error",
                                  "--output-on-failure", "--timeout", str(self.options.limit),
                                  limit=self.options.limit + 30)
            if status != 0:
                return test, "outlasted every limit" if status is None else "failed"
        return None

    def judge(self, mutant):
        """(caught, words) for one mutant; the copy is as it was afterwards."""
        file = self.source / mutant.file
        original = file.read_text(encoding="utf-8")
        try:
            file.write_text(mutant.apply(original), encoding="utf-8")
            if not self.compiles():
                return False, "does not build"
            return self.verdict(mutant)
        except (Broken, OSError) as error:
            return False, str(error)
        finally:
            file.write_text(original, encoding="utf-8")

    def verdict(self, mutant):
        failing = self.first_failing(mutant.tests)
        return (True, f"caught by {failing[0]}") if failing else (False, "SURVIVED " + " ".join(mutant.tests))


class FuzzShop(Workshop):
    """A workshop in which fuzz targets look for the mutants. `tests` are the targets' names."""

    def prepared(self):
        """The unchanged sources have no finding in the corpus."""
        for name in self.tests:
            if self.command(self.program(name), "-runs=0", str(self.corpus(name)), limit=300) != 0:
                return name, "has a finding already"
        return None

    def first_failing(self, tests):
        return self.prepared()

    def program(self, name):
        return str(self.build / "fuzz" / f"fuzz_{name}")

    def corpus(self, name):
        return self.source / "fuzz" / name / "corpus"

    def compiles(self):
        return self.command("cmake", "--build", str(self.build), "--target", "kmemsim_tool",
                            *(f"fuzz_{name}" for name in self.tests)) == 0

    def verdict(self, mutant):
        found = self.build / "found"
        shutil.rmtree(found, ignore_errors=True)
        (found / "corpus").mkdir(parents=True)
        status = self.command(self.program(mutant.target), f"-max_total_time={FUZZ_SECONDS}", "-timeout=10",
                              f"-artifact_prefix={found}/", str(found / "corpus"), str(self.corpus(mutant.target)),
                              limit=FUZZ_SECONDS + 60)
        if status == 0:
            return False, f"NOT FOUND by {mutant.target} in {FUZZ_SECONDS} s"
        if mutant.target not in WRITES_OPERATIONS or list(found.glob("timeout-*")):
            return True, f"found by {mutant.target}"
        files = list(found.glob("*.kmt"))
        if not files:
            return False, f"found by {mutant.target}, which left no file of operations"
        return self.replay(mutant, files[0])

    def replay(self, mutant, operations):
        """The file shows the bug where the bug is, and is one that the boot image can replay."""
        run = (str(self.build / "kmemsim"), "run", "--kernel", WRITES_OPERATIONS[mutant.target])
        if self.command(*run, "--emit-binary", str(operations) + ".bin", str(operations), limit=60) != 0:
            return False, f"found by {mutant.target}; its operations cannot be replayed"
        shown = self.command(*run, str(operations), limit=60) == 1
        if not shown and "," not in mutant.fuzz:
            return False, f"found by {mutant.target}; its operations do not show it: {operations}"
        return True, f"found by {mutant.target}" + (", shown by kmemsim run" if shown else "")


def work(shop, mutants, report):
    """A worker: prepares its workshop and judges mutants until none is left; report(mutant, caught, words, seconds)."""
    shop.prepare()
    while True:
        try:
            mutant = mutants.get_nowait()
        except queue.Empty:
            return
        start = time.monotonic()
        caught, words = shop.judge(mutant)
        report(mutant, caught, words, time.monotonic() - start)


class Worker(threading.Thread):
    """work() in a thread that keeps what stopped it."""

    def __init__(self, *arguments):
        super().__init__()
        self.arguments, self.error = arguments, None

    def run(self):
        try:
            work(*self.arguments)
        except (Broken, OSError) as error:
            self.error = error


def run(table, options):
    """Judges every mutant of a table, in parallel; the number that was not caught."""
    mutants = read_table(table)
    tests = list(dict.fromkeys(test for mutant in mutants for test in mutant.tests))
    shop = Workshop
    if options.action == "fuzz":
        for mutant in mutants:
            mutant.check_fuzz(options.source)
            if not mutant.target:
                print(f"       --   {mutant.name}: {mutant.fuzz or 'names no fuzz target'}")
        mutants = [mutant for mutant in mutants if mutant.target]
        tests = list(dict.fromkeys(mutant.target for mutant in mutants))
        shop = FuzzShop
    waiting, results, lock = queue.Queue(), [], threading.Lock()
    for mutant in mutants:
        waiting.put(mutant)

    def report(mutant, caught, words, seconds):
        with lock:
            results.append(caught)
            print(f"[{len(results)}/{len(mutants)}] {'ok  ' if caught else 'FAIL'} {mutant.name}: {words} "
                  f"({seconds:.1f} s)", flush=True)

    prefix = "fuzz-" if options.action == "fuzz" else ""
    shops = [shop(options.build / f"{prefix}{table.stem}-{number}", options, tests) for number in range(options.jobs)]
    workers = [Worker(shop, waiting, report) for shop in shops]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for worker in workers:
        if worker.error:
            raise worker.error
    print(f"{table.name}: {results.count(True)} of {len(mutants)} planted bugs caught")
    return results.count(False)


def parse(arguments):
    here = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("action", choices=("check", "run", "fuzz"))
    parser.add_argument("tables", nargs="+", type=pathlib.Path, metavar="TABLE")
    parser.add_argument("--source", type=pathlib.Path, default=here, help="the sources (this repository)")
    parser.add_argument("--build", type=pathlib.Path, default=here / "build/mutation", help="where copies are built")
    parser.add_argument("--copied", nargs="+", default=COPIED, help="the parts of the sources that are copied")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="copies worked on at once")
    parser.add_argument("--limit", type=int, default=20, help="seconds that one test may take")
    options = parser.parse_args(arguments)
    options.build = options.build.resolve()
    options.configure = ("-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS_DEBUG=-O1",
                         "-DKMEMSIM_WHOLE_PROGRAMS=ON", "-DKMEMSIM_WERROR=OFF", "-DKMEMSIM_FUZZ=OFF",
                         "-DKMEMSIM_INSTALL=OFF")
    if options.action == "fuzz":
        options.copied = (*options.copied, "fuzz")
        options.configure = ("-G", "Ninja", "-DCMAKE_C_COMPILER=clang", "-DCMAKE_BUILD_TYPE=Release",
                             "-DCMAKE_C_FLAGS_RELEASE=-O2", "-DKMEMSIM_LIBFUZZER=ON", "-DKMEMSIM_TESTS=OFF",
                             "-DKMEMSIM_TOOL=ON",
                             # its runtime answers the coverage calls in the tool, which has no libFuzzer
                             "-DCMAKE_EXE_LINKER_FLAGS=-fsanitize=undefined",
                             "-DKMEMSIM_WERROR=OFF", "-DKMEMSIM_INSTALL=OFF")
    return options


def main(arguments):
    options = parse(arguments)
    try:
        if options.action == "check":
            return 1 if check(options.tables, options.source) else 0
        return 1 if sum(run(table, options) for table in options.tables) else 0
    except (Broken, OSError) as error:
        print(f"mutate.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
