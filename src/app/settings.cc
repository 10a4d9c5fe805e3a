#include "app/settings.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace marquee {
namespace {

// How the API faces clients, and how one process finds the others.
std::vector<SettingSpec> ServingSettings() {
  using Type = SettingSpec::Type;
  return {
      {.key = "server.drain_ms",
       .type = Type::kInt,
       .fallback = "1000",
       .doc =
           "How long a server that is told to end (SIGTERM) still answers while /health/ready says "
           "503, so that a load balancer can turn away; Ctrl-C does not wait.",
       .min = 0,
       .max = 60'000},
      {.key = "server.max_connections",
       .type = Type::kInt,
       .fallback = "0",
       .doc =
           "Beyond it the connection that was idle the longest is closed; 0 is what the limit of "
           "open files allows.",
       .min = 0,
       .max = 1e6},
      {.key = "server.max_connections_per_address",
       .type = Type::kInt,
       .fallback = "1024",
       .doc = "A client with more is refused; 0 is no bound. Clients on this machine have none.",
       .min = 0,
       .max = 1e6},
      {.key = "server.tls_certificate",
       .type = Type::kText,
       .fallback = "",
       .doc = "PEM file of the certificate and its chain: with it and its key the API speaks TLS. "
              "Read again when it changes."},
      {.key = "server.tls_key",
       .type = Type::kText,
       .fallback = "",
       .doc = "PEM file of the certificate's key."},
      {.key = "services.attempts",
       .type = Type::kInt,
       .fallback = "3",
       .doc = "How often `marquee serve web` asks for what may be repeated before it gives up.",
       .min = 1,
       .max = 20},
      {.key = "services.collect",
       .type = Type::kText,
       .fallback = "http://127.0.0.1:8003",
       .doc =
           "Where `marquee serve web` finds it; several URLs, with commas between, are replicas."},
      {.key = "services.recommend",
       .type = Type::kText,
       .fallback = "http://127.0.0.1:8001",
       .doc =
           "Where `marquee serve web` finds it; several URLs, with commas between, are replicas."},
      {.key = "services.timeout_ms",
       .type = Type::kInt,
       .fallback = "10000",
       .doc = "How long `marquee serve web` waits for one answer of a service.",
       .min = 1,
       .max = 600'000},
  };
}

std::vector<SettingSpec> WithServing(std::vector<SettingSpec> settings) {
  std::ranges::move(ServingSettings(), std::back_inserter(settings));
  return settings;
}

}  // namespace

std::span<const SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  static const std::vector<SettingSpec> settings = WithServing({
      {"compute.threads", Type::kInt, "0",
       "Threads for training, evaluation and SQL; 0 is one a core.", 0, 1024},
      {.key = "events.max_per_user",
       .type = Type::kInt,
       .fallback = "500",
       .doc = "Of each user, the items last acted on that the online engine keeps in memory.",
       .min = 1,
       .max = 1e6},
      {.key = "events.poll_ms",
       .type = Type::kInt,
       .fallback = "25",
       .doc = "How often a server looks for events that other processes wrote, in milliseconds.",
       .min = 1,
       .max = 60'000},
      {.key = "events.retention_days",
       .type = Type::kInt,
       .fallback = "0",
       .doc = "Older events are removed from the log at a start; 0 keeps all.",
       .min = 0,
       .max = 36500},
      {.key = "events.unknown_items",
       .type = Type::kText,
       .fallback = "refuse",
       .doc = "refuse or accept events with items that no data has.",
       .choices = {"refuse", "accept"}},
      {"import.max_reject_share", Type::kNumber, "0.05",
       "An import fails as a whole when a larger share of its rows is rejected.", 0, 1},
      {"import.rating_max", Type::kNumber, "5",
       "Largest rating of the scale; raise it for a data set that rates 1 to 10.", -1e6, 1e6},
      {"import.rating_min", Type::kNumber, "0.5", "Smallest rating of the scale.", -1e6, 1e6},
      {"lake.memory_limit", Type::kBytes, "2GiB",
       "Memory of SQL; beyond it sorts and joins spill to disk.", 67108864, 1e15},
      {"log.level", Type::kText, "warning", "debug, info, warning, error or off."},
      {"models.min_rating", Type::kNumber, "3.5",
       "Ratings above it count as liked, which is what models learn from."},
      {"server.host", Type::kText, "127.0.0.1",
       "Address to listen on; 0.0.0.0 opens the API to the network.", 0, 0},
      {"server.port", Type::kInt, "8000",
       "Port of the API and of the pages; `marquee serve` has one for each service.", 0, 65535},
      {"server.threads", Type::kInt, "0", "Threads that answer requests; 0 is one a core.", 0,
       1024},
  });
  return settings;
}

}  // namespace marquee
