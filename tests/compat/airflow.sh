#!/usr/bin/env bash
# The unchanged clients of Airflow 2 and 3 against `marquee serve flow`: the conformance suite, with authentication demanded.
# And what the program exports for Airflow, in a real one of that version: airflow/exported.sh. Minutes each, most of which Airflow takes to start.
#
#   tests/compat/airflow.sh [2] [3]          both without arguments
#
# AIRFLOW2 and AIRFLOW3 run "run SCRIPT ARG..." with Python and that client, "start DIR" and "stop DIR" an Airflow; one that is missing is skipped. MARQUEE_DATABASE_URL chooses another database.
set -euo pipefail
root=$(dirname "$(realpath "$0")")/../..
tools=${MARQUEE_SHARED-$root/../shared}/tools
build=${MARQUEE_BUILD_DIR-$root/build/release}
[[ -f $build/build.ninja ]] || (cd "$root" && cmake --preset dev -B "$build" >/dev/null)
ninja -C "$build" marquee >/dev/null

home=$(mktemp -d)
server=
stop() {
  [[ -z $server ]] || { kill "$server" && wait "$server" || true; }
  rm -rf "$home"
}
trap stop EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# start HOME PORT: a server with a DAG and a user, ready when it returns.
start() {
  mkdir -p "$1/dags"
  cat >"$1/dags/conformance.toml" <<'TOML'
schedule = "@daily"
start_date = 2026-01-01
tags = ["conformance"]
params = { who = "nobody" }

[[tasks]]
id = "first"
command = "echo hello {{ params.who }}"

[[tasks]]
id = "second"
needs = "first"
command = ["echo", "{{ ds }}"]

[[tasks]]
id = "last"
needs = ["first", "second"]
empty = true
TOML
  printf 'password-of-admin\n' | "$build/bin/marquee" --home "$1" users create admin --role admin --password-stdin >/dev/null
  "$build/bin/marquee" --home "$1" serve flow --port "$2" >"$home/log" 2>&1 &
  server=$!
  for _ in $(seq 100); do
    curl -sf "http://localhost:$2/health" >/dev/null && return
    sleep 0.1
  done
  cat "$home/log" >&2
  return 1
}

check() {
  local version=$1 client tool port
  tool=$tools/airflow$([[ $version == 2 ]] && echo 2 || true)
  client=AIRFLOW$version
  client=${!client-$tool}
  if [[ ! -x $client || ! -x $tools/airflow-conformance ]]; then
    echo "airflow: skipped: no client of Airflow $version at $client (set AIRFLOW$version)" >&2
    return 0
  fi
  port=$(free_port)
  start "$home/$version" "$port"
  "$client" run "$tools/airflow-conformance" "http://localhost:$port" conformance --user admin --password password-of-admin --timeout 60 2>"$home/warnings" |
    grep -E '^FAIL|passed' || true
  [[ ${PIPESTATUS[0]} == 0 ]] || return 1
  kill "$server" && wait "$server" || true
  server=
  "$(dirname "$(realpath "$0")")/airflow/exported.sh" "$build/bin/marquee" "$client" "$(dirname "$tools")"
}

(($#)) || set -- 2 3
for version; do check "$version"; done
