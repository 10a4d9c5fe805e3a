#include "events/kafka_topic.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace marquee {
namespace {

constexpr int kPartition = 0;
constexpr size_t kMostAtOnce = 1000;

template <auto destroy>
struct Destroy {
  template <typename T>
  void operator()(T* handle) const {
    destroy(handle);
  }
};
template <typename T, auto destroy>
using Owned = std::unique_ptr<T, Destroy<destroy>>;

using Conf = Owned<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using Handle = Owned<rd_kafka_t, rd_kafka_destroy>;
using Queue = Owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using NewTopic = Owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using KafkaEvent = Owned<rd_kafka_event_t, rd_kafka_event_destroy>;
using Admin = Owned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;
using Partitions = Owned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;

[[noreturn]] void Fail(const KafkaTopicOptions& options, std::string_view what,
                       std::string_view why) {
  throw Error(
      Code::kUnavailable,
      StrCat("Kafka at ", options.brokers, ", topic ", options.topic, ": ", what, ": ", why),
      "check that the brokers run and that events.kafka.brokers names them");
}

void Check(const KafkaTopicOptions& options, std::string_view what, rd_kafka_resp_err_t error) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) Fail(options, what, rd_kafka_err2str(error));
}

// What rdkafka says against it; empty: nothing.
std::string SetOrSay(const Conf& conf, const std::string& key, const std::string& value) {
  std::array<char, 512> why;
  const auto result =
      rd_kafka_conf_set(conf.get(), key.c_str(), value.c_str(), why.data(), why.size());
  return result == RD_KAFKA_CONF_OK ? "" : why.data();
}

void Set(const Conf& conf, const char* key, const std::string& value) {
  const std::string why = SetOrSay(conf, key, value);
  if (why.empty()) return;
  throw Error(Code::kInvalidArgument, StrCat("Kafka: ", key, " = ", value, ": ", why),
              "see the settings events.kafka.*");
}

// What makes the log what it is; all else may be said in the properties.
constexpr std::string_view kOwnKeys[] = {"bootstrap.servers",
                                         "metadata.broker.list",
                                         "enable.idempotence",
                                         "acks",
                                         "request.required.acks",
                                         "transactional.id",
                                         "group.id",
                                         "enable.auto.commit",
                                         "enable.auto.offset.store",
                                         "isolation.level",
                                         "auto.offset.reset",
                                         "enable.partition.eof",
                                         "message.max.bytes",
                                         "fetch.message.max.bytes",
                                         "message.timeout.ms",
                                         "delivery.timeout.ms"};

// The value is left out of errors: it may be a password.
void SetFromFile(const Conf& conf, const std::filesystem::path& file) {
  const std::string text = ReadFile(file);
  int line = 0;
  for (const std::string_view raw : Split(text, "\n")) {
    ++line;
    const std::string_view setting = Trim(raw);
    if (setting.empty() || setting.front() == '#') continue;
    const size_t equals = setting.find('=');
    const std::string key(Trim(setting.substr(0, equals)));
    std::string why = equals == std::string_view::npos ? "must be key=value" : "";
    if (std::ranges::find(kOwnKeys, key) != std::ranges::end(kOwnKeys)) {
      why = "is not to be changed: the event log rests on it";
    }
    if (why.empty()) why = SetOrSay(conf, key, std::string(Trim(setting.substr(equals + 1))));
    if (why.empty()) continue;
    throw Error(Code::kInvalidArgument,
                StrCat("Kafka: ", file.string(), ", line ", line, ": ", key, ": ", why),
                "it takes librdkafka's settings (not those of Java), such as security.protocol, "
                "sasl.mechanism, sasl.username, sasl.password and ssl.ca.location");
  }
}

Conf BaseConf(const KafkaTopicOptions& options) {
  Conf conf(rd_kafka_conf_new());
  Set(conf, "client.id", "marquee");
  Set(conf, "log_level", "2");  // what matters comes back as an error
  if (!options.properties.empty()) SetFromFile(conf, options.properties);
  Set(conf, "bootstrap.servers", options.brokers);
  return conf;
}

