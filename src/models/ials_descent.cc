#include "models/ials_descent.h"

#include <algorithm>

#include "base/check.h"
#include "kernels/cholesky.h"
#include "kernels/vector.h"

namespace marquee {
namespace {

// Rows up to this length are solved in the time of a few passes over them.
constexpr size_t kShortRow = 24;

std::vector<kernels::Matrix> ColumnBlocks(const kernels::Matrix& matrix, size_t width) {
  std::vector<kernels::Matrix> blocks;
  for (size_t begin = 0; begin < matrix.columns(); begin += width) {
    const size_t columns = std::min(width, matrix.columns() - begin);
    kernels::Matrix& block = blocks.emplace_back(matrix.rows(), columns);
    for (size_t row = 0; row < matrix.rows(); ++row) {
      const std::span<const float> from = matrix.Row(row).subspan(begin, columns);
      std::copy(from.begin(), from.end(), block.Row(row).begin());
    }
  }
  return blocks;
}

void MultiplyInto(std::span<const float> x, std::span<const float> y, std::span<float> out) {
  for (size_t k = 0; k < out.size(); ++k) out[k] = x[k] * y[k];
}

}  // namespace

IalsDescent::IalsDescent(const kernels::Matrix& fixed, std::span<const float> axes,
                         const IalsOptions& options, ThreadPool& pool)
    : fixed_(fixed),
      exact_(fixed, axes, options),
      diagonal_(fixed.rows(), axes, options),
      solver_(options.solver),
      cg_steps_(options.cg_steps),
      block_(static_cast<size_t>(options.block)) {
  MARQUEE_CHECK(solver_ == IalsSolver::kCg || solver_ == IalsSolver::kSubspace);
  if (solver_ == IalsSolver::kSubspace) blocks_ = ColumnBlocks(fixed, block_);
  if (solver_ == IalsSolver::kCg) half_.emplace(fixed, pool);
}

bool IalsDescent::SolvesExactly(size_t n) const {
  return n <= kShortRow || (solver_ == IalsSolver::kSubspace && n <= block_);
}

double IalsDescent::Cost(double n) const {
  const auto d = static_cast<double>(fixed_.columns());
  if (SolvesExactly(static_cast<size_t>(n))) return n * n * d + n * d;
  if (solver_ == IalsSolver::kCg) return 4 * n * d * (cg_steps_ + 1);
  const auto b = static_cast<double>(block_);
  return n * d * (b + 4) + d * b * b / 3;
}

void IalsDescent::Improve(std::span<const int32_t> columns, IalsWorkspace& workspace,
                          std::span<float> row) const {
  if (SolvesExactly(columns.size())) {
    exact_.Solve(columns, workspace, row);
  } else if (solver_ == IalsSolver::kCg) {
    ImproveByCg(columns, workspace, row);
  } else {
    ImproveByBlocks(columns, workspace, row);
  }
}

void IalsDescent::ImproveByCg(std::span<const int32_t> columns, IalsWorkspace& workspace,
                              std::span<float> row) const {
  const std::vector<float>& diagonal = workspace.diagonal;
  std::vector<float>&residual = workspace.gradient, &step = workspace.step;
  std::vector<float>&image = workspace.image, &scaled = workspace.scaled;
  std::vector<float>& inverse = workspace.ones;
  diagonal_.Fill(columns.size(), &workspace.diagonal);
  for (std::vector<float>* vector : {&residual, &step, &image, &scaled, &inverse})
    vector->resize(row.size());
  for (size_t k = 0; k < row.size(); ++k) inverse[k] = 1 / diagonal[k];

  for (size_t k = 0; k < row.size(); ++k) residual[k] = -diagonal[k] * row[k];
  kernels::AddProjections(*half_, columns, row, {1, -1}, residual);
  MultiplyInto(residual, inverse, step);
  float size = kernels::Dot(residual, step);
  for (int n = 0; n < cg_steps_ && size > 0; ++n) {
    MultiplyInto(diagonal, step, image);
    kernels::AddProjections(*half_, columns, step, {0, 1}, image);
    const float curvature = kernels::Dot(step, image);
    if (!(curvature > 0)) return;  // nothing left but rounding
    const float length = size / curvature;
    kernels::Axpy(length, step, row);
    if (n + 1 == cg_steps_) return;
    kernels::Axpy(-length, image, residual);
    MultiplyInto(residual, inverse, scaled);
    const float next = kernels::Dot(residual, scaled);
    for (size_t k = 0; k < row.size(); ++k) step[k] = scaled[k] + next / size * step[k];
    size = next;
  }
}

void IalsDescent::ImproveByBlocks(std::span<const int32_t> columns, IalsWorkspace& workspace,
                                  std::span<float> row) const {
  std::vector<float>&errors = workspace.errors, &change = workspace.image;
  diagonal_.Fill(columns.size(), &workspace.diagonal);
  errors.resize(columns.size());
  change.resize(columns.size());
  kernels::ScoresOf(fixed_, columns, row, errors);
  for (float& error : errors) error = 1 - error;
  size_t begin = 0;
  for (const kernels::Matrix& block : blocks_) {
    const std::span<float> part = row.subspan(begin, block.columns());
    const auto diagonal = std::span(workspace.diagonal).subspan(begin, block.columns());
    begin += block.columns();
    std::vector<float>& step = workspace.step;
    step.resize(block.columns());
    for (size_t k = 0; k < step.size(); ++k) step[k] = -diagonal[k] * part[k];
    kernels::AddRows(block, columns, step, errors);
    kernels::GramOfRows(block, columns, {}, &workspace.factor, workspace.scratch);
    workspace.factor.AddToDiagonal(diagonal);
    RequireFactor(&workspace.factor, diagonal_.regularization());
    kernels::CholeskySolve(workspace.factor, step);
    kernels::Axpy(1, step, part);
    kernels::ScoresOf(block, columns, step, change);
    kernels::Axpy(-1, change, errors);
  }
}

void ImproveRows(const SparseMatrix& data, const IalsDescent& fixed, ThreadPool& pool,
                 const TrainObserver& observer, kernels::Matrix* rows) {
  ForEachRow(
      data, [&](double n) { return fixed.Cost(n); }, pool, observer,
      [&](int32_t row, IalsWorkspace& workspace) {
        fixed.Improve(data.Row(row).columns, workspace, rows->Row(static_cast<size_t>(row)));
      });
}

}  // namespace marquee
