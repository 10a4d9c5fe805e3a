#include "flow/journal_pump.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace marquee::flow {
namespace {

constexpr int64_t kLeaseMs = 60'000;
constexpr size_t kEntriesATurn = 10;  // in less than the lease
constexpr int64_t kFirstPauseMs = 1'000;
constexpr int64_t kLongestPauseMs = 60'000;

}  // namespace

JournalPump::JournalPump(database::Database& database, const Clock& clock, const Clock& steady,
                         std::string name, Tell tell, const CancelToken& stop)
    : steady_(steady),
      name_(std::move(name)),
      tell_(std::move(tell)),
      stop_(stop),
      reader_(database, clock, name_, kLeaseMs) {}

JournalPump::~JournalPump() {
  try {
    reader_.Release();
  } catch (const Error&) {
    // The lease ends by itself.
  }
}

bool JournalPump::Turn() {
  if (pause_ms_ > 0 && steady_.NowMs() < next_ms_) return false;
  return TurnUntil([this] { return stop_.requested(); });
}

bool JournalPump::TurnUntil(const Ends& ends) {
  try {
    const bool more = TellSome(ends);
    pause_ms_ = 0;
    return more;
  } catch (const Error& error) {
    if (stop_.requested()) return false;
    if (pause_ms_ == 0) LogWarning(StrCat(name_, ": ", error.message(), "; it is tried again"));
    pause_ms_ = std::clamp(2 * pause_ms_, kFirstPauseMs, kLongestPauseMs);
    next_ms_ = steady_.NowMs() + pause_ms_;
    return false;
  }
}

bool JournalPump::TellSome(const Ends& ends) {
  const std::vector<JournalEntry> entries = reader_.Next(int64_t{kEntriesATurn});
  int64_t done = 0;
  const bool is_last = entries.size() < kEntriesATurn;
  // In a pause, and with nothing to tell, another process may go on at once.
  const auto keep = [&](bool gives_up) {
    if (done > 0) reader_.Done(done);
    if (gives_up && !entries.empty()) reader_.Release();
  };
  for (const JournalEntry& entry : entries) {
    if (ends()) break;
    try {
      tell_(entry);
    } catch (const Error&) {
      keep(true);
      throw;
    }
    done = entry.number;
  }
  keep(is_last);
  return !is_last && !ends();
}

void JournalPump::Drain(int64_t at_most_ms, const CancelToken& cancel) {
  const int64_t end_ms = steady_.NowMs() + at_most_ms;
  const auto ends = [&] {
    return stop_.requested() || cancel.requested() || steady_.NowMs() >= end_ms;
  };
  while (TurnUntil(ends)) {
  }
}

}  // namespace marquee::flow