// What became of one message.
struct Delivery {
  rd_kafka_resp_err_t error;
  int64_t offset;
};

void OnDelivered(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  auto* waiting = static_cast<std::promise<Delivery>*>(message->_private);
  waiting->set_value({message->err, message->offset});
}

Handle MakeProducer(const KafkaTopicOptions& options) {
  Conf conf = BaseConf(options);
  Set(conf, "enable.idempotence", "true");
  Set(conf, "linger.ms", "1");
  Set(conf, "message.timeout.ms", std::to_string(options.timeout_ms));
  Set(conf, "message.max.bytes", std::to_string(KafkaTopic::kMaxMessageBytes + 4096));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), OnDelivered);
  std::array<char, 512> why;
  Handle producer(rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), why.data(), why.size()));
  if (!producer) Fail(options, "no producer", why.data());
  static_cast<void>(conf.release());  // the producer has it
  return producer;
}

Handle MakeConsumer(const KafkaTopicOptions& options) {
  Conf conf = BaseConf(options);
  Set(conf, "group.id", "marquee");  // the offset is kept with the state, not in the group
  Set(conf, "enable.auto.commit", "false");
  Set(conf, "isolation.level", "read_committed");
  Set(conf, "auto.offset.reset", "earliest");
  Set(conf, "enable.partition.eof", "true");
  Set(conf, "fetch.error.backoff.ms", "50");
  Set(conf, "fetch.message.max.bytes", std::to_string(KafkaTopic::kMaxMessageBytes + 4096));
  std::array<char, 512> why;
  Handle consumer(rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), why.data(), why.size()));
  if (!consumer) Fail(options, "no consumer", why.data());
  static_cast<void>(conf.release());
  rd_kafka_poll_set_consumer(consumer.get());
  return consumer;
}

// How many partitions the topic has; 0 where there is no such topic.
int NumPartitions(const KafkaTopicOptions& options, rd_kafka_t* client) {
  const Owned<rd_kafka_topic_t, rd_kafka_topic_destroy> topic(
      rd_kafka_topic_new(client, options.topic.c_str(), nullptr));
  const rd_kafka_metadata_t* found = nullptr;
  Check(options, "no answer",
        rd_kafka_metadata(client, 0, topic.get(), &found, options.timeout_ms));
  const Owned<const rd_kafka_metadata_t, rd_kafka_metadata_destroy> metadata(found);
  return metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
}

// Another may be faster, which is as good.
void MakeTopic(const KafkaTopicOptions& options, rd_kafka_t* client) {
  std::array<char, 512> why;
  const NewTopic topic(rd_kafka_NewTopic_new(options.topic.c_str(), 1, -1, why.data(), why.size()));
  if (!topic) throw Error(Code::kInvalidArgument, StrCat("events.kafka.topic: ", why.data()));
  rd_kafka_NewTopic_set_config(topic.get(), "max.message.bytes",
                               std::to_string(KafkaTopic::kMaxMessageBytes + 4096).c_str());
  const Queue queue(rd_kafka_queue_new(client));
  const Admin admin(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_NewTopic_t* topics[] = {topic.get()};
  rd_kafka_CreateTopics(client, topics, 1, admin.get(), queue.get());
  const KafkaEvent event(rd_kafka_queue_poll(queue.get(), options.timeout_ms));
  if (!event) Fail(options, "cannot be made", "no answer");
  Check(options, "cannot be made", rd_kafka_event_error(event.get()));
  size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[i]);
    if (error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) Check(options, "cannot be made", error);
  }
}

