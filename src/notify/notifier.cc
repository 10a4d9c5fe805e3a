#include "notify/notifier.h"

#include <set>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace marquee::notify {
namespace {

constexpr std::chrono::milliseconds kEvery{500};
constexpr std::chrono::milliseconds kLookAtFile{2'000};
constexpr std::chrono::milliseconds kLookAtLanes{20};

}  // namespace

class Notifier::Lane {
 public:
  Lane(const ChannelSpec& spec, const FlowRules& rules, const Parts& parts)
      : courier_({.channel = spec.name, .per_hour = spec.per_hour},
                 spec.make({parts.clock, parts.console}),
                 std::make_unique<FlowOutbox>(spec.name, rules, parts.store), parts.steady,
                 parts.probe),
        thread_([this] { Run(); }) {}
  ~Lane() {
    Stop();
    thread_.join();
  }
  void Stop() {
    cancel_.Request();
    Wake();
  }

  // Turns begun so far; the next begins at once.
  int64_t Hurry() {
    const int64_t begun = this->begun();
    Wake();
    return begun;
  }
  int64_t begun() const {
    const std::lock_guard lock(mutex_);
    return begun_;
  }
  // All that had happened when `begun` turns had begun has been looked at, and nothing is left.
  bool HasToldAll(int64_t begun) const {
    const std::lock_guard lock(mutex_);
    return ended_ > begun && courier_.waiting() == 0;
  }
  const Courier& courier() const { return courier_; }

 private:
  void Wake() {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    changed_.notify_all();
  }

  void Run() {
    std::unique_lock lock(mutex_);
    while (!cancel_.requested()) {
      woken_ = false;
      ++begun_;
      const int64_t turn = begun_;
      lock.unlock();
      try {
        courier_.Turn(cancel_);
      } catch (const Error&) {
        // Told to end; what is left is told by whoever runs next.
      }
      lock.lock();
      ended_ = turn;
      changed_.wait_for(lock, kEvery, [this] { return woken_; });
    }
    lock.unlock();
    courier_.Release();
  }

  Courier courier_;
  CancelToken cancel_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;  // guarded by mutex_, as the next two
  int64_t begun_ = 0;
  int64_t ended_ = 0;
  std::thread thread_;
};

Notifier::Notifier(Parts parts, std::filesystem::path file)
    : parts_(std::move(parts)), file_(std::move(file)) {
  const std::lock_guard lock(mutex_);
  file_.Changed();
  Begin(ReadNotifyFile(file_.path(), parts_.names));
  WarnOfProblems();
  refresh_.emplace(kLookAtFile, [this] { Refresh(); });
}

Notifier::~Notifier() {
  refresh_.reset();
  End();
}

void Notifier::Begin(const NotifySettings& settings) {
  std::set<std::string> channels;
  for (const ChannelSpec& spec : settings.channels) channels.insert(spec.name);
  rules_.emplace(FlowRules::Settings{settings.notices, std::move(channels), settings.url},
                 parts_.store, parts_.dags);
  for (const ChannelSpec& spec : settings.channels) {
    lanes_.push_back(std::make_unique<Lane>(spec, *rules_, parts_));
  }
}

void Notifier::End() {
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->Stop();
  lanes_.clear();
}

void Notifier::Refresh() {
  const std::lock_guard lock(mutex_);
  try {
    if (file_.Changed() || stale_) {
      const NotifySettings settings = ReadNotifyFile(file_.path(), parts_.names);
      End();
      warned_generation_ = -1;
      stale_ = true;  // until all channels are there
      Begin(settings);
      stale_ = false;
      LogInfo(StrCat("notify: ", file_.path().string(), " was read again"));
    }
    WarnOfProblems();
  } catch (const Error& error) {
    LogError(StrCat("notify: ", error.message(),
                    error.hint().empty() ? "" : StrCat(" (", error.hint(), ")"),
                    stale_ ? "; it is tried again" : "; the old channels stay"));
  }
}

void Notifier::WarnOfProblems() {
  const int64_t generation = parts_.dags.Current()->generation;
  if (generation == warned_generation_ || !rules_) return;
  warned_generation_ = generation;
  for (const std::string& problem : rules_->Problems()) LogWarning(StrCat("notify: ", problem));
}

std::vector<std::string> Notifier::Finish(std::chrono::milliseconds at_most, Progress& progress,
                                          const CancelToken& cancel) {
  const std::lock_guard lock(mutex_);
  const int64_t end_ms = parts_.steady.NowMs() + at_most.count();
  std::vector<std::string> left;
  for (const std::unique_ptr<Lane>& lane : lanes_) {
    const int64_t begun = lane->Hurry();
    bool told = false;
    while (!(told = lane->HasToldAll(begun)) && !cancel.requested() &&
           parts_.steady.NowMs() < end_ms) {
      if (const std::string why = lane->courier().last_failure(); !why.empty()) {
        progress.Update("notifications", -1, StrCat(lane->courier().channel(), ": ", why));
      }
      std::this_thread::sleep_for(kLookAtLanes);
    }
    if (told) continue;
    const std::string why = lane->courier().last_failure();
    left.push_back(StrCat(lane->courier().waiting(), " messages for channel ",
                          lane->courier().channel(), why.empty() ? "" : ": ", why));
  }
  return left;
}

}  // namespace marquee::notify
