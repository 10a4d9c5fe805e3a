// The best of many scores.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace marquee::kernels {

struct Ranked {
  int32_t index;
  float score;
};

// The k largest of scores that come in parts, the next indices with each; see TopK.
class BestScores {
 public:
  // REQUIRES: `excluded` outlives this.
  explicit BestScores(size_t k, std::span<const int32_t> excluded = {});
  void Add(std::span<const float> scores);
  // Best first; leaves nothing.
  std::vector<Ranked> Take();

 private:
  bool IsExcluded(int32_t index);

  size_t k_;
  std::span<const int32_t> excluded_;  // those not yet passed
  int32_t next_ = 0;                   // index of the next score
  std::vector<Ranked> best_;           // a heap, the worst in front
};

// The k largest scores, best first; of equal ones the lower index wins. NaN never wins. Leaves out
// the indices in `excluded`, which are ascending and may go beyond scores. Fewer than k when there
// are no more. O(n + m log k), m of the scores passing the best k so far.
std::vector<Ranked> TopK(std::span<const float> scores, size_t k,
                         std::span<const int32_t> excluded = {});

}  // namespace marquee::kernels
