#include "flow/schedule.h"

#include <algorithm>
#include <utility>

#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

int64_t FloorTo(int64_t us, int64_t step) {
  const int64_t rest = us % step;
  return us - (rest < 0 ? rest + step : rest);
}

}  // namespace

Schedule::Schedule(std::string_view text, const TimeZone& zone) : text_(text) {
  if (text == "manual") return;
  if (text == "@once") {
    kind_ = Kind::kOnce;
  } else if (const auto every_ms = ParseDuration(text)) {
    if (*every_ms < 1000) {
      throw Error(Code::kInvalidArgument, StrCat("the schedule is '", text, "': at least 1s"),
                  "write a longer time");
    }
    kind_ = Kind::kEvery;
    every_us_ = *every_ms * 1000;
  } else {
    kind_ = Kind::kCron;
    cron_.emplace(text, zone);
  }
}

Schedule Schedule::OnTables(std::vector<std::string> tables) {
  Schedule schedule;
  schedule.kind_ = Kind::kTables;
  schedule.text_ = StrCat("table ", Join(tables, ", "));
  schedule.tables_ = std::move(tables);
  return schedule;
}

std::optional<DataInterval> Schedule::NextOfCron(const Bounds& bounds,
                                                 std::optional<int64_t> last_end_us,
                                                 int64_t now_us) const {
  int64_t start = cron_->After(bounds.start_us - 1);
  if (last_end_us) start = std::max(start, cron_->After(*last_end_us - 1));
  if (!bounds.catchup) {
    const int64_t latest_end = cron_->AtOrBefore(now_us);
    start = std::max(start, cron_->AtOrBefore(latest_end - 1));
  }
  return DataInterval{start, cron_->After(start)};
}

std::optional<DataInterval> Schedule::NextOfEvery(const Bounds& bounds,
                                                  std::optional<int64_t> last_end_us,
                                                  int64_t now_us) const {
  int64_t start = last_end_us.value_or(bounds.start_us);
  if (!bounds.catchup) {
    const int64_t latest = FloorTo(now_us, every_us_) - every_us_;
    start =
        std::max(last_end_us ? FloorTo(*last_end_us + every_us_ - 1, every_us_) : latest, latest);
    if (start + every_us_ <= bounds.start_us) start = FloorTo(bounds.start_us, every_us_);
  }
  return DataInterval{start, start + every_us_};
}

std::optional<DataInterval> Schedule::Next(const Bounds& bounds, std::optional<int64_t> last_end_us,
                                           int64_t now_us) const {
  std::optional<DataInterval> next;
  if (kind_ == Kind::kOnce && !last_end_us) next = DataInterval{bounds.start_us, bounds.start_us};
  if (kind_ == Kind::kCron) next = NextOfCron(bounds, last_end_us, now_us);
  if (kind_ == Kind::kEvery) next = NextOfEvery(bounds, last_end_us, now_us);
  if (next && bounds.end_us && next->start_us > *bounds.end_us) return std::nullopt;
  return next;
}

std::vector<DataInterval> Schedule::Between(int64_t from_us, int64_t to_us) const {
  std::vector<DataInterval> intervals;
  if (kind_ == Kind::kCron) {
    for (int64_t start = cron_->After(from_us - 1); start <= to_us;) {
      const int64_t end = cron_->After(start);
      intervals.push_back({start, end});
      start = end;
    }
    return intervals;
  }
  // Without a clock of its own, a DAG is made up for day by day.
  const int64_t step = kind_ == Kind::kEvery ? every_us_ : kDayUs;
  for (int64_t start = from_us; start <= to_us; start += step) {
    intervals.push_back({start, start + step});
  }
  return intervals;
}

DataInterval Schedule::Around(int64_t us) const {
  if (kind_ == Kind::kCron) {
    const int64_t end = cron_->AtOrBefore(us);
    return {cron_->AtOrBefore(end - 1), end};
  }
  if (kind_ == Kind::kEvery) return {us - every_us_, us};
  return {us, us};
}

}  // namespace marquee::flow
