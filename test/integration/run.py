#!/usr/bin/env python3
"""The integration tests: the real program between real clients and backends. The last line is `ran N, failed M`.

usage: test/integration/run.py --headgate PATH --origin PATH [--lane NAME] [WORD...]

WORDs choose the tests whose name (file.Class.test) holds one of them. `--lane` is the preset that built the programs: under
the sanitizers all is slower, so tests wait longer and send less.
"""

import argparse
import faulthandler
import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

from support import environment  # noqa: E402


def flatten(suite):
    """The cases of a suite, one by one."""
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def main():
    parser = argparse.ArgumentParser(prog="test/integration/run.py", description="The integration tests of Headgate.")
    parser.add_argument("--headgate", required=True, type=Path)
    parser.add_argument("--origin", required=True, type=Path)
    parser.add_argument("--lane", default="dev")
    parser.add_argument("--verbose", action="store_true", help="print each test as it begins")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    environment.setUp(options.headgate.resolve(), options.origin.resolve(), options.lane)
    faulthandler.register(10)  # SIGUSR1 shows where a test hangs

    cases = list(flatten(unittest.TestLoader().discover(str(FOLDER), pattern="*_test.py")))
    if options.words:
        cases = [case for case in cases if any(word in case.id() for word in options.words)]
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2 if options.verbose else 1).run(unittest.TestSuite(cases))
    failed = len({case.id() for case, _ in result.failures + result.errors}) + len(result.unexpectedSuccesses)
    if result.skipped:
        print(f"skipped={len(result.skipped)}")
    print(f"ran {result.testsRun}, failed {failed}")
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main())
