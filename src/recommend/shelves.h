// What can be shown to people of whom little is known, worked out once a bundle.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "recommend/bundle.h"

namespace marquee {

// Immutable, thread-safe. Scores are by item row, 0 where a source has nothing to say.
class Shelves {
 public:
  // O(interactions x (features + genres)). The bundle need not outlive it.
  explicit Shelves(const ModelBundle& bundle);

  // How often each item was liked in the last 30 days of the data.
  std::span<const float> trending() const { return trending_; }
  // The titles of the newest year and the one before, by the logarithm of their ratings.
  std::span<const float> newest() const { return newest_; }

  struct Segment {
    std::vector<float> scores;
    std::string reason;  // "popular with people like you", "popular with fans of Drama"
  };
  // What is popular with the users of the same features and of the same favourite genre: of each
  // such group of at least 20 users the share that liked an item, added up. Nothing when the user
  // is in no such group. O(items x groups).
  std::optional<Segment> SegmentOf(const Catalog& catalog, std::span<const std::string> features,
                                   const SparseRow& liked) const;
  // Genres of `liked`, each title adding 1 in all; sums to 1, or all 0.
  static std::vector<double> GenreShares(const Catalog& catalog, std::span<const int32_t> liked);

 private:
  struct Group {
    int64_t users = 0;
    std::vector<float> likes;  // by item; of how many of them
  };
  void CountGroups(const ModelBundle& bundle);
  // The genre in which a user stands out most from all; nothing without genres.
  std::optional<int32_t> Favourite(std::span<const double> shares) const;

  std::vector<float> trending_;
  std::vector<float> newest_;
  std::vector<double> genre_shares_;  // of all likes
  std::unordered_map<std::string, Group> groups_;
};

}  // namespace marquee
