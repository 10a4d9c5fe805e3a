#include "notify/courier.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace marquee::notify {
namespace {

using Outcome = Delivery::Outcome;

constexpr int64_t kLook = 500;  // entries at once, and so at most in a summary

}  // namespace

Courier::Courier(CourierOptions options, std::unique_ptr<Channel> channel,
                 std::unique_ptr<Outbox> outbox, const Clock& steady, Probe& probe)
    : options_(std::move(options)),
      channel_(std::move(channel)),
      outbox_(std::move(outbox)),
      steady_(steady),
      probe_(probe),
      rate_(options_.per_hour, steady.NowMs()) {}

int64_t Courier::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

std::string Courier::last_failure() const {
  const std::lock_guard lock(mutex_);
  return last_failure_;
}

void Courier::Say(int64_t waiting, const std::string& failure) {
  const std::lock_guard lock(mutex_);
  waiting_ = waiting;
  last_failure_ = failure;
}

void Courier::Turn(const CancelToken& cancel) {
  try {
    const int64_t now_ms = steady_.NowMs();
    if (now_ms < until_ms_) {
      if (wait_ms_ > 0 || now_ms < renewed_ms_ + options_.renew_ms) return;
      renewed_ms_ = now_ms;
      if (outbox_->Next(1).empty()) Say(0, "");
      return;
    }
    while (SendSome(cancel)) cancel.ThrowIfRequested("notifications");
  } catch (const Error& error) {
    if (error.code() == Code::kCancelled) throw;
    Fail(error.message(), 0);
  }
}

void Courier::Release() {
  try {
    outbox_->Release();
  } catch (const Error& error) {
    LogWarning(StrCat("notify: channel ", options_.channel, ": ", error.message()));
  }
}

// Whether there may be more to send now.
bool Courier::SendSome(const CancelToken& cancel) {
  std::vector<Outbox::Entry> entries = outbox_->Next(kLook);
  renewed_ms_ = steady_.NowMs();
  std::vector<Message> messages;
  int64_t first = 0;  // number of the first message
  for (Outbox::Entry& entry : entries) {
    if (!entry.message) continue;
    if (messages.empty()) first = entry.number;
    messages.push_back(*std::move(entry.message));
  }
  Say(static_cast<int64_t>(messages.size()), last_failure());
  if (entries.empty()) return false;
  const int64_t last = entries.back().number;
  const bool may_be_more = static_cast<int64_t>(entries.size()) == kLook;
  if (messages.empty()) return outbox_->Done(last) && may_be_more;
  const int64_t tokens = rate_.Tokens(steady_.NowMs());
  if (tokens == 0) {
    until_ms_ = steady_.NowMs() + rate_.WaitMs();
    return false;
  }
  const bool as_summary = static_cast<int64_t>(messages.size()) > tokens;
  const Delivery delivery = Deliver(as_summary ? Summary(messages) : messages.front(), cancel);
  if (delivery.outcome == Outcome::kFailed) {
    probe_.OnMessage(options_.channel, "failed");
    Fail(delivery.reason, delivery.retry_after_ms);
    return false;
  }
  rate_.Take();
  wait_ms_ = 0;
  const bool refused = delivery.outcome == Outcome::kRefused;
  if (refused) {
    LogError(StrCat("notify: channel ", options_.channel, ": not told: ", messages.front().title,
                    ": ", delivery.reason));
  }
  probe_.OnMessage(options_.channel, refused ? "refused" : as_summary ? "summary" : "sent");
  const auto left = as_summary ? 0 : static_cast<int64_t>(messages.size()) - 1;
  Say(left, "");
  const int64_t done = as_summary ? last : first;
  return outbox_->Done(done) && (done < last || may_be_more);
}

// What a channel throws about a message would come again with it.
Delivery Courier::Deliver(const Message& message, const CancelToken& cancel) {
  try {
    return channel_->Send(message, cancel);
  } catch (const Error& error) {
    if (error.code() == Code::kCancelled) throw;
    return {Outcome::kRefused, error.message()};
  }
}

void Courier::Fail(const std::string& reason, int64_t retry_after_ms) {
  wait_ms_ = std::clamp(2 * wait_ms_, options_.min_wait_ms, options_.max_wait_ms);
  const int64_t wait_ms = std::max(wait_ms_, retry_after_ms);
  until_ms_ = steady_.NowMs() + wait_ms;
  LogWarning(StrCat("notify: channel ", options_.channel, ": ", reason, "; tried again in ",
                    (wait_ms + 999) / 1000, " s"));
  Say(std::max<int64_t>(waiting(), 1), reason);
  Release();  // another process may try meanwhile, and does when this one is killed
}

}  // namespace marquee::notify
