#include "scale_judge.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/gram.h"
#include "kernels/top_k.h"
#include "kernels/vector.h"
#include "measure.h"
#include "models/ials_solver.h"

namespace marquee {
namespace {

constexpr size_t kDepth = 100;
constexpr int64_t kUsersTogether = 64;

double SquareSum(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += double{value} * double{value};
  return sum;
}

// The sum of all squared scores: of the products of the two Gram matrices.
double AllSquaredScores(const kernels::Matrix& users, const kernels::Matrix& items,
                        ThreadPool& pool) {
  const kernels::SymmetricMatrix a = kernels::Gram(users, pool), b = kernels::Gram(items, pool);
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = i; j < a.size(); ++j)
      sum += (i == j ? 1 : 2) * double{a.At(i, j)} * double{b.At(i, j)};
  }
  return sum;
}

}  // namespace

double IalsObjective(const Interactions& data, const IalsOptions& options,
                     const kernels::Matrix& users, const kernels::Matrix& items, ThreadPool& pool) {
  std::vector<double> errors(static_cast<size_t>(data.num_users()));
  pool.ParallelFor(data.num_users(), 256, [&](int64_t begin, int64_t end, int) {
    std::vector<float> scores;
    for (int64_t u = begin; u < end; ++u) {
      const auto seen = data.by_user().Row(static_cast<int32_t>(u)).columns;
      scores.resize(seen.size());
      kernels::ScoresOf(items, seen, users.Row(static_cast<size_t>(u)), scores);
      for (float& score : scores) score -= 1;
      errors[static_cast<size_t>(u)] = SquareSum(scores);
    }
  });
  return std::accumulate(errors.begin(), errors.end(), 0.0) +
         options.unobserved_weight * AllSquaredScores(users, items, pool) +
         options.regularization * (SquareSum(users.values()) + SquareSum(items.values()));
}

std::vector<double> JudgedNdcg(const ScaleData& data, const IalsOptions& options,
                               const kernels::Matrix& items, ThreadPool& pool) {
  kernels::Matrix turned(items.rows(), items.columns());
  std::ranges::copy(items.values(), turned.values().begin());
  const std::vector<float> axes = TurnToPrincipalAxes(&turned, pool);
  const IalsSide side(turned, axes, options);
  std::vector<double> ndcg(data.judged.size());
  pool.ParallelFor(
      static_cast<int64_t>(ndcg.size()), kUsersTogether, [&](int64_t begin, int64_t end, int) {
        const auto first = static_cast<size_t>(begin), count = static_cast<size_t>(end - begin);
        IalsWorkspace workspace;
        kernels::Matrix users(count, items.columns());
        std::vector<float> scores(count * items.rows());
        const auto seen = [&](size_t u) {
          return data.train.by_user().Row(data.judged[first + u].user).columns;
        };
        for (size_t u = 0; u < count; ++u) side.Solve(seen(u), workspace, users.Row(u));
        kernels::BatchScores(users, turned, scores, workspace.scratch);
        for (size_t u = 0; u < count; ++u) {
          const auto own = std::span(scores).subspan(u * items.rows(), items.rows());
          ndcg[first + u] =
              Ndcg100(kernels::TopK(own, kDepth, seen(u)), data.judged[first + u].targets);
        }
      });
  return ndcg;
}

double MeanOf(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double PairedError(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0, squares = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    sum += a[i] - b[i];
    squares += (a[i] - b[i]) * (a[i] - b[i]);
  }
  const auto n = static_cast<double>(a.size());
  return std::sqrt((squares / n - sum / n * (sum / n)) / n);
}

}  // namespace marquee
