#!/usr/bin/env bash
# What `marquee flow export --airflow` writes, in a real Airflow: no file has an import error, the master pipeline of titles and a DAG that says
# everything succeed in `airflow dags test`, and leave the files that `marquee flow run` leaves. Tasks that trigger others want a scheduler: it runs, with LocalExecutor.
#
#   tests/compat/airflow/exported.sh MARQUEE AIRFLOW SHARED      AIRFLOW has the words install, start, stop and run
#
# With a PostgreSQL in SHARED/tools Airflow 2 keeps its state there: it has LocalExecutor only so. Airflow 3 there would put the keys of a conf into an order of its own.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
marquee=$(realpath "$1") airflow=$2 shared=$3
titles=$shared/data/netflix-titles/netflix_titles.csv
postgres=$shared/tools/postgres
[[ -f $titles ]] || { echo "airflow: exported DAGs skipped: there is no $titles" >&2; exit 0; }

work=$(mktemp -d)
chmod o+x "$work"
unset MARQUEE_HOME MARQUEE_DATABASE_URL # each home has its own
export AIRFLOW_HOME=$work/state
by_airflow=$work/airflow by_marquee=$work/marquee # of one length: sizes of files with paths in them are compared
listener=
stop() {
  "$airflow" stop "$AIRFLOW_HOME" >/dev/null || true
  [[ ! -d $work/postgres ]] || "$postgres" stop "$work/postgres" >/dev/null || true
  [[ -z $listener ]] || kill "$listener" || true
  rm -rf "$work"
}
trap stop EXIT

# What tasks of the scheduler said, of which the terminal shows nothing.
show_logs() { find "$AIRFLOW_HOME/logs" -name "attempt=*.log" -newer "$work/ratings.csv" -exec tail -n 15 {} + >&2; }

ask() { "$airflow" run airflow "$@" 2>"$work/warnings"; }

# succeeds NAME COMMAND...: with what it said when it does not.
succeeds() {
  "${@:2}" >"$work/$1.log" 2>&1 || { tail -n 60 "$work/$1.log" >&2; show_logs; echo "airflow: $1 failed" >&2; return 1; }
}

prepare() {
  mkdir -p "$1/dags"
  cp "$here"/*.toml "$1/dags/"
  printf 'user,title,score\n1,a,5\n1,b,4\n2,a,3\n2,c,4\n3,b,2\n3,a,1\n' >"$work/ratings.csv"
  succeeds import "$marquee" --home "$1" import "$work/ratings.csv" --map user=user,item=title,rating=score
  succeeds pools "$marquee" --home "$1" flow pools small --slots 1
}

load() {
  succeeds export "$marquee" --home "$by_airflow" flow export --airflow "$AIRFLOW_HOME/dags"
  if [[ -x $postgres && $(ask version | tail -n 1) == 2.* ]]; then
    mkdir "$work/postgres"
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=$("$postgres" start "$work/postgres" '' | sed -n 's/^POSTGRES_URL=postgresql/postgresql+psycopg2/p')
    export AIRFLOW__DATABASE__SQL_ALCHEMY_CONN
  fi
  "$airflow" start "$AIRFLOW_HOME" '' >/dev/null || { tail -n 40 "$AIRFLOW_HOME"/*.log >&2; return 1; }
  [[ $(ask dags list-import-errors -o json | tail -n 1) =~ ^(\[\]|No data found)$ ]] || { ask dags list-import-errors >&2; return 1; }
  ask dags list -o json | tail -n 1 |
    python3 -c 'import json, sys; print("\n".join(sorted(dag["dag_id"] for dag in json.load(sys.stdin))))' >"$work/loaded"
  (cd "$AIRFLOW_HOME/dags" && printf '%s\n' *.py | sed 's/\.py$//' | LC_ALL=C sort) | diff - "$work/loaded"
  succeeds pools ask pools set small 1 'as in Marquee'
}

# test DAG DATE CONF: by both.
test_dag() {
  succeeds "$1-in-airflow" "$airflow" run airflow dags test "$1" "$2" --conf "$3"
  succeeds "$1-in-marquee" "$marquee" --home "$by_marquee" flow run "$1" --date "$2" --conf "$3" --wait
}

same() { python3 "$here/compare.py" "$by_airflow/$1" "$by_marquee/$1" "$by_airflow" "$by_marquee"; }

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
python3 "$here/requests.py" "$port" "$work/requests" &
listener=$!
prepare "$by_airflow"
prepare "$by_marquee"
load
test_dag netflix_master_pipeline 2026-02-03 "{\"source\": \"$titles\"}"
same netflix
conf=$(cat <<JSON
{"source": "it's \$(id) \"x\" {{ ds }}\n&<>ü", "it's \\\\\"a\\\\\" key": {"n": [1, 2.5, null]}, "table": "silver.ratings", "url": "http://127.0.0.1:$port"}
JSON
)
test_dag other 2026-03-04 '{"name": "first"}'
test_dag everything 2026-03-04 "$conf"
# By hand, which in Airflow 3 is a run without a logical date.
succeeds trigger "$airflow" run airflow dags trigger other --conf '{"name": "by-hand"}'
succeeds by-hand "$marquee" --home "$by_marquee" flow run other --conf '{"name": "by-hand"}' --wait
for _ in $(seq 240); do # the scheduler has still to run that, and what everything only triggered
  [[ -s $by_airflow/out/other-not-waited-for && -s $by_airflow/out/other-by-hand ]] && break
  sleep 0.5
done
same out
[[ $(sort "$work/requests" | uniq -c | grep -c '^ *2 ') == 3 ]] || { cat "$work/requests" >&2; exit 1; } # the third line is the end of a body
echo "exported DAGs: $(wc -l <"$work/loaded") loaded, all that ran did as in Marquee"
