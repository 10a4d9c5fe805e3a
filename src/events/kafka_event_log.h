// The event log in a Kafka topic, for many machines.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "events/event_log.h"

namespace marquee {

struct KafkaEventLogOptions {
  std::string brokers;         // "host:9092,other:9092"
  std::string topic;           // of one partition; made when it is not there
  std::filesystem::path view;  // the file of the local view; made when it is not there
  int max_waiting = 200'000;   // events that may wait before Append refuses more
  int timeout_ms = 30'000;     // of connecting, and of an append
  // A file of librdkafka's settings, a line each, as key=value; # begins a comment: how to connect,
  // such as security.protocol=sasl_ssl, sasl.mechanism, sasl.username, sasl.password,
  // ssl.ca.location. Empty: none. What the log itself rests on is refused.
  std::filesystem::path properties = {};
};

// The topic is the truth: an append is one message, acknowledged by all replicas, so its events are
// there all or none. Reads come from a local view, the tables of the SQLite log, which a consumer
// fills in the order of the topic; how far it is stands in the same transaction. An append returns
// when the view has it too. Processes of one home share a view. Cost: an append is a round trip to
// Kafka and an fsync of the view; many at once share both.
//
// What differs from the SQLite log:
// - Offsets have gaps: 16,384 times that of the message, and the place in it.
// - An append that throws unavailable for want of an answer may be found in the log later: send it
//   again with its idempotency key.
// - Append throws invalid_argument for more than 16,384 events, or 8 MiB of them, at once.
// - RemoveBefore removes from the view; the topic keeps what its own retention.ms says, and a view
//   that is made anew takes it in again.
// - EraseUser appends a mark, which holds the user's id; every view that reads it erases the user,
//   from its files too, and so does one made later. The messages stay in the topic, readable with
//   Kafka's own tools, until its retention takes them: set retention.ms to what the law asks.
//
// Throws unavailable when no broker answers, failed_precondition for a topic of several partitions,
// invalid_argument for properties that librdkafka refuses, by line; data_loss when the view is
// ahead of the topic, which then is another one of the same name; and what OpenSqliteEventLog
// throws, of the view.
std::unique_ptr<EventLog> OpenKafkaEventLog(const KafkaEventLogOptions& options);

}  // namespace marquee
