#include "kernels/top_k.h"

#include <algorithm>
#include <utility>

#include "kernels/tables.h"

namespace marquee::kernels {
namespace {

bool Better(const Ranked& a, const Ranked& b) {
  return a.score > b.score || (a.score == b.score && a.index < b.index);
}

}  // namespace

BestScores::BestScores(size_t k, std::span<const int32_t> excluded) : k_(k), excluded_(excluded) {}

// The questions ascend as the list does.
bool BestScores::IsExcluded(int32_t index) {
  const auto at = std::lower_bound(excluded_.begin(), excluded_.end(), index);
  excluded_ = excluded_.subspan(static_cast<size_t>(at - excluded_.begin()));
  return !excluded_.empty() && excluded_.front() == index;
}

void BestScores::Add(std::span<const float> scores) {
  const VectorTable& table = VectorTableOf(ActiveSimd());
  size_t i = 0;
  for (; i < scores.size() && best_.size() < k_; ++i) {
    const int32_t index = next_ + static_cast<int32_t>(i);
    if (scores[i] != scores[i] || IsExcluded(index)) continue;
    best_.push_back({index, scores[i]});
    std::push_heap(best_.begin(), best_.end(), Better);
  }
  while (k_ > 0 && i < scores.size()) {
    // A later index wins only with a larger score.
    i = table.first_above(scores.data(), i, scores.size(), best_.front().score);
    const int32_t index = next_ + static_cast<int32_t>(i);
    if (i < scores.size() && !IsExcluded(index)) {
      std::pop_heap(best_.begin(), best_.end(), Better);
      best_.back() = {index, scores[i]};
      std::push_heap(best_.begin(), best_.end(), Better);
    }
    ++i;
  }
  next_ += static_cast<int32_t>(scores.size());
}

std::vector<Ranked> BestScores::Take() {
  std::sort_heap(best_.begin(), best_.end(), Better);
  return std::exchange(best_, {});
}

std::vector<Ranked> TopK(std::span<const float> scores, size_t k,
                         std::span<const int32_t> excluded) {
  BestScores best(k, excluded);
  best.Add(scores);
  return best.Take();
}

}  // namespace marquee::kernels
