#include "flow/journal_pump.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace marquee::flow {
namespace {

constexpr int64_t kLeaseMs = 60'000;
constexpr int64_t kEntriesATurn = 10;  // in less than the lease
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
  try {
    const bool more = TellSome();
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

bool JournalPump::TellSome() {
  const std::vector<JournalEntry> entries = reader_.Next(kEntriesATurn);
  int64_t done = 0;
  const auto keep = [&] {
    if (done > 0) reader_.Done(done);
  };
  for (const JournalEntry& entry : entries) {
    if (stop_.requested()) break;
    try {
      tell_(entry);
    } catch (const Error&) {
      keep();
      throw;
    }
    done = entry.number;
  }
  keep();
  return !entries.empty() && !stop_.requested();
}

void JournalPump::Drain(int64_t at_most_ms) {
  const int64_t end_ms = steady_.NowMs() + at_most_ms;
  next_ms_ = 0;
  while (Turn() && steady_.NowMs() < end_ms) {
  }
}

}  // namespace marquee::flow
