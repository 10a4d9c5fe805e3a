// Inverse of one large symmetric matrix.
#pragma once

#include <cstddef>
#include <span>

namespace marquee::kernels {

// *a, n x n row-major with both triangles filled, becomes its inverse. False, with a spoiled, when
// it is not positive definite to working precision. O(n^3) on `threads` threads; no memory beside
// a. The same bits for one thread count. Calls wait for each other: the thread count of the
// underlying library is one for the process. REQUIRES: a.size() == n * n, n <= 2^31 - 1.
bool InvertPositiveDefinite(std::span<float> a, size_t n, int threads);
bool InvertPositiveDefinite(std::span<double> a, size_t n, int threads);

}  // namespace marquee::kernels
