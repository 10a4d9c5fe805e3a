// Internal to ials: half steps that move each row towards its solution from where it is, at less
// than the cost of the solution.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "kernels/vector.h"
#include "models/ials_solver.h"

namespace marquee {

// One side held fixed, its Gram matrix diagonal, so that the equations of a row are A w = R^T 1,
// A = D + R^T R with D diagonal (see IalsSide). Immutable, so thread-safe.
//
// Conjugate gradient (Takacs, Pilaszy, Tikk 2011): `cg_steps` steps from the present row, with D
// for a preconditioner, which is what A would be without the row's own items. The fixed side is
// read as float16, each factor to within 1/1024: memory, not arithmetic, bounds the loop. O(steps n
// d).
//
// Subspace (iALS++, Rendle, Krichene, Zhang, Koren 2021): Newton steps on one block of `block`
// coordinates after the other; D being diagonal, blocks meet only in the scores of the row's own
// items, which are kept up to date. O(n d block + d block^2).
//
// Both leave to IalsSide the rows that are so short that the exact solution costs no more.
class IalsDescent {
 public:
  // As IalsSide. REQUIRES: options.solver is kCg or kSubspace.
  IalsDescent(const kernels::Matrix& fixed, std::span<const float> axes, const IalsOptions& options,
              ThreadPool& pool);

  // Moves `row`, the row of one that met `columns`, so that its part of the objective does not grow
  // but by rounding. The same input gives the same bits. Throws as IalsSide::Solve.
  void Improve(std::span<const int32_t> columns, IalsWorkspace& workspace,
               std::span<float> row) const;

  // The arithmetic of a row with n columns.
  double Cost(double n) const;

 private:
  bool SolvesExactly(size_t n) const;
  void ImproveByCg(std::span<const int32_t> columns, IalsWorkspace& workspace,
                   std::span<float> row) const;
  void ImproveByBlocks(std::span<const int32_t> columns, IalsWorkspace& workspace,
                       std::span<float> row) const;

  const kernels::Matrix& fixed_;
  IalsSide exact_;
  IalsDiagonal diagonal_;
  IalsSolver solver_;
  int cg_steps_;
  size_t block_;
  std::vector<kernels::Matrix> blocks_;      // of the columns of `fixed`; subspace only
  std::optional<kernels::HalfMatrix> half_;  // `fixed`; CG only
};

// A half step: improves every row of `rows`, by its entries in `data`. The same bits for any number
// of threads. Throws as IalsSide::Solve, and cancelled within a few milliseconds of the observer's
// wish.
void ImproveRows(const SparseMatrix& data, const IalsDescent& fixed, ThreadPool& pool,
                 const TrainObserver& observer, kernels::Matrix* rows);

}  // namespace marquee
