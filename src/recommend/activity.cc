#include "recommend/activity.h"

#include <algorithm>
#include <limits>

namespace marquee {
namespace {

constexpr int64_t kDayS = 86'400;
constexpr int64_t kHourMs = 3'600'000;

bool IsMeeting(EventKind kind) {
  return kind == EventKind::kRating || kind == EventKind::kWatch || kind == EventKind::kClick ||
         kind == EventKind::kLike;
}

uint16_t DayOf(int64_t time_s) {
  constexpr int64_t kLast = std::numeric_limits<uint16_t>::max();  // in 2149
  return static_cast<uint16_t>(std::clamp<int64_t>(time_s / kDayS, 0, kLast));
}

}  // namespace

LoadedActivity::LoadedActivity(const SparseMatrix& by_item) {
  days_.reserve(static_cast<size_t>(by_item.nnz()));
  for (int32_t item = 0; item < by_item.num_rows(); ++item) {
    const auto begin = static_cast<std::ptrdiff_t>(days_.size());
    for (const int64_t time_s : by_item.Row(item).times_s) days_.push_back(DayOf(time_s));
    std::sort(days_.begin() + begin, days_.end());
    offsets_.push_back(static_cast<int64_t>(days_.size()));
  }
}

int64_t LoadedActivity::Count(int32_t item, int64_t from_day, int64_t to_day) const {
  const auto row = static_cast<size_t>(item);
  if (row + 1 >= offsets_.size()) return 0;  // newer than the data
  const auto begin = days_.begin() + offsets_[row];
  const auto end = days_.begin() + offsets_[row + 1];
  return std::lower_bound(begin, end, to_day) - std::lower_bound(begin, end, from_day);
}

void LiveActivity::Observe(const Event& event) {
  if (!IsMeeting(event.kind)) return;
  const std::lock_guard lock(mutex_);
  ++hours_[event.item_id][event.time_ms / kHourMs];
}

std::map<std::string, LiveActivity::Counts, std::less<>> LiveActivity::Count(
    int64_t since_hour, int64_t from_hour) const {
  std::map<std::string, Counts, std::less<>> counts;
  const std::lock_guard lock(mutex_);
  for (const auto& [item_id, hours] : hours_) {
    Counts of_item;
    for (auto at = hours.lower_bound(since_hour); at != hours.end(); ++at) {
      (at->first < from_hour ? of_item.before : of_item.within) += at->second;
    }
    if (of_item.before + of_item.within > 0) counts[item_id] = of_item;
  }
  return counts;
}

int64_t LiveActivity::newest_hour() const {
  int64_t newest = 0;
  const std::lock_guard lock(mutex_);
  for (const auto& [item_id, hours] : hours_) newest = std::max(newest, hours.rbegin()->first);
  return newest;
}

}  // namespace marquee
