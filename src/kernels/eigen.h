// Eigenvectors of one symmetric matrix.
#pragma once

#include <vector>

#include "kernels/matrix.h"

namespace marquee::kernels {

struct EigenPairs {
  std::vector<double> values;  // ascending
  Matrix vectors;              // row k belongs to values[k]; orthonormal
};

// In double precision inside, on one thread: the same bits for the same input. Waits for other
// calls into the underlying library. Throws internal when the iteration does not converge, which
// takes a NaN. O(d^3).
EigenPairs SymmetricEigen(const SymmetricMatrix& a);

}  // namespace marquee::kernels
