#!/usr/bin/env python3
"""Runs the lanes and prints the count; see tools/test.sh."""

import argparse
import signal
import sys
import time

import lanes


def main():
    parser = argparse.ArgumentParser(prog="tools/test.sh", description="Builds and runs the tests of Headgate.")
    parser.add_argument("--quick", action="store_true", help="the checks of the tree and the dev lane")
    parser.add_argument("--lane", action="append", default=[], choices=list(lanes.LANES), help="only this lane; may be repeated")
    options = parser.parse_args()
    if options.quick and options.lane:
        parser.error("--quick and --lane do not go together")
    chosen = ["checks", "dev"] if options.quick else options.lane or list(lanes.LANES)

    # Ends like Ctrl-C, so that what runs at the moment is ended too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    begin = time.monotonic()
    passed = failed = 0
    for name in [lane for lane in lanes.LANES if lane in chosen]:
        results = lanes.LANES[name]()
        if not results:
            print(f"{name:7s} FAILED: the lane ran nothing")
            failed += 1
        passed += sum(result.passed for result in results)
        failed += sum(result.failed for result in results)
    minutes, seconds = divmod(int(time.monotonic() - begin), 60)
    print(f"{minutes} min {seconds} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
