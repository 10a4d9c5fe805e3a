#!/usr/bin/env bash
# The SQL steps on real Spark, with the rows that their test cases expect.
#
#   tests/compat/spark_sql.sh [STEP...]     e.g. silver.ratings; all without arguments
#
# SPARK runs "run SCRIPT ARG..." with Python, pyspark 4.0 and sqlglot 30; skipped where there is none.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
spark=${SPARK-${MARQUEE_SHARED-$here/../../../shared}/tools/spark}
if [[ ! -x $spark ]]; then
  echo "spark-sql: skipped: no Spark at $spark (set SPARK)" >&2
  exit 0
fi
exec "$spark" run "$here/spark_sql.py" "$@"
