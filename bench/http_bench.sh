#!/bin/sh
# GET /recommend under load, beside a handler of the same server that only sends as many bytes.
#
#   bench/http_bench.sh              starts build/release/bin/marquee on MovieLens 1M and measures it
#   bench/http_bench.sh BASE_URL     measures the one that runs there
#
# Settings: SECONDS_EACH (10), CONNECTIONS (32), THREADS (2), ROUNDS (3), USERS (6040: ids 1 to that),
# MARQUEE_SHARED (../shared, whose data/ml-1m is loaded), MARQUEE_BUILD (build/release).
set -eu
cd "$(dirname "$0")/.."

build=${MARQUEE_BUILD:-build/release}
shared=${MARQUEE_SHARED:-../shared}
seconds=${SECONDS_EACH:-10}
connections=${CONNECTIONS:-32}
threads=${THREADS:-2}
rounds=${ROUNDS:-3}
export USERS="${USERS:-6040}"

work=$(mktemp -d)
started=
stop() {
  for pid in $started; do kill "$pid" 2>/dev/null || true; done
  for pid in $started; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 1' INT TERM

fail() {
  echo "http_bench: $*" >&2
  exit 1
}

for tool in wrk curl; do
  command -v "$tool" >/dev/null || fail "$tool is missing: apt-get install $tool"
done
echo_program=$build/bin/http_bench_echo
[ -x "$echo_program" ] || fail "no $echo_program: cmake --build $build --target http_bench_echo"

if [ $# -gt 0 ]; then
  url=$1
else
  program=$build/bin/marquee
  [ -x "$program" ] || fail "no $program: ./run build"
  [ -d "$shared/data/ml-1m" ] || fail "no $shared/data/ml-1m: set MARQUEE_SHARED, or name a BASE_URL"
  port=${PORT:-8123}
  url=http://127.0.0.1:$port
  echo "starting $program on MovieLens 1M ..."
  "$program" --home "$work/home" up --port "$port" --data "$shared/data/ml-1m" >"$work/log" 2>&1 &
  started=$!
  until curl -fsS "$url/health" >/dev/null 2>&1; do
    kill -0 "$started" 2>/dev/null || { tail -20 "$work/log" >&2; fail "marquee ended"; }
    sleep 1
  done
fi

# The answer first: ten titles, from the user's own history.
question="$url/recommend?user_id=1&num_recommendations=10"
curl -fsS "$question" >"$work/answer" || fail "no answer from $question"
[ "$(grep -o '"item_id"' "$work/answer" | wc -l)" -eq 10 ] || fail "not ten titles: $(cat "$work/answer")"
grep -q '"rung":"personal"' "$work/answer" || fail "user 1 is unknown there: set USERS to ids that exist"
size=$(wc -c <"$work/answer")

"$echo_program" "$size" >"$work/echo" &
started="$started $!"
until [ -s "$work/echo" ]; do sleep 0.1; done
echo_url=$(cat "$work/echo")

load() { # URL CONNECTIONS -> a line of figures
  wrk -t"$threads" -c"$2" -d"${seconds}s" -s bench/http_bench.lua "$1" | sed -n 's/^RESULT //p'
}

model=$(sed 's/.*"model":"\([^"]*\)".*/\1/' "$work/answer")
echo "$connections connections, $threads threads, ${seconds} s a round, $size bytes an answer, model $model"
printf '%-12s %10s %9s %9s %9s %7s\n' handler requests/s 'p50 ms' 'p99 ms' 'max ms' failed
round=1
while [ "$round" -le "$rounds" ]; do
  for handler in recommend echo; do
    [ "$handler" = echo ] && target=$echo_url || target=$url
    figures=$(load "$target" "$connections")
    # shellcheck disable=SC2086
    printf '%-12s %10s %9s %9s %9s %7s\n' "$handler" $figures
    [ "${figures##* }" = 0 ] || fail "some answers of $handler failed"
  done
  round=$((round + 1))
done

# Events are written: only into a home of our own.
[ $# -eq 0 ] || exit 0
printf '\n%-22s %10s %9s %9s %9s %7s\n' 'events' events/s 'p50 ms' 'p99 ms' 'max ms' failed
for batch in 1 1000; do
  [ "$batch" = 1 ] && callers=64 || callers=4
  figures=$(BATCH=$batch load "$url" "$callers")
  # shellcheck disable=SC2086
  printf '%-22s %10s %9s %9s %9s %7s\n' "$batch each, $callers callers" $figures
  [ "${figures##* }" = 0 ] || fail "some answers to events failed"
done
bench/freshness.py "$url"
