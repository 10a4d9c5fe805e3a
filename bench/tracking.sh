#!/usr/bin/env bash
# tracking.sh: the tracking service and a real MLflow server, both on SQLite, asked the same over HTTP in one run.
#
# Then tracking_scale.py: search in many more runs, and a longer history.
#
# Settings: SCALE_RUNS (100000) and SCALE_POINTS (1000000) of tracking_scale.py; RUNS (5000) that are searched, POINTS (100000) of one history, MARQUEE_SHARED (../shared: its tools/mlflow3 runs the real server, its
# tools/mlflow-bench asks and checks the answers), MARQUEE_BUILD (build/release).
set -euo pipefail
cd "$(dirname "$0")/.."

tools=${MARQUEE_SHARED:-../shared}/tools
[[ -x $tools/mlflow3 ]] || { echo "tracking: no $tools/mlflow3: skipped"; exit 0; }
home=$(mktemp -d)
server=
stop() {
  if [[ -n $server ]]; then kill -INT "$server" 2>/dev/null && wait "$server" || true; fi
  "$tools/mlflow3" stop "$home/mlflow" >/dev/null 2>&1 || true
  rm -rf "$home"
}
trap stop EXIT

ask() { "$tools/mlflow3" run "$tools/mlflow-bench" "$1" --runs "${RUNS:-5000}" --points "${POINTS:-100000}"; }
# Of all processes that `ps` finds by the pattern, in MiB.
memory() { ps -eo rss,args | awk -v pattern="$1" '$0 ~ pattern && $0 !~ /awk/ {sum += $1} END {printf "%.0f", sum / 1024}'; }

"${MARQUEE_BUILD:-build/release}/bin/marquee" --home "$home/marquee" serve tracking --port "${PORT:-18120}" >"$home/log" 2>&1 &
server=$!
until curl -sf "localhost:${PORT:-18120}/health" >/dev/null; do
  kill -0 "$server" || { cat "$home/log"; exit 1; }
  sleep 0.1
done
ask "http://127.0.0.1:${PORT:-18120}" >"$home/ours"
echo "memory_mib $(memory "$home/marquee serve tracking")" >>"$home/ours"
mkdir "$home/mlflow"
url=$("$tools/mlflow3" start "$home/mlflow" | sed -n 's/^MLFLOW_TRACKING_URI=//p')
ask "$url" >"$home/theirs"
echo "memory_mib $(memory "mlflow")" >>"$home/theirs"
printf '%-44s %14s %14s\n' "" marquee mlflow
awk 'NR == FNR {ours[$1] = $2; next} {printf "%-44s %14s %14s\n", $1, ours[$1], $2}' "$home/ours" "$home/theirs"
"$tools/mlflow3" run bench/tracking_scale.py "http://127.0.0.1:${PORT:-18120}" "$url" "$home/mlflow/mlflow.db" --runs "${SCALE_RUNS:-100000}" --points "${SCALE_POINTS:-1000000}"
printf 'memory, MiB: marquee %s, mlflow %s\n' "$(memory "$home/marquee serve tracking")" "$(memory "mlflow")"
