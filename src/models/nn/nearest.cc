#include "models/nn/nearest.h"

#include <cmath>

#include "kernels/vector.h"
#include "models/training.h"

namespace marquee::nn {

std::vector<ScoredItem> NearestByCosine(const kernels::ConstMatrixSpan& rows, int32_t row, int k) {
  const std::span<const float> own = rows.Row(static_cast<size_t>(row));
  const float own_square = kernels::Dot(own, own);
  std::vector<float> cosines(rows.rows);
  for (size_t other = 0; other < rows.rows; ++other) {
    const std::span<const float> x = rows.Row(other);
    const float squares = own_square * kernels::Dot(x, x);
    cosines[other] = squares > 0 ? kernels::Dot(own, x) / std::sqrt(squares) : 0.0f;
  }
  return BestItems(cosines, row, k);
}

}  // namespace marquee::nn
