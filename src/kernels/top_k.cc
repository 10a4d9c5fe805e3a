#include "kernels/top_k.h"

#include <algorithm>

#include "kernels/tables.h"

namespace marquee::kernels {
namespace {

bool Better(const Ranked& a, const Ranked& b) {
  return a.score > b.score || (a.score == b.score && a.index < b.index);
}

// Walks along an ascending list with ascending questions.
class Excluded {
 public:
  explicit Excluded(std::span<const int32_t> indices) : left_(indices) {}

  bool Contains(int32_t index) {
    const auto at = std::lower_bound(left_.begin(), left_.end(), index);
    left_ = left_.subspan(static_cast<size_t>(at - left_.begin()));
    return !left_.empty() && left_.front() == index;
  }

 private:
  std::span<const int32_t> left_;
};

}  // namespace

std::vector<Ranked> TopK(std::span<const float> scores, size_t k,
                         std::span<const int32_t> excluded) {
  const VectorTable& table = VectorTableOf(ActiveSimd());
  Excluded skip(excluded);
  std::vector<Ranked> best;  // a heap, the worst in front
  best.reserve(std::min(k, scores.size()));
  size_t i = 0;
  for (; i < scores.size() && best.size() < k; ++i) {
    const auto index = static_cast<int32_t>(i);
    if (scores[i] != scores[i] || skip.Contains(index)) continue;
    best.push_back({index, scores[i]});
    std::push_heap(best.begin(), best.end(), Better);
  }
  while (k > 0 && i < scores.size()) {
    // A later index wins only with a larger score.
    i = table.first_above(scores.data(), i, scores.size(), best.front().score);
    const auto index = static_cast<int32_t>(i);
    if (i < scores.size() && !skip.Contains(index)) {
      std::pop_heap(best.begin(), best.end(), Better);
      best.back() = {index, scores[i]};
      std::push_heap(best.begin(), best.end(), Better);
    }
    ++i;
  }
  std::sort_heap(best.begin(), best.end(), Better);
  return best;
}

}  // namespace marquee::kernels
