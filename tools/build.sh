#!/usr/bin/env bash
# Builds build/<preset>/headgate; installs the Debian packages that are missing.
#
# usage: tools/build.sh [preset]     release (default), dev, asan, tsan, clang, ...: see CMakePresets.json
# JOBS=N sets the number of parallel compilers (default: the number of cores).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=${1:-release}
jobs=${JOBS:-$(nproc)}

case $preset in
  -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
  release) tools/install-dependencies.sh build ;;
  *) tools/install-dependencies.sh test ;; # every other preset holds the tests
esac

cmake --preset "$preset" -Wno-dev --log-level=WARNING
cmake --build "build/$preset" --parallel "$jobs" --target headgate headgate-origin
echo "built build/$preset/headgate"
