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

// The k largest scores, best first; of equal ones the lower index wins. NaN never wins. Leaves out
// the indices in `excluded`, which are ascending and may go beyond scores. Fewer than k when there
// are no more. O(n + m log k), m of the scores passing the best k so far.
std::vector<Ranked> TopK(std::span<const float> scores, size_t k,
                         std::span<const int32_t> excluded = {});

}  // namespace marquee::kernels
