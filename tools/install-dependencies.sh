#!/usr/bin/env bash
# Installs the Debian 12 packages that are missing. Says nothing and asks for nothing when all are there.
#
# usage: tools/install-dependencies.sh [run|build|test|lint|bench]...      (default: build)
#   run    the libraries that the headgate binary is linked with
#   build  what tools/build.sh needs
#   test   what tools/test.sh needs (holds build)
#   lint   what tools/pre-commit needs
#   bench  what tools/bench and tools/soak need (holds build)
#   --print   only prints the packages of the named sets
set -euo pipefail

# A library a line: several hands add to these.
run=(
  libabsl20220623
  libbrotli1
  libc-ares2
  libevent-core-2.1-7
  libfmt9
  libgoogle-glog0v6
  libnghttp2-14
  libpq5
  libre2-9
  libsqlite3-0
  libstdc++6
  libzstd1
  zlib1g
)
build=(build-essential g++ cmake ninja-build ccache mold pkg-config ca-certificates python3 python3-yaml
  libabsl-dev
  libbrotli-dev
  libc-ares-dev
  libcli11-dev
  libevent-dev
  libexpected-dev
  libfmt-dev
  libgoogle-glog-dev
  libnghttp2-dev
  libpq-dev
  libre2-dev
  libsqlite3-dev
  libzstd-dev
  rapidjson-dev
  zlib1g-dev
  libunwind-dev # glog's pkg-config file asks for it
)
test=(libgtest-dev libgmock-dev libbenchmark-dev clang-14 libclang-rt-14-dev llvm-14 lld node-llhttp
  python3 postgresql-15 nginx-light nghttp2-client nghttp2-server curl apache2-utils wrk strace procps util-linux
  python3-brotli
  python3-grpcio
  python3-h2
  python3-jsonschema
  python3-websockets
)
lint=(clang-format-14 clang-tidy-14 python3)
bench=(nginx haproxy wrk apache2-utils nghttp2-client nghttp2-proxy gcc python3 procps util-linux)

usage() { sed -n '4,10s/^# \{0,1\}//p' "$0"; }

wanted=()
print=no
for set in "$@"; do
  case $set in
    run) wanted+=("${run[@]}") ;;
    build) wanted+=("${build[@]}") ;;
    test) wanted+=("${build[@]}" "${test[@]}") ;;
    lint) wanted+=("${lint[@]}") ;;
    bench) wanted+=("${build[@]}" "${bench[@]}") ;;
    --print) print=yes ;;
    -h | --help) usage; exit 0 ;;
    *) echo "install-dependencies: unknown set '$set'" >&2; usage >&2; exit 2 ;;
  esac
done
[ ${#wanted[@]} -gt 0 ] || wanted=("${build[@]}")
mapfile -t wanted < <(printf '%s\n' "${wanted[@]}" | sort -u)

if [ "$print" = yes ]; then
  printf '%s\n' "${wanted[@]}"
  exit 0
fi

fail() {
  printf 'install-dependencies: %s\nThe packages of this machine must include: %s\n' "$1" "${missing[*]}" >&2
  exit 1
}

missing=("${wanted[@]}")
command -v dpkg-query >/dev/null || fail "this is not a Debian system (there is no dpkg-query)"

# The names of the wanted packages that are not installed, one a line.
listMissing() {
  local installed
  # dpkg-query fails when it knows nothing of one of them, which is what is asked here.
  installed=$({ dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true; } | sed -n 's/ installed$//p' | sort -u)
  comm -23 <(printf '%s\n' "${wanted[@]}") <(printf '%s\n' "$installed")
}
mapfile -t missing < <(listMissing)
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
  root=()
elif command -v sudo >/dev/null; then
  root=(sudo)
else
  fail "packages are missing, and installing them needs root or sudo"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1
}
install() { apt install -y --no-install-recommends "${missing[@]}"; }
# Whether apt knows all of them; it does not before the first update of a fresh image.
known() {
  local unknown
  unknown=$(comm -23 <(printf '%s\n' "${missing[@]}") <(apt-cache --names-only pkgnames 2>/dev/null | sort -u))
  [ -z "$unknown" ]
}

echo "installing: ${missing[*]}" >&2
updated=no
if ! known; then
  apt update || { cat "$log" >&2; fail "apt-get update failed, see above"; }
  updated=yes
fi
if ! install; then
  # The index may name versions that the mirror has replaced since.
  [ "$updated" = yes ] || { apt update && install; } || { cat "$log" >&2; fail "apt-get failed, see above (Headgate builds on Debian 12)"; }
  mapfile -t missing < <(listMissing)
  [ ${#missing[@]} -eq 0 ] || { cat "$log" >&2; fail "apt-get failed, see above (Headgate builds on Debian 12)"; }
fi
