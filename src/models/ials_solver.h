// Internal to ials: the exact solution of one row, and how all rows of a side are gone through.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "interactions/interactions.h"
#include "kernels/gram.h"
#include "kernels/matrix.h"
#include "models/ials.h"

namespace marquee {

// Replaces the rows by the same ones seen along the eigenvectors of their Gram matrix: H becomes
// H Q with (H Q)^T (H Q) diagonal, and returns that diagonal. Scores do not change when the other
// side turns with it: `follower`, if any, does. The same bits for any number of threads.
// O(rows d^2 + d^3).
std::vector<float> TurnToPrincipalAxes(kernels::Matrix* factors, ThreadPool& pool,
                                       kernels::Matrix* follower = nullptr);

// What solving a row needs and leaves behind. One a thread.
struct IalsWorkspace {
  kernels::SymmetricMatrix factor;  // Cholesky factor of the last row's equations
  std::vector<float> diagonal;      // of its A without the observed items, inverted if `dual`
  bool dual = false;
  std::vector<float> ones;
  std::vector<float> step, gradient, image, scaled;  // of a descent, as long as a row
  std::vector<float> errors;                         // of a descent, one a column
  kernels::Scratch scratch;
};

// D = a H^T H + lambda (n + a N)^nu I for the fixed side H of N rows, whose Gram matrix is
// diagonal, and a row that met n columns.
class IalsDiagonal {
 public:
  IalsDiagonal(size_t num_rows, std::span<const float> axes, const IalsOptions& options);
  void Fill(size_t count, std::vector<float>* diagonal) const;
  double regularization() const { return regularization_; }

 private:
  std::vector<float> weighted_axes_;  // the diagonal of a H^T H
  double regularization_;
  double implicit_count_;  // a N
  double nu_;
};

// *equations becomes its Cholesky factor. Throws failed_precondition, naming the regularization,
// when it is not positive definite in float32.
void RequireFactor(kernels::SymmetricMatrix* equations, double regularization);

// One side (all items, say) held fixed: the exact solution of any row of the other side. Immutable,
// so thread-safe.
class IalsSide {
 public:
  // `axes` is what TurnToPrincipalAxes returned for `fixed`. REQUIRES: `fixed` stays where it is
  // and as it is.
  IalsSide(const kernels::Matrix& fixed, std::span<const float> axes, const IalsOptions& options);

  // Writes to `solution` the row w of one that met `columns`:
  //   A w = sum_j h_j,  A = D + sum_j h_j h_j^T,  D = a H^T H + lambda (n + a N)^nu I
  // where j runs over the n columns, H is the fixed side and N its number of rows. D being
  // diagonal, a short row is solved through the n x n matrix I + R D^-1 R^T, R the rows h_j
  // (Woodbury). The same input gives the same bits. O(min(n d^2 + d^3, n^2 d)). Throws
  // failed_precondition when the equations are not positive definite in float32.
  void Solve(std::span<const int32_t> columns, IalsWorkspace& workspace,
             std::span<float> solution) const;

  // parts[j] = h_item^T A^-1 h_columns[j] for the row that `workspace` solved last, which met
  // `columns`: they sum to its score of the item.
  void Contributions(const IalsWorkspace& workspace, std::span<const int32_t> columns, int32_t item,
                     std::span<float> parts) const;

 private:
  void SolveDirect(std::span<const int32_t> columns, IalsWorkspace& workspace,
                   std::span<float> solution) const;
  void SolveDual(std::span<const int32_t> columns, IalsWorkspace& workspace,
                 std::span<float> solution) const;

  const kernels::Matrix& fixed_;
  IalsDiagonal diagonal_;
};

// Calls `solve` once for each row, the longest first and in blocks of one cost, so that threads end
// together. `cost` is the arithmetic of a row with so many columns. Throws cancelled within a few
// milliseconds of the observer's wish.
void ForEachRow(const SparseMatrix& rows, const std::function<double(double columns)>& cost,
                ThreadPool& pool, const TrainObserver& observer,
                const std::function<void(int32_t row, IalsWorkspace& workspace)>& solve);

// A half step: solves every row of `rows` against `fixed`. The same bits for any number of threads.
// Throws as IalsSide::Solve, and cancelled within a few milliseconds of the observer's wish.
void SolveRows(const SparseMatrix& rows, const IalsSide& fixed, ThreadPool& pool,
               const TrainObserver& observer, kernels::Matrix* solutions);

// n rows of N(0, init_stddev / sqrt(d)). The same bits for any number of threads.
kernels::Matrix RandomFactors(int32_t n, const IalsOptions& options, ThreadPool& pool);

}  // namespace marquee
