#include "models/model.h"

#include <algorithm>

namespace marquee {

std::optional<float> Model::PredictRating(const SparseRow&, int32_t) const { return std::nullopt; }

SparseRow KnownItems(const SparseRow& history, int32_t num_items) {
  const auto end = std::lower_bound(history.columns.begin(), history.columns.end(), num_items);
  const auto count = static_cast<size_t>(end - history.columns.begin());
  return {history.columns.first(count), history.values.first(count), history.times_s.first(count)};
}

}  // namespace marquee
