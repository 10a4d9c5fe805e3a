// Tells of runs and tasks, as the file of channels and the DAGs say, beside the scheduler.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/cancel.h"
#include "base/progress.h"
#include "base/ticker.h"
#include "base/watched_file.h"
#include "flow/dag_catalogue.h"
#include "flow/flow_store.h"
#include "notify/courier.h"
#include "notify/flow_messages.h"
#include "notify/notify_file.h"

namespace marquee::notify {

// A thread for each channel, so that none holds up another. The file is read again when it changes;
// one with a mistake is logged, and the old channels stay. Thread-safe.
class Notifier {
 public:
  // What is passed in must outlive it.
  struct Parts {
    flow::FlowStore& store;
    flow::DagCatalogue& dags;
    const Clock& clock;
    const Clock& steady;
    Probe& probe;
    std::function<void(std::string_view line)> console;  // see ChannelParts
    TemplateNames names;
  };
  // Tells of what happens from now on, and of what was left before. Throws what ReadNotifyFile and
  // flow::JournalReader throw.
  Notifier(Parts parts, std::filesystem::path file);
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // Waits until all that has happened is told, `at_most`, or until `cancel`; gives what is left:
  // "2 messages for channel ops: cannot connect". Whoever runs next tells of that.
  std::vector<std::string> Finish(std::chrono::milliseconds at_most, Progress& progress,
                                  const CancelToken& cancel);

 private:
  // One channel with its thread, from its start to its end.
  class Lane;
  void Begin(const NotifySettings& settings);
  void End();
  void Refresh();
  void WarnOfProblems();

  const Parts parts_;
  std::mutex mutex_;
  WatchedFile file_;  // guarded by mutex_, as all below
  std::optional<FlowRules> rules_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  bool stale_ = false;
  int64_t warned_generation_ = -1;
  std::optional<Ticker> refresh_;
};

}  // namespace marquee::notify
