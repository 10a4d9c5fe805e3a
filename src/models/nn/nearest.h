// The rows of a matrix that point the same way.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/gemm.h"
#include "models/model.h"

namespace marquee::nn {

// The k other rows with the highest cosine, best first; a row of zeros is near nothing. O(rows d).
std::vector<ScoredItem> NearestByCosine(const kernels::ConstMatrixSpan& rows, int32_t row, int k);

}  // namespace marquee::nn
