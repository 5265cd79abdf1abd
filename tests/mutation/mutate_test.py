#!/usr/bin/env python3
"""Tries mutate.py on the toy project: each verdict is given to the entry that deserves it, and nothing else passes."""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
TOY = HERE / "toy"


def mutate(*arguments):
    return subprocess.run([sys.executable, str(HERE / "mutate.py"), *map(str, arguments)],
                          capture_output=True, text=True, check=False)


class RunTest(unittest.TestCase):
    """mutate.py run"""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as build:
            cls.done = mutate("run", TOY / "toy.mutants", "--source", TOY, "--build", build, "--limit", "2",
                              "--copied", "CMakeLists.txt", "sum.c", "sum.h", "toy_first.c", "toy_second.c")
        cls.verdicts = dict(re.findall(r"^\[\d+/7\] \S+ +(.*?): (.*) \(", cls.done.stdout, re.MULTILINE))

    def assert_verdict(self, name, verdict):
        self.assertEqual(self.verdicts.get(name), verdict, self.done.stdout + self.done.stderr)

    def test_a_bug_is_caught_by_the_first_test_that_fails(self):
        self.assert_verdict("the sum starts wrong", "caught by toy_first")
        self.assert_verdict("the last one is left out", "caught by toy_second")

    def test_a_bug_that_hangs_a_test_is_caught(self):
        self.assert_verdict("the loop never ends", "caught by toy_second")

    def test_a_bug_that_no_test_sees_survives(self):
        self.assert_verdict("a negative end is a sum of nothing", "SURVIVED toy_first toy_second")

    def test_a_bug_that_does_not_build_is_not_caught(self):
        self.assert_verdict("the return is lost", "does not build")

    def test_an_entry_that_does_not_stand_exactly_once_no_longer_applies(self):
        self.assert_verdict("a line that is not there",
                            "no longer applies: 'sum = sum + i;' stands 0 times in sum.c")
        self.assert_verdict("a line that is there twice", "no longer applies: 'last' stands 3 times in sum.c")

    def test_the_run_fails_and_counts(self):
        self.assertIn("3 of 7 planted bugs caught", self.done.stdout)
        self.assertEqual(self.done.returncode, 1)


class CheckTest(unittest.TestCase):
    """mutate.py check, and tables that cannot be read"""

    def check(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".mutants") as table:
            table.write(text)
            table.flush()
            return mutate("check", table.name, "--source", TOY)

    def test_check_names_each_entry_that_does_not_apply(self):
        done = mutate("check", TOY / "toy.mutants", "--source", TOY)
        self.assertEqual(done.stdout.count("no longer applies"), 2)
        self.assertEqual(done.returncode, 1)

    def test_a_table_whose_entries_all_apply_passes(self):
        done = self.check("name: a\nfile: sum.c\nfrom: int sum = 0;\nto: int sum = 1;\ntests: toy_first\n")
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_a_fuzz_target_that_is_not_there_and_a_none_without_a_reason_are_refused(self):
        entry = "name: a\nfile: sum.c\nfrom: int sum = 0;\nto: int sum = 1;\ntests: toy_first\nfuzz: "
        self.assertIn("there is no target 'summing'", self.check(entry + "summing\n").stdout)
        self.assertIn("'none' needs a reason", self.check(entry + "none\n").stdout)
        self.assertEqual(self.check(entry + "none, as nobody can sum that long\n").returncode, 0)

    def test_a_broken_table_is_refused_with_its_line(self):
        for text, words in (("name: a\nfile: b\n", ":1: lacks from, to, tests"),
                            ("name: a\nname: b\n", ":2: expected one of"),
                            ("nonsense\n", ":1: expected one of"),
                            ("# nothing\n", ": holds no entry")):
            done = self.check(text)
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
