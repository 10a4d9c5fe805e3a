// Who is told of runs and tasks of a home: its notify.toml, and a process that schedules.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/environment.h"
#include "base/cancel.h"
#include "base/progress.h"
#include "flow/dag_catalogue.h"
#include "flow/flow_store.h"
#include "metrics/registry.h"
#include "notify/notify_file.h"

namespace marquee {

// What notify.toml says. Throws what notify::ReadNotifyFile throws: asked before long work, too.
notify::NotifySettings ReadChannels(const Environment& environment);

// Tells, from its start to its end, with a thread for each channel.
class Notifications {
 public:
  // What is passed in must outlive it. `metrics`, which may be null, gets
  // marquee_notifications_total{channel,outcome}. `console`: see notify::ChannelParts. Throws what
  // notify::Notifier throws.
  Notifications(const Environment& environment, flow::FlowStore& store, flow::DagCatalogue& dags,
                MetricsRegistry* metrics, std::function<void(std::string_view)> console);
  ~Notifications();
  Notifications(const Notifications&) = delete;
  Notifications& operator=(const Notifications&) = delete;

  // As notify::Notifier::Finish.
  std::vector<std::string> Finish(std::chrono::milliseconds at_most, Progress& progress,
                                  const CancelToken& cancel);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A line, as servers show what people are to see.
void ShowOnStandardOutput(std::string_view line);

}  // namespace marquee
