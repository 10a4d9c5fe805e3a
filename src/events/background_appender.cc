#include "events/background_appender.h"

#include <exception>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace marquee {
namespace {

// One wait for the disk for all that came meanwhile.
constexpr std::chrono::milliseconds kLinger(50);

}  // namespace

BackgroundAppender::BackgroundAppender(EventLog& log, size_t max_waiting)
    : log_(log),
      worker_(
          max_waiting, [this](const std::vector<Event>& events) { Append(events); }, kLinger) {}

void BackgroundAppender::Add(std::vector<Event> events) {
  const auto count = static_cast<int64_t>(events.size());
  if (!worker_.Add(std::move(events))) dropped_ += count;
}

void BackgroundAppender::Append(const std::vector<Event>& events) {
  const auto count = static_cast<int64_t>(events.size());
  try {
    log_.Append(events);
    appended_ += count;
  } catch (const std::exception& error) {
    dropped_ += count;
    LogWarning(StrCat(count, " events that were not waited for are lost: ", error.what()));
  }
}

}  // namespace marquee
