#include "pipelines/watch.h"

#include <chrono>
#include <exception>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace marquee {

SessionWatch::SessionWatch(lake::Session& session, std::string stage, Progress& progress,
                           const CancelToken& cancel)
    : session_(session),
      stage_(std::move(stage)),
      progress_(progress),
      cancel_(cancel),
      exceptions_at_start_(std::uncaught_exceptions()) {
  cancel_.ThrowIfRequested(stage_);
  progress_.Update(stage_, -1, "");
  thread_ = std::thread([this] { Run(); });
}

SessionWatch::~SessionWatch() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  wake_.notify_one();
  thread_.join();
  if (std::uncaught_exceptions() == exceptions_at_start_) progress_.Update(stage_, 1, outcome_);
}

// The interrupt is repeated: it does nothing between two statements.
void SessionWatch::Run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::milliseconds(50), [this] { return done_; })) {
    if (cancel_.requested()) session_.Interrupt();
    const double fraction = session_.QueryProgress();
    if (fraction >= 0 && fraction < 1) progress_.Update(stage_, fraction, "");
  }
}

AnyRowOrder::AnyRowOrder(lake::Session& session) : session_(session) {
  session_.Execute("set preserve_insertion_order = false");
}

AnyRowOrder::~AnyRowOrder() {
  try {
    session_.Execute("set preserve_insertion_order = true");
  } catch (const Error& error) {
    LogWarning(error.message());  // statements give the same rows either way
  }
}

}  // namespace marquee
