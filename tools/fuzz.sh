#!/usr/bin/env bash
# fuzz.sh BUILD_DIR SECONDS: runs each fuzz target of a build for so long, from its seed corpus tests/corpus/<target>/ where there is
# one. A crashing input is left in BUILD_DIR/fuzz/<target>/.
set -euo pipefail
cd "$(dirname "$0")/.."

shopt -s nullglob
targets=("$1"/bin/*_fuzz)
((${#targets[@]})) || { echo "fuzz: no targets in $1/bin" >&2; exit 1; }
for target in "${targets[@]}"; do
  name=$(basename "$target")
  work=$1/fuzz/$name
  mkdir -p "$work/corpus"
  seeds=(tests/corpus/"$name")
  echo "fuzz: $name for $2 s"
  "$target" "$work/corpus" "${seeds[@]}" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$work/" -print_final_stats=0 2>"$work/log" ||
    { tail -n 40 "$work/log" >&2; exit 1; }
  tail -n 1 "$work/log"
done
