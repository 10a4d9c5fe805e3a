#include "experiments/interleave.h"

#include <numeric>
#include <string_view>
#include <unordered_set>

#include "base/random.h"

namespace marquee {

std::vector<Interleaved> TeamDraft(std::span<const std::vector<std::string>> lists, int k,
                                   uint64_t seed) {
  Rng rng(seed);
  std::vector<Interleaved> picks;
  std::vector<size_t> next(lists.size());
  std::vector<int32_t> order(lists.size());
  std::iota(order.begin(), order.end(), 0);
  std::unordered_set<std::string_view> picked;
  const auto wanted = static_cast<size_t>(k);
  for (size_t before = 0; picks.size() < wanted; before = picks.size()) {
    rng.Shuffle(std::span(order));
    for (const int32_t list : order) {
      const std::vector<std::string>& items = lists[static_cast<size_t>(list)];
      size_t& place = next[static_cast<size_t>(list)];
      while (place < items.size() && !picked.insert(items[place]).second) ++place;
      if (place == items.size() || picks.size() == wanted) continue;
      picks.push_back({list, static_cast<int32_t>(place++)});
    }
    if (picks.size() == before) break;
  }
  return picks;
}

}  // namespace marquee
