#include "models/ials_solver.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "kernels/cholesky.h"
#include "kernels/vector.h"
#include "models/training.h"

namespace marquee {
namespace {

// Rows between two looks at the observer, by their cost: some milliseconds.
constexpr double kBlockFlops = 2e8;

std::vector<int32_t> LongestFirst(const SparseMatrix& rows) {
  std::vector<int32_t> order(static_cast<size_t>(rows.num_rows()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t a, int32_t b) { return rows.Row(a).size() > rows.Row(b).size(); });
  return order;
}

// Where blocks of about one cost begin in `order`, and its end. Threads that take the long rows
// first and blocks of one cost end together.
std::vector<size_t> BlocksOfOneCost(const SparseMatrix& rows, std::span<const int32_t> order,
                                    size_t factors) {
  const auto d = static_cast<double>(factors);
  std::vector<size_t> begins = {0};
  double cost = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    if (cost >= kBlockFlops) {
      begins.push_back(i);
      cost = 0;
    }
    cost += d * d * (static_cast<double>(rows.Row(order[i]).size()) + d / 3);
  }
  begins.push_back(order.size());
  return begins;
}

}  // namespace

IalsSide::IalsSide(const kernels::Matrix& fixed, const IalsOptions& options, ThreadPool& pool)
    : fixed_(fixed),
      weighted_gram_(kernels::Gram(fixed, pool)),
      regularization_(options.regularization),
      implicit_count_(options.unobserved_weight * static_cast<double>(fixed.rows())),
      nu_(options.nu) {
  weighted_gram_.Scale(static_cast<float>(options.unobserved_weight));
}

void IalsSide::Solve(std::span<const int32_t> columns, IalsWorkspace& workspace,
                     std::span<float> solution) const {
  kernels::SymmetricMatrix& normal = workspace.factor;
  if (normal.size() != fixed_.columns()) normal = kernels::SymmetricMatrix(fixed_.columns());
  kernels::GramOfRows(fixed_, columns, {}, &weighted_gram_, &normal, workspace.scratch);
  const double count = static_cast<double>(columns.size()) + implicit_count_;
  normal.AddToDiagonal(static_cast<float>(regularization_ * std::pow(count, nu_)));
  if (!kernels::CholeskyFactor(&normal)) {
    throw Error(Code::kFailedPrecondition,
                StrCat("ials with regularization ", regularization_,
                       ": the equations have no stable solution"),
                "raise regularization, or lower factors");
  }
  std::fill(solution.begin(), solution.end(), 0.0f);
  kernels::AddRows(fixed_, columns, solution);
  kernels::CholeskySolve(normal, solution);
}

void SolveRows(const SparseMatrix& rows, const IalsSide& fixed, ThreadPool& pool,
               const TrainObserver& observer, kernels::Matrix* solutions) {
  const std::vector<int32_t> order = LongestFirst(rows);
  const std::vector<size_t> begins = BlocksOfOneCost(rows, order, solutions->columns());
  std::vector<IalsWorkspace> workspaces(static_cast<size_t>(pool.threads()));
  pool.ParallelFor(
      static_cast<int64_t>(begins.size()) - 1, 1, [&](int64_t block, int64_t, int worker) {
        // Worker 0 is the training thread, the only one that may talk to the observer; what it
        // throws ends the loop for all.
        if (worker == 0) ThrowIfStopped(observer, "ials");
        const auto b = static_cast<size_t>(block);
        for (size_t i = begins[b]; i < begins[b + 1]; ++i) {
          fixed.Solve(rows.Row(order[i]).columns, workspaces[static_cast<size_t>(worker)],
                      solutions->Row(static_cast<size_t>(order[i])));
        }
      });
}

kernels::Matrix RandomFactors(int32_t n, const IalsOptions& options, ThreadPool& pool) {
  kernels::Matrix factors(static_cast<size_t>(n), static_cast<size_t>(options.factors));
  const Rng seed(options.seed);
  const double stddev = options.init_stddev / std::sqrt(static_cast<double>(options.factors));
  pool.ParallelFor(n, 256, [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      Rng rng = seed.Fork(static_cast<uint64_t>(row));
      for (float& value : factors.Row(static_cast<size_t>(row)))
        value = static_cast<float>(stddev * rng.Normal());
    }
  });
  return factors;
}

}  // namespace marquee
