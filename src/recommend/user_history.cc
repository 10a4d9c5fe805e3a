#include "recommend/user_history.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace marquee {
namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

struct Placed {
  int32_t item;
  LiveEntry entry;
};

// The events whose items the bundle knows, by row.
std::vector<Placed> ByRow(const ModelBundle& bundle, std::span<const LiveEntry> live) {
  std::vector<Placed> placed;
  for (const LiveEntry& entry : live) {
    const std::optional<int32_t> item = bundle.catalog->Find(*entry.item_id);
    if (item) placed.push_back({*item, entry});
  }
  std::ranges::sort(placed, {}, &Placed::item);
  return placed;
}

}  // namespace

void UserHistory::Rows::Add(int32_t item, float value, int64_t time_s) {
  columns.push_back(item);
  values.push_back(value);
  times_s.push_back(time_s);
}

UserHistory::UserHistory(const ModelBundle& bundle, std::string_view user_id,
                         std::span<const LiveEntry> live) {
  const std::optional<int32_t> user = bundle.interactions.users().Find(user_id);
  known_ = user.has_value() || !live.empty();
  row_of_bundle_ = user && live.empty() ? *user : -1;
  if (user) {
    met_ = bundle.interactions.by_user().Row(*user);
    liked_ = bundle.liked.by_user().Row(*user);
    if (bundle.model && bundle.model->uses_user_features()) {
      features_ = bundle.interactions.UserFeatures(*user);
    }
  }
  const bool rated = std::ranges::any_of(met_.values, [](float value) { return value != 1; });
  kind_of_bundle_ = rated ? EventKind::kRating : EventKind::kWatch;
  if (!live.empty()) Merge(bundle, live);
}

EventKind UserHistory::KindOf(int32_t item) const {
  if (kinds_.empty()) return kind_of_bundle_;
  const auto at = std::ranges::lower_bound(met_.columns, item);
  return kinds_[static_cast<size_t>(at - met_.columns.begin())];
}

void UserHistory::Merge(const ModelBundle& bundle, std::span<const LiveEntry> live) {
  const std::vector<Placed> placed = ByRow(bundle, live);
  const auto add = [&](int32_t item, const LiveEntry& entry, bool liked) {
    if (entry.kind == EventKind::kRemove) return;
    const float value = entry.kind == EventKind::kRating ? entry.value : bundle.liked_value;
    merged_met_.Add(item, value, entry.time_ms / 1000);
    kinds_.push_back(entry.kind);
    if (liked) merged_liked_.Add(item, value, entry.time_ms / 1000);
  };
  const auto add_live = [&](const Placed& next) {
    add(next.item, next.entry, ShowsLiking(next.entry.kind, next.entry.value, bundle.min_rating));
  };
  size_t next = 0;
  for (size_t i = 0; i < met_.size(); ++i) {
    const int32_t item = met_.columns[i];
    while (next < placed.size() && placed[next].item < item) add_live(placed[next++]);
    const float value = kind_of_bundle_ == EventKind::kRating ? met_.values[i] : kNoValue;
    const LiveEntry loaded{nullptr, kind_of_bundle_, value, met_.times_s[i] * 1000};
    const bool both = next < placed.size() && placed[next].item == item;
    if (both && Supersedes(placed[next].entry, loaded)) {
      add_live(placed[next]);
    } else {
      add(item, loaded, std::ranges::binary_search(liked_.columns, item));
    }
    if (both) ++next;
  }
  while (next < placed.size()) add_live(placed[next++]);
  met_ = merged_met_.row();
  liked_ = merged_liked_.row();
}

}  // namespace marquee
