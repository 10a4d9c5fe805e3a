#!/bin/sh
# GET /recommend under load, beside a handler of the same server that only sends as many bytes.
#
#   bench/http_bench.sh              starts build/release/bin/marquee on MovieLens 1M and measures it
#   bench/http_bench.sh BASE_URL     measures the one that runs there
#
#   WORLD=1 bench/http_bench.sh      the same on an invented world of 27,000 titles, beside `implicit` behind FastAPI (PyPI, into build/peers)
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
  if [ -n "${WORLD-}" ]; then
    data=$work/world
    "$program" simulate --output "$data" --set users=20000 films=27000 ratings=2000000 seed=1 >"$work/log"
    USERS=20000
  else
    data=$shared/data/ml-1m
    [ -d "$data" ] || fail "no $data: set MARQUEE_SHARED, or name a BASE_URL"
  fi
  port=${PORT:-8123}
  url=http://127.0.0.1:$port
  echo "starting $program on $data ..."
  if [ -n "${WORLD-}" ]; then
    "$program" --home "$work/home" import "$data" >"$work/log" 2>&1 &&
      "$program" --home "$work/home" train --model ials --set factors=128 >>"$work/log" 2>&1 &&
      "$program" --home "$work/home" models publish ials >>"$work/log" 2>&1 || { cat "$work/log" >&2; fail "no model"; }
    "$program" --home "$work/home" serve recommend --port "$port" >"$work/log" 2>&1 &
  else
    "$program" --home "$work/home" up --port "$port" --data "$data" >"$work/log" 2>&1 &
  fi
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

# The gateway before it, which asks it for each list.
gateway_port=${GATEWAY_PORT:-8122}
gateway_url=http://127.0.0.1:$gateway_port
handlers="recommend echo"
if [ $# -eq 0 ] && [ -z "${WORLD-}" ]; then
  "$program" --home "$work/gateway" --config services.recommend="$url" --config services.collect="$url" serve web --port "$gateway_port" >"$work/gateway.log" 2>&1 &
  started="$started $!"
  until curl -fsS "$gateway_url/recommend?user_id=1" >/dev/null 2>&1; do
    kill -0 $! 2>/dev/null || { tail -20 "$work/gateway.log" >&2; fail "the gateway ended"; }
    sleep 0.2
  done
  handlers="recommend gateway echo"
fi
if [ -n "${WORLD-}" ] && [ $# -eq 0 ]; then
  peers=$(pwd)/build/peers
  [ -x "$peers/bin/uvicorn" ] || { python3 -m venv "$peers" && "$peers/bin/pip" install -q implicit fastapi uvicorn; }
  (cd bench && IMPLICIT_DATA=$data OPENBLAS_NUM_THREADS=1 exec "$peers/bin/uvicorn" implicit_api:app --workers 2 --log-level error --port $((port + 1))) &
  started="$started $!"
  peer_url=http://127.0.0.1:$((port + 1))
  until curl -fsS "$peer_url/health" >/dev/null 2>&1; do kill -0 $! || fail "uvicorn ended"; sleep 1; done
  handlers="$handlers implicit"
  # Two factorizations of one world: their lists agree more than by chance (10 of 27,000).
  common=$(for user in $(seq 1 100); do
    for list in "$url" "$peer_url"; do
      curl -fsS "$list/recommend?user_id=$user&num_recommendations=10" | grep -o '"item_id":"[^"]*"' | sort -u
    done | sort | uniq -d
  done | wc -l)
  echo "of 1,000 titles in the lists of 100 users, $common are in those of implicit too"
  [ "$common" -ge 100 ] || fail "the lists differ too much to be compared"
fi

load() { # URL CONNECTIONS -> a line of figures
  wrk -t"$threads" -c"$2" -d"${seconds}s" -s bench/http_bench.lua "$1" | sed -n 's/^RESULT //p'
}

model=$(sed 's/.*"model":"\([^"]*\)".*/\1/' "$work/answer")
echo "$connections connections, $threads threads, ${seconds} s a round, $size bytes an answer, model $model"
printf '%-12s %10s %9s %9s %9s %7s\n' handler requests/s 'p50 ms' 'p99 ms' 'max ms' failed
round=1
while [ "$round" -le "$rounds" ]; do
  for handler in $handlers; do
    case $handler in echo) target=$echo_url ;; gateway) target=$gateway_url ;; implicit) target=$peer_url ;; *) target=$url ;; esac
    figures=$(load "$target" "$connections")
    # shellcheck disable=SC2086
    printf '%-12s %10s %9s %9s %9s %7s\n' "$handler" $figures
    [ "${figures##* }" = 0 ] || fail "some answers of $handler failed"
  done
  round=$((round + 1))
done

# Events are written: only into a home of our own, by a server that takes them.
[ $# -eq 0 ] && [ -z "${WORLD-}" ] || exit 0
printf '\n%-22s %10s %9s %9s %9s %7s\n' 'events' events/s 'p50 ms' 'p99 ms' 'max ms' failed
for batch in 1 1000; do
  [ "$batch" = 1 ] && callers=64 || callers=4
  figures=$(BATCH=$batch load "$url" "$callers")
  # shellcheck disable=SC2086
  printf '%-22s %10s %9s %9s %9s %7s\n' "$batch each, $callers callers" $figures
  [ "${figures##* }" = 0 ] || fail "some answers to events failed"
done
bench/freshness.py "$url"
