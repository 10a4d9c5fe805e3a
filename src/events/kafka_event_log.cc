#include "events/kafka_event_log.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "events/event_lines.h"
#include "events/event_store.h"
#include "events/kafka_topic.h"

namespace marquee {
namespace {

constexpr int kPlaceBits = 14;  // places of events in a message
constexpr int64_t kMaxBatch = int64_t{1} << kPlaceBits;
constexpr std::string_view kErase = "erase";  // key of a mark; its value is the user

// The offset of the first event of a message.
int64_t FirstOf(int64_t message) { return (message + 1) << kPlaceBits; }

// Counts events among those that wait, while it lives.
class Waiting {
 public:
  // Throws resource_exhausted when there would be more than `max`.
  Waiting(std::atomic<int64_t>& total, int64_t count, int64_t max) : total_(total), count_(count) {
    const int64_t before = total_.fetch_add(count_);
    if (before == 0 || before + count_ <= max) return;
    total_ -= count_;
    throw Error(Code::kResourceExhausted,
                StrCat("event log: ", before, " events wait to be written, ", count_,
                       " more would pass the bound of ", max),
                "try again in a second, or send fewer");
  }
  ~Waiting() { total_ -= count_; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  std::atomic<int64_t>& total_;
  const int64_t count_;
};

class KafkaEventLog : public StoredEventLog {
 public:
  explicit KafkaEventLog(const KafkaEventLogOptions& options);
  ~KafkaEventLog() override {
    stopping_ = true;
    thread_.join();
  }

  std::string id() const override { return topic_.id(); }
  std::vector<Appended> Append(std::span<const Event> events) override;

  int64_t EraseUser(std::string_view user_id) override;

 private:
  void FollowUntilStopped();
  void TakeIn(const KafkaMessages& found);
  size_t TakeInEvents(std::span<const KafkaMessage> messages);
  void Erase(const KafkaMessage& mark);
  void SetTaken(int64_t position);
  // Until the view holds all below `position`.
  void WaitForView(int64_t position);
  std::vector<Appended> Results(int64_t message, std::span<const Event> events) const;

