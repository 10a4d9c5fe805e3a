#!/usr/bin/env bash
# soak.sh [MINUTES]: for so long, 2 unless told otherwise, an audience (tests/load/locustfile.py, in the real Locust of PyPI) and beside it
# GET /recommend at LOAD of the largest rate (wrk), and the server's memory meanwhile. Fails at the first answer that is not as it must be,
# and when memory grows by more than GROWTH_MIB over the last two thirds.
#
# Settings: USERS (30) of the audience, LOAD (0.7), GROWTH_MIB (16), MARQUEE_BUILD (build/release), PORT (18118), TMPDIR (every list that is
# shown is an event: 20,000 a second are 10 GB in half an hour).
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=${1:-2}
users=${USERS:-30}
load=${LOAD:-0.7}
growth_mib=${GROWTH_MIB:-16}
port=${PORT:-18118}
venv=build/locust
[[ -x $venv/bin/locust ]] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q locust; }
command -v wrk >/dev/null || { echo "soak: wrk is missing: apt-get install wrk" >&2; exit 1; }

home=$(mktemp -d)
server= sampler= pacer=
stop() {
  for pid in $sampler $pacer; do kill "$pid" 2>/dev/null || true; done
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

audience() { # TIME NAME
  "$venv/bin/locust" -f tests/load/locustfile.py --headless --host "http://localhost:$port" --users "$users" --spawn-rate "$users" \
    --run-time "$1" --only-summary --csv "$home/$2" >"$home/$2.log" 2>&1 || { cat "$home/$2.log"; exit 1; }
}
recommend() { # CONNECTIONS SECONDS -> a line of figures
  wrk -t1 -c"$1" -d"${2}s" --timeout 30s -s bench/http_bench.lua "http://localhost:$port" | sed -n 's/^RESULT //p'
}
memory_kib() { awk '/^RssAnon/ {print $2}' "/proc/$server/status"; }
cpu_ticks() { awk '{print $14 + $15}' "/proc/$server/stat"; }

audience 20s warm
read -r largest _ < <(recommend 32 10)
# A connection asks once in DELAY_MS and the time of an answer, which is longer under load: the number of connections is found by trying.
delay_ms=5
target=$(awk -v rate="$largest" -v load="$load" 'BEGIN {print rate * load}')
connections=$(awk -v target="$target" -v delay="$delay_ms" 'BEGIN {printf "%d", target * (delay + 0.5) / 1000 + 1}')
for _ in 1 2 3 4; do
  read -r rate _ < <(DELAY_MS=$delay_ms recommend "$connections" 5)
  connections=$(awk -v n="$connections" -v target="$target" -v rate="$rate" 'BEGIN {printf "%d", n * target / rate + 1}')
done
DELAY_MS=$delay_ms recommend "$connections" $((minutes * 60)) >"$home/paced" &
pacer=$!
before=$(memory_kib) ticks=$(cpu_ticks)
(while sleep $((minutes * 2)); do memory_kib; done >"$home/samples") &
sampler=$!
audience "${minutes}m" soak
after=$(memory_kib) ticks=$(($(cpu_ticks) - ticks))
wait "$pacer"
pacer=
read -r rate p50 p99 largest_ms failed <"$home/paced"
awk -F, -v minutes="$minutes" '$2 == "Aggregated" {
    printf "soak: %d min; audience: %d requests, %d failures, %.0f requests/s, p50 %s ms, p99 %s ms\n", minutes, $3, $4, $10, $12, $18
  }' "$home/soak_stats.csv"
echo "soak: recommend: $rate requests/s of at most $largest, p50 $p50 ms, p99 $p99 ms, longest $largest_ms ms, $failed failed"
awk -v minutes="$minutes" -v ticks="$ticks" -v hz="$(getconf CLK_TCK)" -v before="$before" -v after="$after" 'BEGIN {
    printf "soak: %.2f cores of the server; memory %.0f MiB before, %.0f MiB after\n", ticks / hz / minutes / 60, before / 1024, after / 1024 }'
echo "soak: MiB at each tenth: $(awk 'NR % 3 == 0 {printf "%.0f ", $1 / 1024}' "$home/samples")"
[[ $failed == 0 ]] || { echo "soak: $failed answers failed" >&2; exit 1; }
third=$(sed -n 10p "$home/samples")
(((after - third) / 1024 <= growth_mib)) || { echo "soak: memory grew by $(((after - third) / 1024)) MiB over the last two thirds" >&2; exit 1; }
