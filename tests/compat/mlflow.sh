#!/usr/bin/env bash
# The unchanged clients of MLflow 2 and 3 against `marquee serve tracking`: the suite beside this script, and the conformance suite where there is one.
# And what the program records in a real MLflow server of that version.
#
#   tests/compat/mlflow.sh [2] [3]          both without arguments
#
# MLFLOW2 and MLFLOW3 run "run SCRIPT ARG..." with Python and that client, "start DIR" and "stop DIR" a server; one that is missing is skipped. MARQUEE_DATABASE_URL chooses another database.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
root=$here/../..
tools=${MARQUEE_SHARED-$root/../shared}/tools
build=${MARQUEE_BUILD_DIR-$root/build/release}
[[ -f $build/build.ninja ]] || (cd "$root" && cmake --preset dev -B "$build" >/dev/null)
ninja -C "$build" marquee >/dev/null

home=$(mktemp -d)
server=
real=
stop() {
  [[ -z $real ]] || "$real" stop "$home/real" >/dev/null || true
  [[ -z $server ]] || { kill "$server" && wait "$server" || true; }
  rm -rf "$home"
}
trap stop EXIT

# start PORT: a server on a new home, ready when it returns.
start() {
  "$build/bin/marquee" --home "$home/$1" serve tracking --port "$1" >"$home/log" 2>&1 &
  server=$!
  for _ in $(seq 100); do
    curl -sf "http://localhost:$1/health" >/dev/null && return
    sleep 0.1
  done
  cat "$home/log" >&2
  return 1
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

check() {
  local version=$1 client port
  client=MLFLOW$version
  client=${!client-$tools/mlflow$version}
  if [[ ! -x $client ]]; then
    echo "mlflow: skipped: no client of MLflow $version at $client (set MLFLOW$version)" >&2
    return 0
  fi
  port=$(free_port)
  start "$port"
  if [[ -x $tools/mlflow-conformance ]]; then
    "$client" run "$tools/mlflow-conformance" "http://localhost:$port" 2>"$home/warnings" | grep -E '^FAIL|passed' || true
    [[ ${PIPESTATUS[0]} == 0 ]] || return 1
  fi
  suite "$client" "http://localhost:$port" 'check_*.py'
  kill "$server" && wait "$server" || true
  server=
  real=$client
  suite "$client" "$("$client" start "$home/real" | sed -n 's/^MLFLOW_TRACKING_URI=//p')" check_recording.py
  "$client" stop "$home/real" >/dev/null
  real=
}

suite() { # CLIENT URL PATTERN
  PYTHONWARNINGS=ignore MLFLOW_TRACKING_URI=$2 MARQUEE_PROGRAM=$build/bin/marquee "$1" run -m unittest discover --buffer --start-directory "$here/mlflow" --pattern "$3"
}

(($#)) || set -- 2 3
for version; do check "$version"; done
