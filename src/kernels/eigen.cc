#include "kernels/eigen.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "kernels/blas_internal.h"

extern "C" void dsyevd_(const char* job, const char* uplo, const int* n, double* a, const int* lda,
                        double* values, double* work, const int* work_size, int* int_work,
                        const int* int_work_size, int* info);

namespace marquee::kernels {
namespace {

// a, column-major with its lower triangle filled, becomes its eigenvectors, one a column.
int Decompose(int n, std::vector<double>& a, std::vector<double>& values) {
  const BlasThreads blas(1);
  double work_size = 0;
  int int_work_size = 0, info = 0;
  constexpr int kAsk = -1;
  dsyevd_("V", "L", &n, a.data(), &n, values.data(), &work_size, &kAsk, &int_work_size, &kAsk,
          &info);
  std::vector<double> work(static_cast<size_t>(work_size));
  std::vector<int> int_work(static_cast<size_t>(int_work_size));
  const int size = static_cast<int>(work_size);
  dsyevd_("V", "L", &n, a.data(), &n, values.data(), work.data(), &size, int_work.data(),
          &int_work_size, &info);
  return info;
}

}  // namespace

EigenPairs SymmetricEigen(const SymmetricMatrix& a) {
  const size_t d = a.size();
  if (d == 0) return {};
  std::vector<double> full(d * d);  // our upper triangle, row-major, is LAPACK's lower one
  for (size_t row = 0; row < d; ++row) {
    for (size_t column = row; column < d; ++column) full[row * d + column] = a.At(row, column);
  }
  EigenPairs eigen{std::vector<double>(d), Matrix(d, d)};
  if (const int info = Decompose(static_cast<int>(d), full, eigen.values); info != 0) {
    throw Error(Code::kInternal, StrCat("eigenvectors of a ", d, " x ", d,
                                        " matrix: no convergence (LAPACK info ", info, ")"));
  }
  std::transform(full.begin(), full.end(), eigen.vectors.values().begin(),
                 [](double value) { return static_cast<float>(value); });
  return eigen;
}

}  // namespace marquee::kernels
