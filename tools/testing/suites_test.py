#!/usr/bin/env python3
"""Tests of suites.py: nothing that fails, crashes, hangs or runs nothing may look like success."""

import sys
import tempfile
import time
import unittest
from pathlib import Path

import suites


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def program(self, text, name="program"):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def counts(self, result, passed, failed, skipped=0):
        self.assertEqual((result.passed, result.failed, result.skipped), (passed, failed, skipped), result.notes)
        self.assertEqual(bool(result.notes), failed > 0)

    def log(self):
        return self.folder / "program.log"


class Gtest(Case):
    def run_program(self, *lines, end="exit 0"):
        output = "\n".join(lines)
        return suites.gtest("s", [self.program(f"#!/bin/sh\ncat <<'EOT'\n{output}\nEOT\n{end}\n")], self.log(), 30)

    def test_counts_the_lines_of_the_cases(self):
        result = self.run_program("[ RUN      ] A.b", "[       OK ] A.b (0 ms)", "[ RUN      ] A.c", "what failed", "[  FAILED  ] A.c (0 ms)",
                                  "[ RUN      ] A.d", "[  SKIPPED ] A.d (0 ms)", "[ RUN      ] B/A.e/7",
                                  "[  FAILED  ] B/A.e/7, where GetParam() = '\x01, x' (0 ms)", "[==========] 4 tests from 2 test suites ran. (1 ms total)",
                                  "[  SKIPPED ] 1 test, listed below:", "[  SKIPPED ] A.d", "[  FAILED  ] 2 tests, listed below:", "[  FAILED  ] A.c",
                                  "[  FAILED  ] B/A.e/7, where GetParam() = '\x01, x'", end="exit 1")
        self.counts(result, 1, 2, 1)
        self.assertEqual(result.notes, ["A.c", "B/A.e/7"])

    def test_a_case_that_wrote_half_a_line_counts(self):
        self.counts(self.run_program("[ RUN      ] A.b", "half a line[       OK ] A.b (0 ms)"), 1, 0)

    def test_a_crash_fails_and_keeps_the_count_of_what_passed(self):
        result = self.run_program("[ RUN      ] A.b", "[       OK ] A.b (0 ms)", "[ RUN      ] A.c", end="kill -SEGV $$")
        self.counts(result, 1, 1)
        self.assertIn("SIGSEGV in A.c", result.notes[0])

    def test_a_bad_exit_after_good_cases_fails(self):  # a leak, found at the end
        end = "[==========] 1 test from 1 test suite ran. (1 ms total)"
        self.counts(self.run_program("[ RUN      ] A.b", "[       OK ] A.b (0 ms)", end, end="exit 99"), 1, 1)

    def test_no_case_at_all_fails(self):
        self.counts(self.run_program("[==========] 0 tests from 0 test suites ran. (0 ms total)"), 0, 1)


class Unittests(Case):
    def run_text(self, output, code=0):
        path = self.program(f"#!/bin/sh\ncat <<'EOT'\n{output}\nEOT\nexit {code}\n")
        return suites.unittests("s", [path], self.log(), 30)

    def test_counts_what_unittest_prints(self):
        self.counts(self.run_text("Ran 5 tests in 0.1s\n\nOK"), 5, 0)
        self.counts(self.run_text("Ran 5 tests in 0.1s\n\nOK (skipped=2)"), 3, 0, 2)
        self.counts(self.run_text("FAIL: test_x (t.T.test_x)\nRan 5 tests in 0.1s\n\nFAILED (failures=1, errors=1, skipped=1)", 1), 2, 2, 1)

    def test_more_failed_subtests_than_cases_fail_every_case(self):
        self.counts(self.run_text("Ran 2 tests in 0.1s\n\nFAILED (failures=7)", 1), 0, 2)

    def test_counts_the_last_line_of_the_integration_tests(self):
        self.counts(self.run_text("test_a ... ok\nran 7, failed 0"), 7, 0)
        self.counts(self.run_text("ran 7, failed 2", 1), 5, 2)

    def test_nothing_run_fails(self):
        self.counts(self.run_text("Ran 0 tests in 0.1s\n\nOK"), 0, 1)
        self.counts(self.run_text("ran 0, failed 0"), 0, 1)
        self.counts(self.run_text(""), 0, 1)

    def test_all_skipped_fails(self):
        self.counts(self.run_text("Ran 2 tests in 0.1s\n\nOK (skipped=2)"), 0, 1, 2)

    def test_a_bad_exit_fails_whatever_was_printed(self):
        self.counts(self.run_text("ran 7, failed 0", 3), 7, 1)

    def test_a_real_program(self):
        path = self.folder / "real.py"
        path.write_text("import unittest\nclass T(unittest.TestCase):\n  def test_a(self): pass\n  def test_b(self): self.fail()\nunittest.main()\n", encoding="utf-8")
        result = suites.unittests("s", [sys.executable, path], self.log(), 30)
        self.counts(result, 1, 1)
        self.assertIn("test_b", result.notes[0])


