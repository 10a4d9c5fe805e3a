#include "kernels/inverse.h"

#include <algorithm>

#include "base/check.h"
#include "kernels/blas_internal.h"

extern "C" {
void spotrf_(const char* uplo, const int* n, float* a, const int* lda, int* info);
void spotri_(const char* uplo, const int* n, float* a, const int* lda, int* info);
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void dpotri_(const char* uplo, const int* n, double* a, const int* lda, int* info);
}

namespace marquee::kernels {
namespace {

bool FactorAndInvert(float* a, int n) {
  int info = 0;
  spotrf_("L", &n, a, &n, &info);
  if (info == 0) spotri_("L", &n, a, &n, &info);
  return info == 0;
}

bool FactorAndInvert(double* a, int n) {
  int info = 0;
  dpotrf_("L", &n, a, &n, &info);
  if (info == 0) dpotri_("L", &n, a, &n, &info);
  return info == 0;
}

// LAPACK's lower triangle, column-major, is our upper one. Block by block, for the cache.
template <typename T>
void CopyUpperToLower(T* a, size_t n) {
  constexpr size_t kBlock = 32;
  for (size_t rows = 0; rows < n; rows += kBlock) {
    for (size_t columns = rows; columns < n; columns += kBlock) {
      for (size_t row = rows; row < std::min(rows + kBlock, n); ++row) {
        for (size_t column = std::max(columns, row + 1); column < std::min(columns + kBlock, n);
             ++column)
          a[column * n + row] = a[row * n + column];
      }
    }
  }
}

template <typename T>
bool Invert(std::span<T> a, size_t n, int threads) {
  MARQUEE_CHECK(a.size() == n * n && n <= 0x7fffffff && threads >= 1);
  if (n == 0) return true;
  {
    const BlasThreads blas(threads);
    if (!FactorAndInvert(a.data(), static_cast<int>(n))) return false;
  }
  CopyUpperToLower(a.data(), n);
  return true;
}

}  // namespace

bool InvertPositiveDefinite(std::span<float> a, size_t n, int threads) {
  return Invert(a, n, threads);
}

bool InvertPositiveDefinite(std::span<double> a, size_t n, int threads) {
  return Invert(a, n, threads);
}

}  // namespace marquee::kernels
