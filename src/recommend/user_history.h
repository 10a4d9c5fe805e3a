// What a user met and liked: what the loaded data holds, and what was done since.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recommend/bundle.h"
#include "recommend/live_users.h"

namespace marquee {

// Of one bundle, which must outlive it. Data and events of the same item are added up as LiveEntry
// does, so events that were loaded into the data since count once. Events with items that the
// bundle does not know count for nothing. Immutable.
class UserHistory {
 public:
  // O(row of the user + live). A user may be in neither.
  UserHistory(const ModelBundle& bundle, std::string_view user_id, std::span<const LiveEntry> live);
  UserHistory(const UserHistory&) = delete;
  UserHistory& operator=(const UserHistory&) = delete;

  // Whether the data or the events have the user.
  bool known() const { return known_; }
  // Items with the values of SparseRow: ratings; where none was given, the bundle's liked_value.
  const SparseRow& met() const { return met_; }
  const SparseRow& liked() const { return liked_; }
  // What else the data holds of the user, for a model that looks at it: Interactions::UserFeatures.
  std::span<const std::string> features() const { return features_; }
  // How an item of met() was met last. REQUIRES: it is there.
  EventKind KindOf(int32_t item) const;

 private:
  struct Rows {
    std::vector<int32_t> columns;
    std::vector<float> values;
    std::vector<int64_t> times_s;
    void Add(int32_t item, float value, int64_t time_s);
    SparseRow row() const { return {columns, values, times_s}; }
  };
  void Merge(const ModelBundle& bundle, std::span<const LiveEntry> live);

  bool known_;
  EventKind kind_of_bundle_;  // its entries are ratings, or met without one
  SparseRow met_;             // of the bundle, or of the rows below
  SparseRow liked_;
  std::span<const std::string> features_;
  Rows merged_met_;
  Rows merged_liked_;
  std::vector<EventKind> kinds_;  // of merged_met_
};

}  // namespace marquee
