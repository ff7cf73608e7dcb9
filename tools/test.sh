#!/usr/bin/env bash
# Builds and runs every test; installs the Debian packages that are missing. The last line is `N passed, N failed`; the
# exit code is 0 if none failed, 1 if any failed, did not build or ran nothing, 2 for a wrong command line.
#
# usage: tools/test.sh                 all lanes; about half an hour on two cores from a cold start
#        tools/test.sh --quick         the checks of the tree and the dev lane
#        tools/test.sh --lane NAME     one lane (repeat it for more): checks, dev, clang, asan, tsan, fuzz
#
# JOBS=N sets the number of parallel compilers (default: the number of cores). FUZZ_SECONDS=N is the time of each
# fuzzer (default: 20).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools/install-dependencies.sh test
exec /usr/bin/python3 tools/testing/run.py "$@"
