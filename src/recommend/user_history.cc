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
    const std::optional<int32_t> item = bundle.catalog->Find(entry.item_id());
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
  const std::optional<int32_t> user = bundle.FindUser(user_id);
  known_ = user.has_value() || !live.empty();
  if (user) {
    met_ = bundle.interactions.by_user().Row(*user);
    liked_ = bundle.liked.by_user().Row(*user);
    if (bundle.model && bundle.model->uses_user_features()) {
      features_ = bundle.interactions.UserFeatures(*user);
    }
  }
  if (bundle.stated_features && bundle.model && bundle.model->uses_user_features()) {
    const auto stated = bundle.stated_features->find(user_id);
    if (stated != bundle.stated_features->end()) features_ = stated->second;
  }
  kind_of_bundle_ = bundle.rated ? EventKind::kRating : EventKind::kWatch;
  if (!live.empty()) Merge(bundle, live);
}

EventKind UserHistory::KindOf(int32_t item) const {
  if (kinds_.empty()) return kind_of_bundle_;
  const auto at = std::ranges::lower_bound(met_.columns, item);
  return kinds_[static_cast<size_t>(at - met_.columns.begin())];
}

void UserHistory::Merge(const ModelBundle& bundle, std::span<const LiveEntry> live) {
  std::vector<Placed> placed = ByRow(bundle, live);
  const size_t num_live = placed.size();
  for (size_t i = 0; i < met_.size(); ++i) {
    const int32_t item = met_.columns[i];
    const auto of_live = std::span(placed).first(num_live);
    const auto same = std::ranges::lower_bound(of_live, item, {}, &Placed::item);
    const auto at = static_cast<size_t>(same - of_live.begin());
    const Deed loaded{kind_of_bundle_, bundle.rated ? met_.values[i] : kNoValue,
                      met_.times_s[i] * 1000};
    const bool both = at < num_live && placed[at].item == item;
    if (!both) placed.push_back({item, LiveEntry(nullptr)});
    placed[both ? at : placed.size() - 1].entry.Add(loaded);
  }
  std::ranges::sort(placed, {}, &Placed::item);
  for (const Placed& next : placed) {
    const std::optional<Deed> deed = next.entry.Standing();
    if (!deed) continue;
    const float value = deed->kind == EventKind::kRating ? deed->value : bundle.liked_value;
    merged_met_.Add(next.item, value, deed->time_ms / 1000);
    kinds_.push_back(deed->kind);
    if (ShowsLiking(deed->kind, deed->value, bundle.min_rating))
      merged_liked_.Add(next.item, value, deed->time_ms / 1000);
  }
  met_ = merged_met_.row();
  liked_ = merged_liked_.row();
}

}  // namespace marquee
