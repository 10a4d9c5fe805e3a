#!/usr/bin/env bash
# The event log in a real Kafka: the contract suite of every log, and the events of the whole program.
#
#   tests/compat/kafka.sh
#
# KAFKA is a script that takes "start DIR", which prints KAFKA_BOOTSTRAP=host:port, and "stop DIR"; skipped where there
# is none.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
root=$here/../..
kafka=${KAFKA-${MARQUEE_SHARED-$root/../shared}/tools/kafka}
if [[ ! -x $kafka ]]; then
  echo "kafka: skipped: no Kafka at $kafka (set KAFKA)" >&2
  exit 0
fi
build=${MARQUEE_BUILD_DIR-$root/build/release}
[[ -f $build/build.ninja ]] || (cd "$root" && cmake --preset dev -B "$build" >/dev/null)
ninja -C "$build" events_test marquee >/dev/null

broker=$(mktemp -d)
trap '"$kafka" stop "$broker" >/dev/null; rm -rf "$broker"' EXIT
bootstrap=$("$kafka" start "$broker" | sed -n 's/^KAFKA_BOOTSTRAP=//p')

MARQUEE_KAFKA=$bootstrap "$build/bin/events_test" --gtest_filter='*kafka*:Kafka*'
MARQUEE_EVENTS_LOG=kafka MARQUEE_EVENTS_KAFKA_BROKERS=$bootstrap MARQUEE_EVENTS_KAFKA_TOPIC=blackbox \
  MARQUEE_PROGRAM=$build/bin/marquee python3 -m unittest discover --start-directory "$here/../blackbox" --pattern 'events_test.py' --verbose
