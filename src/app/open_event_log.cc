#include "app/open_event_log.h"

#include <filesystem>

#include "base/error.h"
#include "events/kafka_event_log.h"
#include "events/sqlite_event_log.h"

namespace marquee {
namespace {

bool IsInKafka(const Environment& environment) {
  return environment.config().Text("events.log") == "kafka";
}

}  // namespace

std::unique_ptr<EventLog> OpenEventLog(const Environment& environment) {
  const Config& config = environment.config();
  if (!IsInKafka(environment)) return OpenSqliteEventLog({.path = environment.home().events()});
  const std::string brokers = config.Text("events.kafka.brokers");
  if (brokers.empty()) {
    throw Error(Code::kInvalidArgument, "events.log is kafka, but events.kafka.brokers is empty",
                "set events.kafka.brokers to host:port, several separated by commas");
  }
  return OpenKafkaEventLog({.brokers = brokers,
                            .topic = config.Text("events.kafka.topic"),
                            .view = environment.home().events_view(),
                            .properties = config.Text("events.kafka.properties")});
}

bool HasEventLog(const Environment& environment) {
  return IsInKafka(environment) || std::filesystem::exists(environment.home().events());
}

}  // namespace marquee
