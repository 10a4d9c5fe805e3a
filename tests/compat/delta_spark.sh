#!/usr/bin/env bash
# Delta tables both ways with real Spark: it reads every version of ours, and we read every version of its own.
#
#   tests/compat/delta_spark.sh
#
# SPARK runs "run SCRIPT ARG..." with Python, pyspark 4.0 and delta-spark 4.0; skipped where there is none.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
root=$here/../..
spark=${SPARK-${MARQUEE_SHARED-$root/../shared}/tools/spark}
if [[ ! -x $spark ]]; then
  echo "delta-spark: skipped: no Spark at $spark (set SPARK)" >&2
  exit 0
fi
build=${MARQUEE_BUILD_DIR-$root/build/release}
(cd "$root" && cmake --preset dev -B "$build" >/dev/null)
ninja -C "$build" delta_tables >/dev/null
tables=$build/bin/delta_tables

lake=$(mktemp -d)
trap 'rm -rf "$lake"' EXIT
"$tables" write "$lake"
"$spark" run "$here/delta_spark.py" "$lake"
"$tables" compare "$lake"
if message=$("$tables" compare "$lake/refused" 2>&1); then
  echo "FAIL a table with deletion vectors was read" && exit 1
fi
grep -q "feature deletionVectors" <<<"$message" || { echo "FAIL $message" && exit 1; }
echo "ok   a table with deletion vectors is refused by name"
