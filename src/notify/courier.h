// The way of messages to one channel: in order, within its rate, again after a failure.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/clock.h"
#include "notify/channel.h"
#include "notify/probe.h"
#include "notify/rate_limit.h"

namespace marquee::notify {

// Where messages of one channel wait, so that a kill loses none.
class Outbox {
 public:
  struct Entry {
    int64_t number;                  // grows
    std::optional<Message> message;  // none: not for this channel
  };
  virtual ~Outbox() = default;
  // What is not done, oldest first, at most `limit`; nothing while another process has it.
  virtual std::vector<Entry> Next(int64_t limit) = 0;
  // That entry and all before it; false when another process has them now.
  virtual bool Done(int64_t number) = 0;
  // Another process may have it at once.
  virtual void Release() = 0;
};

struct CourierOptions {
  std::string channel = {};
  int64_t per_hour = 20;
  int64_t min_wait_ms = 5'000;  // after a failure, twice as long after each further one
  int64_t max_wait_ms = 600'000;
  int64_t renew_ms = 20'000;  // how often to say that what waits is ours
};

// When more waits than the rate allows, all of it goes as one summary. Not thread-safe but for
// waiting() and last_failure().
class Courier {
 public:
  // `steady` and `probe` must outlive it.
  Courier(CourierOptions options, std::unique_ptr<Channel> channel, std::unique_ptr<Outbox> outbox,
          const Clock& steady, Probe& probe);

  // Sends what may be sent now. An error is logged, and what was to be sent is sent by a later
  // call. Throws cancelled.
  void Turn(const CancelToken& cancel);
  // Another process may go on.
  void Release();
  // Messages that the last turn left, and why.
  int64_t waiting() const;
  std::string last_failure() const;
  const std::string& channel() const { return options_.channel; }

 private:
  bool SendSome(const CancelToken& cancel);
  Delivery Deliver(const Message& message, const CancelToken& cancel);
  void Fail(const std::string& reason, int64_t retry_after_ms);
  void Say(int64_t waiting, const std::string& failure);

  const CourierOptions options_;
  const std::unique_ptr<Channel> channel_;
  const std::unique_ptr<Outbox> outbox_;
  const Clock& steady_;
  Probe& probe_;
  RateLimit rate_;
  int64_t until_ms_ = 0;  // nothing is sent before
  int64_t renewed_ms_ = 0;
  int64_t wait_ms_ = 0;  // the last wait after a failure; 0: it went well
  mutable std::mutex mutex_;
  int64_t waiting_ = 0;       // guarded by mutex_
  std::string last_failure_;  // likewise
};

}  // namespace marquee::notify
