// Internal to ials: the equations of one row, and of all rows of a side.
#pragma once

#include <cstdint>
#include <span>

#include "base/thread_pool.h"
#include "interactions/interactions.h"
#include "kernels/gram.h"
#include "kernels/matrix.h"
#include "models/ials.h"

namespace marquee {

// What solving a row needs and leaves behind. One a thread.
struct IalsWorkspace {
  kernels::SymmetricMatrix factor;  // of the last row's normal matrix A = U^T U: here is U
  kernels::Scratch scratch;
};

// One side (all items, say) held fixed: the exact solution of any row of the other side. Immutable,
// so thread-safe.
class IalsSide {
 public:
  // O(rows d^2). REQUIRES: `fixed` stays where it is and as it is.
  IalsSide(const kernels::Matrix& fixed, const IalsOptions& options, ThreadPool& pool);

  // Writes to `solution` the row w of one that met `columns`:
  //   A w = sum_j h_j,  A = sum_j h_j h_j^T + a H^T H + lambda (n + a N)^nu I
  // where j runs over the n columns, H is the fixed side and N its number of rows. The same input
  // gives the same bits. O(n d^2 + d^3). Throws failed_precondition when A is not positive definite
  // in float32.
  void Solve(std::span<const int32_t> columns, IalsWorkspace& workspace,
             std::span<float> solution) const;

 private:
  const kernels::Matrix& fixed_;
  kernels::SymmetricMatrix weighted_gram_;  // a H^T H
  double regularization_;
  double implicit_count_;  // a N
  double nu_;
};

// A half step: solves every row of `rows` against `fixed`. The same bits for any number of threads.
// Throws as IalsSide::Solve, and cancelled within a few milliseconds of the observer's wish.
void SolveRows(const SparseMatrix& rows, const IalsSide& fixed, ThreadPool& pool,
               const TrainObserver& observer, kernels::Matrix* solutions);

// n rows of N(0, init_stddev / sqrt(d)). The same bits for any number of threads.
kernels::Matrix RandomFactors(int32_t n, const IalsOptions& options, ThreadPool& pool);

}  // namespace marquee