class Benchmarks(Case):
    def test_counts_benchmarks_and_their_errors(self):
        rows = '{"benchmarks":[{"name":"a","run_type":"iteration"},{"name":"b","run_type":"iteration","error_occurred":true,"error_message":"m"}]}'
        script = f"#!/bin/sh\nfor w in \"$@\"; do case $w in --benchmark_out=*) echo '{rows}' >${{w#--benchmark_out=}} ;; esac; done\n"
        self.counts(suites.benchmarks("s", [self.program(script)], self.log(), 30), 1, 1)

    def test_a_crash_fails(self):
        self.counts(suites.benchmarks("s", [self.program("#!/bin/sh\nexit 66\n")], self.log(), 30), 0, 1)


class Fuzzer(Case):
    def run_program(self, body, inputs=2):
        corpus = self.folder / "corpus" / "thing"
        corpus.mkdir(parents=True)
        for number in range(inputs):
            (corpus / str(number)).write_text("x", encoding="utf-8")
        return suites.fuzzer("s", [self.program("#!/bin/sh\n" + body)], corpus, self.folder / "work", self.log(), 1)

    def test_a_run_over_the_whole_corpus_counts_as_one(self):
        self.counts(self.run_program("echo stat::number_of_executed_units: 900"), 1, 0)

    def test_a_crash_fails_and_names_the_input(self):
        result = self.run_program("echo 'Test unit written to /x/crash-1'; exit 77")
        self.counts(result, 0, 1)
        self.assertIn("/x/crash-1", result.notes[0])

    def test_less_than_the_corpus_fails(self):
        self.counts(self.run_program("echo stat::number_of_executed_units: 1"), 0, 1)

    def test_no_corpus_fails(self):
        self.counts(self.run_program("echo stat::number_of_executed_units: 900", inputs=0), 0, 1)


class Execution(Case):
    def test_what_does_not_end_is_killed_with_all_it_started(self):
        pid = self.folder / "pid"
        path = self.program(f"#!/bin/sh\nsleep 60 &\necho $! >{pid}.part && mv {pid}.part {pid}\nsleep 60\n")
        begin = time.monotonic()
        finished = suites.execute([path], self.log(), 1)
        self.assertTrue(finished.timed_out)
        self.assertLess(time.monotonic() - begin, 30)
        status = Path(f"/proc/{pid.read_text(encoding='ascii').strip()}/status")
        self.assertTrue(not status.exists() or "State:\tZ" in status.read_text(encoding="ascii"), "the child lives on")
        self.counts(suites.unittests("s", [path], self.log(), 0.2), 0, 1)

    def test_sanitizer_reports_of_unseen_processes_fail(self):
        (self.folder / "report.123").write_text("WARNING: ThreadSanitizer", encoding="utf-8")
        result = suites.collect_reports(suites.Result("s", passed=1), self.folder / "report")
        self.counts(result, 1, 1)


if __name__ == "__main__":
    unittest.main()