void RequireTopic(const KafkaTopicOptions& options, rd_kafka_t* client) {
  if (NumPartitions(options, client) == 0) MakeTopic(options, client);
  const double deadline_s = SteadySeconds() + options.timeout_ms / 1000.0;
  int partitions = 0;
  while ((partitions = NumPartitions(options, client)) == 0) {
    if (SteadySeconds() > deadline_s) Fail(options, "was made", "but does not appear");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  if (partitions == 1) return;
  throw Error(Code::kFailedPrecondition,
              StrCat("Kafka topic ", options.topic, " has ", partitions,
                     " partitions: an event log has one, which is its order"),
              "name another topic in events.kafka.topic");
}

std::string Copy(const void* bytes, size_t size) {
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

}  // namespace

struct KafkaTopic::State {
  explicit State(const KafkaTopicOptions& options)
      : producer(MakeProducer(options)), consumer(MakeConsumer(options)) {}
  ~State() {
    stopping = true;
    if (deliveries.joinable()) deliveries.join();
    rd_kafka_consumer_close(consumer.get());
  }

  Handle producer;
  Handle consumer;
  std::atomic<bool> stopping = false;
  std::thread deliveries;
};

KafkaTopic::KafkaTopic(KafkaTopicOptions options)
    : options_(std::move(options)), state_(std::make_unique<State>(options_)) {
  rd_kafka_t* const client = state_->producer.get();
  RequireTopic(options_, client);
  char* const cluster = rd_kafka_clusterid(client, options_.timeout_ms);
  id_ = StrCat("kafka.", cluster == nullptr ? "" : cluster, ".", options_.topic);
  if (cluster != nullptr) rd_kafka_mem_free(client, cluster);
  state_->deliveries = std::thread([state = state_.get()] {
    while (!state->stopping) rd_kafka_poll(state->producer.get(), 100);
  });
}

KafkaTopic::~KafkaTopic() = default;

KafkaTopic::Range KafkaTopic::range() const {
  Range range{};
  Check(options_, "no range of offsets",
        rd_kafka_query_watermark_offsets(state_->producer.get(), options_.topic.c_str(), kPartition,
                                         &range.first, &range.end, options_.timeout_ms));
  return range;
}

// librdkafka's macros check their types with a GNU extension.
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wgnu-statement-expression"
#endif
int64_t KafkaTopic::Produce(std::string_view key, std::string_view value) {
  std::promise<Delivery> delivered;
  std::future<Delivery> delivery = delivered.get_future();
  const rd_kafka_resp_err_t error =
      rd_kafka_producev(state_->producer.get(), RD_KAFKA_V_TOPIC(options_.topic.c_str()),
                        RD_KAFKA_V_PARTITION(kPartition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                        RD_KAFKA_V_KEY(key.empty() ? nullptr : key.data(), key.size()),
                        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                        RD_KAFKA_V_OPAQUE(&delivered), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
    throw Error(Code::kResourceExhausted, "event log: too many messages wait for Kafka",
                "try again in a second, or send fewer");
  }
  Check(options_, "a message was refused", error);
  const Delivery outcome = delivery.get();
  Check(options_, "a message was not acknowledged", outcome.error);
  return outcome.offset;
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

void KafkaTopic::Follow(int64_t offset) {
  const Partitions partitions(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(partitions.get(), options_.topic.c_str(), kPartition)->offset =
      offset;
  Check(options_, "cannot be followed", rd_kafka_assign(state_->consumer.get(), partitions.get()));
}

KafkaMessages KafkaTopic::Poll(int wait_ms) {
  KafkaMessages found;
  while (found.messages.size() < kMostAtOnce) {
    const int wait = found.messages.empty() ? wait_ms : 0;
    const Owned<rd_kafka_message_t, rd_kafka_message_destroy> message(
        rd_kafka_consumer_poll(state_->consumer.get(), wait));
    if (!message) break;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      found.end = message->offset;
      break;
    }
    // An error that passes: librdkafka tries again by itself.
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (!found.messages.empty()) break;
      Fail(options_, "cannot be read", rd_kafka_message_errstr(message.get()));
    }
    found.messages.push_back({message->offset, Copy(message->key, message->key_len),
                              Copy(message->payload, message->len)});
  }
  return found;
}

}  // namespace marquee