  const int64_t max_waiting_;
  const std::chrono::milliseconds timeout_;
  KafkaTopic topic_;
  std::atomic<int64_t> waiting_events_ = 0;
  std::mutex taken_mutex_;
  std::condition_variable taken_more_;
  int64_t taken_ = 0;  // messages below it are in the view; guarded by taken_mutex_

  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

KafkaEventLog::KafkaEventLog(const KafkaEventLogOptions& options)
    : StoredEventLog(options.view),
      max_waiting_(options.max_waiting),
      timeout_(options.timeout_ms),
      topic_({options.brokers, options.topic, options.timeout_ms, options.properties}) {
  const KafkaTopic::Range range = topic_.range();
  const int64_t position = readers_.With([](EventReader& reader) { return reader.Position(); });
  if (position > range.end) {
    throw Error(
        Code::kDataLoss,
        StrCat(options.view.string(), " holds the messages of topic ", options.topic, " below ",
               position, ", but it ends at ", range.end, ": it was made anew, or is another one"),
        StrCat("move ", options.view.string(), " away to begin with what the topic holds"));
  }
  if (position < range.first) {
    LogWarning(StrCat("event log: messages ", position, " to ", range.first, " of topic ",
                      options.topic, " were removed before this view had them"));
  }
  taken_ = position;
  topic_.Follow(std::max(position, range.first));
  thread_ = std::thread([this] { FollowUntilStopped(); });
  try {
    WaitForView(range.end);
  } catch (...) {
    stopping_ = true;
    thread_.join();
    throw;
  }
}

std::vector<Appended> KafkaEventLog::Append(std::span<const Event> events) {
  if (events.empty()) return {};
  const auto count = static_cast<int64_t>(events.size());
  const std::string lines = EventLines(events);
  if (count > kMaxBatch || lines.size() > KafkaTopic::kMaxMessageBytes) {
    throw Error(Code::kInvalidArgument,
                StrCat("a batch of ", count, " events, ", lines.size(), " bytes: must be at most ",
                       kMaxBatch, " and ", KafkaTopic::kMaxMessageBytes),
                "send it in smaller batches");
  }
  const Waiting waiting(waiting_events_, count, max_waiting_);
  const int64_t message = topic_.Produce("", lines);
  own_.Add(FirstOf(message), FirstOf(message + 1));
  WaitForView(message + 1);
  return Results(message, events);
}

// The view decides which of two with one key came first, so every process decides alike.
std::vector<Appended> KafkaEventLog::Results(int64_t message, std::span<const Event> events) const {
  return readers_.With([&](EventReader& reader) {
    std::vector<Appended> results;
    for (size_t i = 0; i < events.size(); ++i) {
      const int64_t offset = FirstOf(message) + static_cast<int64_t>(i);
      const int64_t first = events[i].idempotency_key.empty() ? 0 : reader.OffsetOfKey(events[i]);
      const bool duplicate = first > 0 && first != offset;
      results.push_back({duplicate ? first : offset, duplicate});
    }
    return results;
  });
}

int64_t KafkaEventLog::EraseUser(std::string_view user_id) {
  const auto events =
      ReadUser(user_id, std::numeric_limits<int64_t>::max(), std::numeric_limits<int>::max());
  WaitForView(topic_.Produce(kErase, user_id) + 1);
  return static_cast<int64_t>(events.size());
}

void KafkaEventLog::WaitForView(int64_t position) {
  std::unique_lock lock(taken_mutex_);
  if (taken_more_.wait_for(lock, timeout_, [&] { return taken_ >= position; })) return;
  throw Error(Code::kUnavailable,
              StrCat("event log: the view of the topic is at message ", taken_,
                     " and does not get to ", position),
              "check the log of this server, its disk and the brokers");
}

void KafkaEventLog::FollowUntilStopped() {
  constexpr int kWaitMs = 100;
  bool failed = false;
  while (!stopping_) {
    try {
      TakeIn(topic_.Poll(kWaitMs));
      failed = false;
    } catch (const Error& error) {
      if (!failed) LogWarning(StrCat("event log: ", error.message()));
      failed = true;
    }
  }
}

// Goes on trying: a message must not be passed over.
void KafkaEventLog::TakeIn(const KafkaMessages& found) {
  std::span<const KafkaMessage> left(found.messages);
  while (!left.empty() && !stopping_) {
    try {
      const std::lock_guard lock(writer_mutex_);
      size_t taken = 1;
      if (left.front().key == kErase) {
        Erase(left.front());
      } else {
        taken = TakeInEvents(left);
      }
      SetTaken(left[taken - 1].offset + 1);
      left = left.subspan(taken);
      writer_.Tidy();
    } catch (const Error& error) {
      LogWarning(StrCat("event log: the view waits: ", error.message()));
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  }
  if (left.empty() && found.end >= 0) SetTaken(found.end);
}

// Those before the next mark, in one transaction; gives how many. Another process may have been
// faster.
size_t KafkaEventLog::TakeInEvents(std::span<const KafkaMessage> messages) {
  const auto mark = std::ranges::find(messages, kErase, &KafkaMessage::key);
  const auto run = messages.first(static_cast<size_t>(mark - messages.begin()));
  writer_.Transaction([&] {
    const int64_t position = writer_.Position();
    int64_t end = writer_.End();
    for (const KafkaMessage& message : run) {
      if (message.offset < position) continue;
      int64_t offset = FirstOf(message.offset);
      for (const std::optional<Event>& event : ParseEventLines(message.value)) {
        if (offset == FirstOf(message.offset + 1)) break;
        if (event && !writer_.Add(*event, offset).duplicate) end = offset + 1;
        ++offset;
      }
    }
    writer_.SetEnd(end);
    writer_.SetPosition(std::max(position, run.back().offset + 1));
  });
  return run.size();
}

void KafkaEventLog::Erase(const KafkaMessage& mark) {
  int64_t position = 0;
  writer_.Transaction([&] { position = writer_.Position(); });
  if (mark.offset < position) return;
  writer_.EraseUser(mark.value);
  writer_.Transaction([&] { writer_.SetPosition(std::max(writer_.Position(), mark.offset + 1)); });
}

void KafkaEventLog::SetTaken(int64_t position) {
  {
    const std::lock_guard lock(taken_mutex_);
    taken_ = std::max(taken_, position);
  }
  taken_more_.notify_all();
}

}  // namespace

std::unique_ptr<EventLog> OpenKafkaEventLog(const KafkaEventLogOptions& options) {
  return std::make_unique<KafkaEventLog>(options);
}

}  // namespace marquee
