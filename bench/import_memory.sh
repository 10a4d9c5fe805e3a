#!/usr/bin/env bash
# Peak memory and time of an import of generated ratings.
#
#   bench/import_memory.sh [ROWS=25000000] [LIMIT=2GiB]     LIMIT as lake.memory_limit
#
# IMPORT_BENCH is the program, else build/release/bin/import_bench.
set -euo pipefail
rows=${1-25000000} limit=${2-2GiB}
bench=${IMPORT_BENCH-build/release/bin/import_bench}
work=$(mktemp -d "${TMPDIR-/tmp}/import-memory.XXXXXX")
trap 'rm -rf "$work"' EXIT

"$bench" generate "$rows" "$work/data"
echo "$rows ratings, $(du -h "$work/data/ratings.csv" | cut -f1) of CSV, memory limit $limit"
"$bench" import "$work/data" "$work/home" "$limit"
