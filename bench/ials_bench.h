// What the parts of ials_bench share. No Eigen here: each build of the baseline has its own.
#pragma once

#include <span>

#include "base/thread_pool.h"
#include "interactions/interactions.h"
#include "models/ials.h"

namespace marquee {

// A half step of some implementation: solves every row of `rows` against `fixed`, which it may
// turn.
using HalfStep = void (*)(const SparseMatrix& rows, kernels::Matrix& fixed,
                          const IalsOptions& options, ThreadPool& pool, kernels::Matrix* solutions);

// The same source with the compiler flags of the program, and with -march=native.
namespace eigen_portable {
void RankOneHalfStep(const SparseMatrix&, kernels::Matrix&, const IalsOptions&, ThreadPool&,
                     kernels::Matrix*);
void GatheredHalfStep(const SparseMatrix&, kernels::Matrix&, const IalsOptions&, ThreadPool&,
                      kernels::Matrix*);
}  // namespace eigen_portable
namespace eigen_native {
void RankOneHalfStep(const SparseMatrix&, kernels::Matrix&, const IalsOptions&, ThreadPool&,
                     kernels::Matrix*);
void GatheredHalfStep(const SparseMatrix&, kernels::Matrix&, const IalsOptions&, ThreadPool&,
                      kernels::Matrix*);
}  // namespace eigen_native

}  // namespace marquee
