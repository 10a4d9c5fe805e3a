// The baseline of ials_bench: the same algorithm in Eigen. Built twice, as MARQUEE_EIGEN_BUILD,
// with the macro Eigen renaming the library so that the two builds share no code.
#include <Eigen/Dense>
#include <cmath>

#include "ials_bench.h"

namespace marquee::MARQUEE_EIGEN_BUILD {
namespace {

using Factors = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using FactorsMap = Eigen::Map<const Factors>;

struct Rows {
  FactorsMap fixed;
  Eigen::MatrixXf gram;
  const IalsOptions& options;

  Rows(const kernels::Matrix& matrix, const IalsOptions& opts)
      : fixed(matrix.values().data(), static_cast<Eigen::Index>(matrix.rows()),
              static_cast<Eigen::Index>(matrix.columns())),
        gram(static_cast<float>(opts.unobserved_weight) * (fixed.transpose() * fixed)),
        options(opts) {}

  void Finish(std::span<const int32_t> columns, Eigen::MatrixXf& normal, Eigen::VectorXf& right,
              std::span<float> solution) const {
    const double count = static_cast<double>(columns.size()) +
                         options.unobserved_weight * static_cast<double>(fixed.rows());
    normal.diagonal().array() +=
        static_cast<float>(options.regularization * std::pow(count, options.nu));
    Eigen::Map<Eigen::VectorXf>(solution.data(), static_cast<Eigen::Index>(solution.size())) =
        normal.llt().solve(right);
  }
};

template <typename SolveRow>
void ForEachRow(const SparseMatrix& rows, ThreadPool& pool, const SolveRow& solve) {
  pool.ParallelFor(rows.num_rows(), 16, [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) solve(static_cast<int32_t>(row));
  });
}

}  // namespace

// What one writes first: add each item's outer product to the matrix, then LLT.
void RankOneHalfStep(const SparseMatrix& rows, kernels::Matrix& fixed, const IalsOptions& options,
                     ThreadPool& pool, kernels::Matrix* solutions) {
  const Rows side(fixed, options);
  ForEachRow(rows, pool, [&](int32_t row) {
    const std::span<const int32_t> columns = rows.Row(row).columns;
    Eigen::MatrixXf normal = side.gram;
    Eigen::VectorXf right = Eigen::VectorXf::Zero(side.fixed.cols());
    for (const int32_t column : columns) {
      const auto item = side.fixed.row(column).transpose();
      normal.noalias() += item * item.transpose();
      right += item;
    }
    side.Finish(columns, normal, right, solutions->Row(static_cast<size_t>(row)));
  });
}

// What one writes second: gather the items, then one blocked rank-k update of the lower triangle.
void GatheredHalfStep(const SparseMatrix& rows, kernels::Matrix& fixed, const IalsOptions& options,
                      ThreadPool& pool, kernels::Matrix* solutions) {
  const Rows side(fixed, options);
  ForEachRow(rows, pool, [&](int32_t row) {
    const std::span<const int32_t> columns = rows.Row(row).columns;
    Factors gathered(static_cast<Eigen::Index>(columns.size()), side.fixed.cols());
    for (size_t i = 0; i < columns.size(); ++i)
      gathered.row(static_cast<Eigen::Index>(i)) = side.fixed.row(columns[i]);
    Eigen::MatrixXf normal = side.gram;
    if (!columns.empty()) normal.selfadjointView<Eigen::Lower>().rankUpdate(gathered.transpose());
    Eigen::VectorXf right = gathered.colwise().sum().transpose();
    side.Finish(columns, normal, right, solutions->Row(static_cast<size_t>(row)));
  });
}

}  // namespace marquee::MARQUEE_EIGEN_BUILD
