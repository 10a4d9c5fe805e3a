// Cholesky factorization of one small matrix, in place, on one thread.
#pragma once

#include <span>

#include "kernels/matrix.h"

namespace marquee::kernels {

// *a becomes the upper triangular U with a = U^T U. False, with *a spoiled, when it is not positive
// definite to working precision, or holds a NaN. O(d^3 / 3).
bool CholeskyFactor(SymmetricMatrix* a);

// x becomes a^-1 x, `u` being the factor of a. O(d^2). REQUIRES: x.size() == u.size().
void CholeskySolve(const SymmetricMatrix& u, std::span<float> x);

}  // namespace marquee::kernels
