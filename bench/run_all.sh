#!/usr/bin/env bash
# run_all.sh [NAME]: the benchmarks, or one of them: ials, ials_scale, ease, top_k, growth, import, http, http_world, events, main_job, memory, connections, soak,
# tracking, flow, flow_airflow.
# Each checks its answer before it prints a time. What they gave where: docs/benchmarks.md.
set -euo pipefail
cd "$(dirname "$0")/.."

build=build/release
shared=${MARQUEE_SHARED:-../shared}

bench_ials() { "$build/bin/ials_bench"; }

# 10 M positives at four lengths of the embeddings, against the Python library implicit where PEERS, a script that runs Python with it,
# is there. Takes half an hour.
bench_ials_scale() {
  local peers=${PEERS-$shared/tools/recpeers} d
  if [[ -x $peers ]]; then export MARQUEE_IMPLICIT=${MARQUEE_IMPLICIT-"$peers run"}; fi
  for d in 64 128 256 512; do "$build/bin/ials_scale_bench" "$d" "$((d < 256 ? 6 : 2))"; done
}
# The last takes 5 GiB and minutes.
bench_ease() {
  "$build/bin/ease_bench" 8000
  "$build/bin/ease_bench" 20720 2 136677 10000000
}
bench_top_k() { "$build/bin/top_k_bench"; }
bench_growth() { "$build/bin/growth_bench"; }
bench_import() { "$build/bin/import_bench"; }
bench_events() { "$build/bin/events_bench"; }
bench_http() { bench/http_bench.sh; }
bench_http_world() { WORLD=1 bench/http_bench.sh; }
bench_connections() { python3 bench/idle_connections.py; }
# SOAK_MINUTES=30 for a long one.
bench_soak() { bench/soak.sh "${SOAK_MINUTES:-2}"; }
# FLOW_DAGS=1000 of ten tasks each.
bench_flow() { "$build/bin/flow_bench" "${FLOW_DAGS:-1000}" 10; }
# Ten minutes. FLOW_DAGS of ours, AIRFLOW_DAGS of theirs.
bench_flow_airflow() { python3 bench/flow_airflow.py --dags "${FLOW_DAGS:-1000}" --airflow-dags "${AIRFLOW_DAGS:-20}" --postgres; }
bench_tracking() { bench/tracking.sh; }
# TITLES_ROWS=10000000 for many, which need 30 GB of disk.
bench_titles() { bench/titles.sh "${TITLES_ROWS:-100000}"; }
bench_memory() { bench/import_memory.sh; }

# From the files of MovieLens 1M to an API that answers, and the start after that.
bench_main_job() {
  [[ -d $shared/data/ml-1m ]] || { echo "main_job: no $shared/data/ml-1m: skipped"; return; }
  local home port=18117 run started
  home=$(mktemp -d)
  for run in first second; do
    started=$(date +%s.%N)
    "$build/bin/marquee" --home "$home" up --data "$shared/data/ml-1m" --port "$port" >"$home/$run.log" 2>&1 &
    until curl -sf "localhost:$port/recommend/42" | grep -q '"personal"'; do
      kill -0 $! || { cat "$home/$run.log"; return 1; }
      sleep 0.02
    done
    echo "main_job: $run start answers after $(awk "BEGIN {printf \"%.2f\", $(date +%s.%N) - $started}") s"
    kill -INT $! && wait $!
  done
  rm -rf "$home"
}

for name in "${@:-ials import main_job http events}"; do
  for name in $name; do
    declare -F "bench_$name" >/dev/null || { echo "bench: no benchmark '$name'" >&2; exit 2; }
    echo "== $name"
    "bench_$name"
  done
done
