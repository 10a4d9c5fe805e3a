#!/usr/bin/env bash
# soak.sh [MINUTES]: an audience (tests/load/locustfile.py, in the real Locust of PyPI) for so long, 2 unless told otherwise, and the
# server's memory meanwhile. Fails at the first answer that is not as it must be, and when memory grows by more than GROWTH_MIB.
#
# Settings: USERS (30), GROWTH_MIB (16, beside what events add), MARQUEE_BUILD (build/release), PORT (18118).
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=${1:-2}
users=${USERS:-30}
growth_mib=${GROWTH_MIB:-16}
port=${PORT:-18118}
venv=build/locust
[[ -x $venv/bin/locust ]] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q locust; }

home=$(mktemp -d)
server= sampler=
stop() {
  if [[ -n $sampler ]]; then kill "$sampler" 2>/dev/null || true; fi
  if [[ -n $server ]]; then kill -INT "$server" 2>/dev/null && wait "$server" || true; fi
  rm -rf "$home"
}
trap stop EXIT

"${MARQUEE_BUILD:-build/release}/bin/marquee" --home "$home" up --port "$port" >"$home/log" 2>&1 &
server=$!
until curl -sf "localhost:$port/health/ready" >/dev/null; do
  kill -0 "$server" || { cat "$home/log"; exit 1; }
  sleep 0.1
done

load() {
  "$venv/bin/locust" -f tests/load/locustfile.py --headless --host "http://localhost:$port" --users "$users" --spawn-rate "$users" \
    --run-time "$1" --only-summary --csv "$home/$2" >"$home/$2.log" 2>&1 || { cat "$home/$2.log"; exit 1; }
}
memory_kib() { awk '/^RssAnon/ {print $2}' "/proc/$server/status"; }
cpu_ticks() { awk '{print $14 + $15}' "/proc/$server/stat"; }

load 30s warm
(while sleep $((minutes * 6)); do echo "$(memory_kib)"; done >"$home/samples") &
sampler=$!
before=$(memory_kib) ticks=$(cpu_ticks)
load "${minutes}m" soak
after=$(memory_kib) ticks=$(($(cpu_ticks) - ticks))
awk -F, -v minutes="$minutes" -v before="$before" -v after="$after" -v ticks="$ticks" -v hz="$(getconf CLK_TCK)" '
  $2 == "Aggregated" {
    printf "soak: %d min, %d requests, %d failures, %.0f requests/s, p50 %s ms, p99 %s ms\n", minutes, $3, $4, $10, $12, $18
    printf "soak: %.2f cores of the server; memory %.1f MiB before, %.1f MiB after\n", ticks / hz / minutes / 60, before / 1024, after / 1024
  }' "$home/soak_stats.csv"
echo "soak: MiB at each tenth: $(awk '{printf "%.0f ", $1 / 1024}' "$home/samples")"
(((after - before) / 1024 <= growth_mib)) || { echo "soak: memory grew by $(((after - before) / 1024)) MiB" >&2; exit 1; }
