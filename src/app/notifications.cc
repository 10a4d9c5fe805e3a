#include "app/notifications.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "flow/times.h"
#include "notify/flow_messages.h"
#include "notify/notifier.h"

namespace marquee {
namespace {

notify::TemplateNames NamesOfChannels() {
  return {.known = notify::FlowFieldNames(),
          .environment = [](const char* name) { return std::getenv(name); }};
}

class MetricsOfNotifications : public notify::Probe {
 public:
  explicit MetricsOfNotifications(MetricsRegistry* registry) : registry_(registry) {}
  void OnMessage(const std::string& channel, std::string_view outcome) override {
    if (registry_ == nullptr) return;
    registry_
        ->AddCounter("marquee_notifications_total",
                     "Messages by channel: sent, summary (many in one), refused, failed (to be "
                     "tried again).",
                     {{"channel", channel}, {"outcome", std::string(outcome)}})
        .Increment();
  }

 private:
  MetricsRegistry* const registry_;
};

}  // namespace

notify::NotifySettings ReadChannels(const Environment& environment) {
  return notify::ReadNotifyFile(environment.home().notify(), NamesOfChannels());
}

struct Notifications::State {
  State(const Environment& environment, flow::FlowStore& store, flow::DagCatalogue& dags,
        MetricsRegistry* metrics, std::function<void(std::string_view)> console)
      : probe(metrics),
        notifier({.store = store,
                  .dags = dags,
                  .clock = environment.clock(),
                  .steady = steady,
                  .probe = probe,
                  .console = std::move(console),
                  .names = NamesOfChannels()},
                 environment.home().notify()) {}

  const flow::SteadyClock steady;
  MetricsOfNotifications probe;
  notify::Notifier notifier;
};

Notifications::Notifications(const Environment& environment, flow::FlowStore& store,
                             flow::DagCatalogue& dags, MetricsRegistry* metrics,
                             std::function<void(std::string_view)> console)
    : state_(std::make_unique<State>(environment, store, dags, metrics, std::move(console))) {}
Notifications::~Notifications() = default;

std::vector<std::string> Notifications::Finish(std::chrono::milliseconds at_most,
                                               Progress& progress, const CancelToken& cancel) {
  return state_->notifier.Finish(at_most, progress, cancel);
}

void ShowOnStandardOutput(std::string_view line) {
  std::fprintf(stdout, "%.*s\n", static_cast<int>(line.size()), line.data());
  std::fflush(stdout);
}

}  // namespace marquee
