#include "events/sqlite_event_log.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "events/event_store.h"

namespace marquee {
namespace {

constexpr int64_t kMaxGroup = 20'000;  // events of one transaction, which bounds how long one waits

class SqliteEventLog : public StoredEventLog {
 public:
  explicit SqliteEventLog(const SqliteEventLogOptions& options)
      : StoredEventLog(options.path),
        max_waiting_(options.max_waiting),
        thread_([this] { WriteUntilStopped(); }) {}

  ~SqliteEventLog() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_one();
    thread_.join();
  }

  std::string id() const override { return writer_.id(); }
  std::vector<Appended> Append(std::span<const Event> events) override;
  int64_t EraseUser(std::string_view user_id) override {
    const std::lock_guard lock(writer_mutex_);
    return writer_.EraseUser(user_id);
  }

 private:
  // What an Error says. Each caller throws one of its own: an exception is not shared by threads.
  struct Failure {
    Code code;
    std::string message;
    std::string hint;
  };
  // One call of Append, until it is done.
  struct Pending {
    std::span<const Event> events;
    std::vector<Appended> results = {};
    std::optional<Failure> failure = {};
    bool done = false;
  };

  void WriteUntilStopped();
  std::vector<Pending*> TakeGroup(bool wait);
  bool Stops();
  void WriteAndTell(std::span<Pending* const> group);
  void WriteGroup(std::span<Pending* const> group);
  bool Tidy();

  const int64_t max_waiting_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::deque<Pending*> waiting_;  // guarded by mutex_, as are the next two
  int64_t waiting_events_ = 0;
  bool stopping_ = false;

  std::thread thread_;
};

std::vector<Appended> SqliteEventLog::Append(std::span<const Event> events) {
  if (events.empty()) return {};
  Pending pending{events};
  std::unique_lock lock(mutex_);
  const auto count = static_cast<int64_t>(events.size());
  if (waiting_events_ > 0 && waiting_events_ + count > max_waiting_) {
    throw Error(Code::kResourceExhausted,
                StrCat("event log: ", waiting_events_, " events wait to be written, ", count,
                       " more would pass the bound of ", max_waiting_),
                "try again in a second, or send fewer");
  }
  waiting_.push_back(&pending);
  waiting_events_ += count;
  work_.notify_one();
  done_.wait(lock, [&] { return pending.done; });
  if (pending.failure) {
    throw Error(pending.failure->code, pending.failure->message, pending.failure->hint);
  }
  return std::move(pending.results);
}

void SqliteEventLog::WriteUntilStopped() {
  bool more_to_tidy = true;
  while (true) {
    const std::vector<Pending*> group = TakeGroup(!more_to_tidy);
    if (!group.empty()) {
      WriteAndTell(group);
    } else if (Stops()) {
      return;
    }
    more_to_tidy = Tidy();
  }
}

void SqliteEventLog::WriteAndTell(std::span<Pending* const> group) {
  std::optional<Failure> failure;
  try {
    WriteGroup(group);
  } catch (const Error& error) {
    failure = Failure{error.code(), error.message(), error.hint()};
  }
  const std::lock_guard lock(mutex_);
  for (Pending* pending : group) {
    pending->failure = failure;
    pending->done = true;
    waiting_events_ -= static_cast<int64_t>(pending->events.size());
  }
  done_.notify_all();
}

bool SqliteEventLog::Stops() {
  const std::lock_guard lock(mutex_);
  return stopping_ && waiting_.empty();
}

// What waits, up to kMaxGroup events. With `wait` it is empty only when the log is to end.
std::vector<SqliteEventLog::Pending*> SqliteEventLog::TakeGroup(bool wait) {
  std::unique_lock lock(mutex_);
  if (wait) work_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  std::vector<Pending*> group;
  for (int64_t events = 0; !waiting_.empty() && events < kMaxGroup; waiting_.pop_front()) {
    group.push_back(waiting_.front());
    events += static_cast<int64_t>(waiting_.front()->events.size());
  }
  return group;
}

void SqliteEventLog::WriteGroup(std::span<Pending* const> group) {
  const std::lock_guard lock(writer_mutex_);
  int64_t begin = 0;
  int64_t end = 0;
  writer_.Transaction([&] {
    begin = end = writer_.End();
    for (Pending* pending : group) {
      pending->results.reserve(pending->events.size());
      for (const Event& event : pending->events) {
        pending->results.push_back(writer_.Add(event, end));
        if (!pending->results.back().duplicate) ++end;
      }
    }
    writer_.SetEnd(end);
  });
  if (begin < end) own_.Add(begin, end);
}

// After those who wait were told; what fails is tried again after the next group.
bool SqliteEventLog::Tidy() {
  const std::lock_guard lock(writer_mutex_);
  try {
    return writer_.Tidy();
  } catch (const Error& error) {
    LogWarning(StrCat("event log: the index waits: ", error.message()));
    return false;
  }
}

}  // namespace

std::unique_ptr<EventLog> OpenSqliteEventLog(const SqliteEventLogOptions& options) {
  return std::make_unique<SqliteEventLog>(options);
}

}  // namespace marquee
