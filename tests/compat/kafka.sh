#!/usr/bin/env bash
# The event log in a real Kafka: the contract suite of every log, and the events of the whole program; then over TLS and with a password.
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

# A second listener, with a certificate of its own and SASL PLAIN.
read -r plain secure controller < <(python3 -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(s.getsockname()[1] for s in sockets))')
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
  -keyout "$broker/key.pem" -out "$broker/ca.pem" 2>/dev/null
cat "$broker/key.pem" "$broker/ca.pem" >"$broker/keystore.pem"
KAFKA_CONFIG="listeners=PLAINTEXT://127.0.0.1:$plain,SASL_SSL://127.0.0.1:$secure,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$plain,SASL_SSL://127.0.0.1:$secure
controller.quorum.voters=1@127.0.0.1:$controller
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location=$broker/keystore.pem
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_marquee=\"pass word\";"
export KAFKA_CONFIG
bootstrap=$("$kafka" start "$broker" "$plain" | sed -n 's/^KAFKA_BOOTSTRAP=//p')
cat >"$broker/client.properties" <<PROPERTIES
# the second listener
security.protocol=sasl_ssl
sasl.mechanism=PLAIN
sasl.username=marquee
sasl.password=pass word
ssl.ca.location=$broker/ca.pem
PROPERTIES

blackbox() { # BROKERS CLASS: a topic of its own, for it is another world
  MARQUEE_EVENTS_LOG=kafka MARQUEE_EVENTS_KAFKA_BROKERS=$1 MARQUEE_EVENTS_KAFKA_TOPIC=blackbox-$2-${1#*:} \
    MARQUEE_PROGRAM=$build/bin/marquee PYTHONPATH=$here/../blackbox python3 -m unittest --verbose "events_test.$2"
}

MARQUEE_KAFKA=$bootstrap "$build/bin/events_test" --gtest_filter='*kafka*:Kafka*'
blackbox "$bootstrap" Events
blackbox "$bootstrap" EventsInManyProcesses
MARQUEE_KAFKA=127.0.0.1:$secure MARQUEE_KAFKA_PROPERTIES=$broker/client.properties "$build/bin/events_test" --gtest_filter='KafkaLog*'
MARQUEE_EVENTS_KAFKA_PROPERTIES=$broker/client.properties blackbox "127.0.0.1:$secure" Events
