// Things described by words and other marks, as sparse vectors of length 1 (TF-IDF).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace marquee {

// (feature, weight), features ascending; weights have length 1, or there are none.
using ContentVector = std::vector<std::pair<int32_t, float>>;

// The features that are known, with log(n / how many things have it) each. Immutable, thread-safe.
class ContentVocabulary {
 public:
  // Of the marks that at least `min_count` things have. O(marks log marks).
  ContentVocabulary(std::span<const std::vector<std::string>> things, int min_count);
  // Throws invalid_argument for what ToJson has not made.
  static ContentVocabulary FromJson(const Json& json);
  Json ToJson() const;

  size_t size() const { return weights_.size(); }
  // Of the marks that are known, each once.
  ContentVector VectorOf(std::span<const std::string> marks) const;

 private:
  ContentVocabulary() = default;

  std::map<std::string, int32_t, std::less<>> features_;
  std::vector<float> weights_;
};

struct ContentNeighbour {
  int32_t thing = 0;
  float cosine = 0;
};

// The `k` things nearest to each by cosine, nearest first, equal ones by place; itself is none of
// them, nor is what has nothing in common. Features that more than 3 in 10 things have are passed
// over: they tell little and cost most. O(sum of the squares of what is left of each feature).
std::vector<std::vector<ContentNeighbour>> NearestByContent(std::span<const ContentVector> things,
                                                            int k);

}  // namespace marquee
