#!/usr/bin/env bash
# Builds Headgate and runs it before three demo origins, until Ctrl-C. Installs the Debian packages that are missing.
#
# usage: tools/quickstart.sh
# HEADGATE_PORT, BACKEND1_PORT, BACKEND2_PORT and BACKEND3_PORT move the ports (default: 8080 and 8081 to 8083).
# shellcheck disable=SC2317  # stop() is called by a trap
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${1:-} in
  "") ;;
  -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "quickstart: takes no arguments, got '$1'" >&2; exit 2 ;;
esac

config=configs/quickstart.json
logs=build/quickstart
export HEADGATE_PORT=${HEADGATE_PORT:-8080}
export BACKEND1_PORT=${BACKEND1_PORT:-8081} BACKEND2_PORT=${BACKEND2_PORT:-8082} BACKEND3_PORT=${BACKEND3_PORT:-8083}
# These would be put over the config file.
unset HEADGATE_CONFIG HEADGATE_LISTEN HEADGATE_BACKENDS HEADGATE_LB

proxy=
origins=()

say() { printf '%s\n' "$*"; }
die() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The status that a GET gets from a port of this machine; nothing if there is no answer.
statusOf() { # port path
  (
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
    IFS=' ' read -r -t 2 _ status _ <&3 && printf '%s' "$status"
  ) 2>/dev/null || true
}

waitFor() { # pid port path name log
  for _ in $(seq 100); do
    [ "$(statusOf "$2" "$3")" != 200 ] || return 0
    kill -0 "$1" 2>/dev/null || break
    sleep 0.1
  done
  [ ! -s "$5" ] || cat "$5" >&2
  die "$4 does not answer on 127.0.0.1:$2"
}

# Ends what this script started, the proxy first so that its requests still find their origins.
stop() {
  trap - EXIT
  trap '' INT TERM # once is enough: a second signal would cut the drain short
  local pid
  if [ -n "$proxy" ]; then
    kill -TERM "$proxy" 2>/dev/null || true
    wait "$proxy" 2>/dev/null || true
  fi
  for pid in "${origins[@]}"; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
}
trap stop EXIT
trap 'say; say "stopping"; exit 0' INT TERM

tools/build.sh release

for port in "$HEADGATE_PORT" "$BACKEND1_PORT" "$BACKEND2_PORT" "$BACKEND3_PORT"; do
  ! answers "$port" || die "port $port is taken: something else listens on 127.0.0.1:$port. Stop it, or move this port with" \
    "HEADGATE_PORT, BACKEND1_PORT, BACKEND2_PORT or BACKEND3_PORT."
done

# setsid: Ctrl-C reaches this script alone, which then stops the others in order.
mkdir -p "$logs"
number=0
for port in "$BACKEND1_PORT" "$BACKEND2_PORT" "$BACKEND3_PORT"; do
  number=$((number + 1))
  setsid build/release/headgate-origin --listen "127.0.0.1:$port" --name "origin-$number" >"$logs/origin-$number.log" 2>&1 &
  origins+=($!)
  waitFor $! "$port" /ping "origin-$number" "$logs/origin-$number.log"
done
setsid build/release/headgate -c "$config" &
proxy=$!
waitFor "$proxy" "$HEADGATE_PORT" /ping headgate /dev/null

cat <<TEXT

Headgate    http://127.0.0.1:$HEADGATE_PORT      ($config)
origins     http://127.0.0.1:$BACKEND1_PORT  http://127.0.0.1:$BACKEND2_PORT  http://127.0.0.1:$BACKEND3_PORT

Try, in another terminal:
  curl -i http://127.0.0.1:$HEADGATE_PORT/ping
  curl http://127.0.0.1:$HEADGATE_PORT/headers
  curl -d 'hello' http://127.0.0.1:$HEADGATE_PORT/echo

Each request prints a line below. Ctrl-C stops all of it.

TEXT

code=0
wait "$proxy" || code=$?
proxy=
die "headgate ended with exit code $code"
