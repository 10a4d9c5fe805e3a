// One topic of a Kafka cluster, with one partition: librdkafka behind a wall. Inside the module
// only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace marquee {

struct KafkaTopicOptions {
  std::string brokers;  // "host:9092,other:9092"
  std::string topic;
  int timeout_ms = 30'000;                // of connecting, and of a message to be acknowledged
  std::filesystem::path properties = {};  // see KafkaEventLogOptions
};

struct KafkaMessage {
  int64_t offset;
  std::string key;
  std::string value;
};

// What Poll found.
struct KafkaMessages {
  std::vector<KafkaMessage> messages;
  int64_t end = -1;  // all below it was given, by this Poll or those before; -1: there is more
};

// Thread-safe but for Follow and Poll, which are for one thread. The producer is idempotent (acks
// of all replicas, order kept over retries); the consumer reads what is committed.
class KafkaTopic {
 public:
  static constexpr size_t kMaxMessageBytes = 8 << 20;

  // Makes the topic when there is none. Throws unavailable when no broker answers,
  // failed_precondition for a topic of several partitions, invalid_argument for a line of the
  // properties that librdkafka refuses.
  explicit KafkaTopic(KafkaTopicOptions options);
  ~KafkaTopic();
  KafkaTopic(const KafkaTopic&) = delete;
  KafkaTopic& operator=(const KafkaTopic&) = delete;

  // Names the topic in the world: its cluster and its name.
  const std::string& id() const { return id_; }
  struct Range {
    int64_t first;
    int64_t end;
  };
  // The offsets that there are.
  Range range() const;

  // Returns the offset once all replicas have the message. Throws resource_exhausted when too many
  // wait, unavailable when the time is over: then it may be there all the same.
  int64_t Produce(std::string_view key, std::string_view value);

  // Where Poll goes on.
  void Follow(int64_t offset);
  // What there is, after at most `wait_ms`. Throws unavailable.
  KafkaMessages Poll(int wait_ms);

 private:
  struct State;

  const KafkaTopicOptions options_;
  std::unique_ptr<State> state_;
  std::string id_;
};

}  // namespace marquee
