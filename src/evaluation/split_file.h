// Internal: published splits, as they come in files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "interactions/interactions.h"

namespace marquee {

struct FileRating {
  int64_t user;
  int64_t item;
  float value;
  int64_t time_s;
};

// Lines "user item rating time", tabs between, ids as whole numbers. Throws not_found for a missing
// file, invalid_argument that names file and line.
std::vector<FileRating> ReadRatingFile(const std::filesystem::path& path);

// A line "(user,item)" and the items to rank it against, tabs between.
struct FileNegatives {
  int64_t user;
  int64_t item;
  std::vector<int64_t> negatives;  // at least one
};
// Throws as ReadRatingFile.
std::vector<FileNegatives> ReadNegativesFile(const std::filesystem::path& path);

// Rows of numeric ids, ascending.
class NumberedIds {
 public:
  // In any order, repeated or not.
  explicit NumberedIds(std::vector<int64_t> ids);
  // REQUIRES: one of the ids.
  int32_t Row(int64_t id) const;
  const std::vector<int64_t>& ids() const { return ids_; }

 private:
  std::vector<int64_t> ids_;
};

// The ratings as data whose rows are those of `users` and `items`. A pair given twice keeps the
// later one.
Interactions ToInteractions(const std::vector<FileRating>& ratings, const NumberedIds& users,
                            const NumberedIds& items);

}  // namespace marquee
