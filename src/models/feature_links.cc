#include "models/feature_links.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "base/text.h"
#include "kernels/vector.h"

namespace marquee {
namespace {

constexpr int64_t kRowsOfABlock = 64;
constexpr int kMaxSteps = 40;
constexpr float kFirstStrength = 10;
// Of a right side's norm: errors far below the noise that is drawn with it. On ML-1M, RMSE is the
// same to four digits as with 1e-3, at two thirds of the steps.
constexpr double kTolerance = 1e-2;

// Dot products column by column; rows weighed by `weights`, if there are any.
std::vector<double> ColumnDots(const kernels::Matrix& a, const kernels::Matrix& b,
                               std::span<const float> weights) {
  constexpr size_t kRowsInFloat = 256;
  std::vector<double> sums(a.columns());
  std::vector<float> part(a.columns());
  for (size_t row = 0; row < a.rows(); ++row) {
    const float* x = a.Row(row).data();
    const float* y = b.Row(row).data();
    const float weight = weights.empty() ? 1 : weights[row];
    for (size_t k = 0; k < sums.size(); ++k) part[k] += weight * x[k] * y[k];
    if (row % kRowsInFloat == kRowsInFloat - 1 || row + 1 == a.rows()) {
      for (size_t k = 0; k < sums.size(); ++k) sums[k] += part[k];
      std::fill(part.begin(), part.end(), 0.0f);
    }
  }
  return sums;
}

// y = weights * x, row by row, + factors * y, column by column.
void AddScaledRows(std::span<const float> weights, const kernels::Matrix& x,
                   std::span<const float> factors, kernels::Matrix* y) {
  for (size_t row = 0; row < x.rows(); ++row) {
    const float* from = x.Row(row).data();
    float* to = y->Row(row).data();
    for (size_t k = 0; k < factors.size(); ++k) to[k] = weights[row] * from[k] + factors[k] * to[k];
  }
}

// y += factors * x, column by column.
void AddScaled(std::span<const float> factors, const kernels::Matrix& x, kernels::Matrix* y) {
  for (size_t row = 0; row < x.rows(); ++row) {
    const float* from = x.Row(row).data();
    float* to = y->Row(row).data();
    for (size_t k = 0; k < factors.size(); ++k) to[k] += factors[k] * from[k];
  }
}

}  // namespace

void FeatureMatrix::SetImplicit(const SparseMatrix& met) {
  building_.resize(static_cast<size_t>(met.num_rows()));
  for (int32_t row = 0; row < met.num_rows(); ++row) {
    const SparseRow entries = met.Row(row);
    const float value = 1 / std::sqrt(static_cast<float>(std::max<size_t>(entries.size(), 1)));
    for (const int32_t column : entries.columns)
      building_[static_cast<size_t>(row)].push_back({num_features_ + column, value});
  }
  num_features_ += met.num_columns();
  EndGroup();
}

void FeatureMatrix::EndGroup() {
  if (num_features_ > (group_ends_.empty() ? 0 : group_ends_.back()))
    group_ends_.push_back(num_features_);
}

void FeatureMatrix::AddContent(const ItemContent& content, int32_t num_items) {
  building_.resize(static_cast<size_t>(num_items));
  std::map<std::string, int32_t> columns;
  for (size_t item = 0; item < building_.size(); ++item) {
    std::set<std::string> names;
    if (item < content.genres.size())
      names.insert(content.genres[item].begin(), content.genres[item].end());
    if (item < content.years.size() && content.years[item] > 0)
      names.insert(StrCat("decade ", content.years[item] / 10));
    const float value = 1 / std::sqrt(static_cast<float>(std::max<size_t>(names.size(), 1)));
    for (const std::string& name : names) {
      const auto [column, is_new] = columns.emplace(name, num_features_);
      if (is_new) ++num_features_;
      building_[item].push_back({column->second, value});
    }
  }
  EndGroup();
}

void FeatureMatrix::AddUserFeatures(const Interactions& data, const UserFeatureIndex& index) {
  building_.resize(static_cast<size_t>(data.num_users()));
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const std::vector<int32_t> known = index.Find(data.UserFeatures(user));
    const float value = 1 / std::sqrt(static_cast<float>(std::max<size_t>(known.size(), 1)));
    for (const int32_t feature : known)
      building_[static_cast<size_t>(user)].push_back({num_features_ + feature, value});
  }
  num_features_ += static_cast<int32_t>(index.size());
  EndGroup();
}

void FeatureMatrix::Finish() {
  for (const auto& row : building_) {
    for (const auto& [column, value] : row) {
      forward_.columns.push_back(column);
      forward_.values.push_back(value);
    }
    forward_.offsets.push_back(static_cast<int64_t>(forward_.columns.size()));
  }
  backward_.offsets.assign(num_features() + 1, 0);
  for (const int32_t column : forward_.columns)
    ++backward_.offsets[static_cast<size_t>(column) + 1];
  for (size_t f = 0; f < num_features(); ++f) backward_.offsets[f + 1] += backward_.offsets[f];
  backward_.columns.resize(forward_.columns.size());
  backward_.values.resize(forward_.columns.size());
  std::vector<int64_t> next(backward_.offsets.begin(), backward_.offsets.end() - 1);
  for (size_t row = 0; row < building_.size(); ++row) {
    for (const auto& [column, value] : building_[row]) {
      const auto at = static_cast<size_t>(next[static_cast<size_t>(column)]++);
      backward_.columns[at] = static_cast<int32_t>(row);
      backward_.values[at] = value;
    }
  }
  squares_.assign(num_features(), 0.0f);
  for (size_t i = 0; i < forward_.columns.size(); ++i)
    squares_[static_cast<size_t>(forward_.columns[i])] += forward_.values[i] * forward_.values[i];
  building_ = {};
}

void FeatureMatrix::Multiply(const Rows& rows, const kernels::Matrix& in, ThreadPool& pool,
                             kernels::Matrix* out) {
  const auto n = static_cast<int64_t>(rows.offsets.size()) - 1;
  pool.ParallelFor(n, kRowsOfABlock, [&](int64_t begin, int64_t end, int) {
    for (auto row = static_cast<size_t>(begin); row < static_cast<size_t>(end); ++row) {
      const auto first = static_cast<size_t>(rows.offsets[row]);
      const size_t count = static_cast<size_t>(rows.offsets[row + 1]) - first;
      const std::span<float> sum = out->Row(row);
      std::fill(sum.begin(), sum.end(), 0.0f);
      kernels::AddRows(in, std::span(rows.columns).subspan(first, count), sum,
                       std::span(rows.values).subspan(first, count));
    }
  });
}

void FeatureMatrix::Apply(const kernels::Matrix& in, ThreadPool& pool, kernels::Matrix* out) const {
  Multiply(forward_, in, pool, out);
}

void FeatureMatrix::ApplyTransposed(const kernels::Matrix& in, ThreadPool& pool,
                                    kernels::Matrix* out) const {
  Multiply(backward_, in, pool, out);
}

FeatureLinks::FeatureLinks(FeatureMatrix features, size_t entities, size_t d)
    : features_(std::move(features)) {
  if (empty()) return;
  const size_t n = features_.num_features();
  weights_ = kernels::Matrix(n, d);
  right_ = kernels::Matrix(n, d);
  direction_ = kernels::Matrix(n, d);
  product_ = kernels::Matrix(n, d);
  shifts_ = kernels::Matrix(entities, d);
  noise_ = kernels::Matrix(entities, d);
  strengths_.assign(n, kFirstStrength);
}

void FeatureLinks::Draw(const kernels::Matrix& vectors, const GaussianPrior& prior, const Rng& rng,
                        ThreadPool& pool) {
  if (empty()) return;
  SetRightSide(vectors, prior, rng, pool);
  Solve(pool);
  features_.Apply(weights_, pool, &shifts_);
  DrawStrengths(prior, rng.Fork(2));
}

void FeatureLinks::Fit(const kernels::Matrix& vectors, double strength, ThreadPool& pool) {
  if (empty()) return;
  std::fill(strengths_.begin(), strengths_.end(), static_cast<float>(strength));
  features_.ApplyTransposed(vectors, pool, &right_);
  Solve(pool);
  features_.Apply(weights_, pool, &shifts_);
}

void FeatureLinks::SetRightSide(const kernels::Matrix& vectors, const GaussianPrior& prior,
                                const Rng& rng, ThreadPool& pool) {
  const Rng of_entities = rng.Fork(0), of_features = rng.Fork(1);
  const auto entities = static_cast<int64_t>(vectors.rows());
  pool.ParallelFor(entities, kRowsOfABlock, [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      const auto r = static_cast<size_t>(row);
      Rng own = of_entities.Fork(static_cast<uint64_t>(row));
      const std::span<float> out = noise_.Row(r);
      for (size_t k = 0; k < out.size(); ++k) out[k] = vectors.Row(r)[k] - prior.mean[k];
      prior.AddNoise(own, out);
    }
  });
  features_.ApplyTransposed(noise_, pool, &right_);
  const auto num_features = static_cast<int64_t>(right_.rows());
  pool.ParallelFor(num_features, kRowsOfABlock, [&](int64_t begin, int64_t end, int) {
    std::vector<float> noise(right_.columns());
    for (int64_t row = begin; row < end; ++row) {
      Rng own = of_features.Fork(static_cast<uint64_t>(row));
      std::fill(noise.begin(), noise.end(), 0.0f);
      prior.AddNoise(own, noise);
      const auto r = static_cast<size_t>(row);
      kernels::Axpy(std::sqrt(strengths_[r]), noise, right_.Row(r));
    }
  });
}

// Conjugate gradients for all columns at once, each with steps of its own, from the weights of the
// last sweep on, preconditioned by the diagonal: features differ in how often they occur by orders
// of magnitude. `right_` turns into the residual.
void FeatureLinks::Solve(ThreadPool& pool) {
  const size_t d = weights_.columns();
  std::vector<float> scale(weights_.rows());  // the inverse of the diagonal
  for (size_t f = 0; f < scale.size(); ++f) scale[f] = 1 / (features_.squares()[f] + strengths_[f]);
  const auto apply = [&](const kernels::Matrix& in) {
    features_.Apply(in, pool, &noise_);
    features_.ApplyTransposed(noise_, pool, &product_);
    for (size_t f = 0; f < strengths_.size(); ++f)
      kernels::Axpy(strengths_[f], in.Row(f), product_.Row(f));
  };
  std::vector<double> wanted = ColumnDots(right_, right_, scale);
  for (double& value : wanted) value *= kTolerance * kTolerance;
  apply(weights_);
  kernels::Axpy(-1, product_.values(), right_.values());
  std::vector<float> step(d), turn(d);
  AddScaledRows(scale, right_, turn, &direction_);
  std::vector<double> norms = ColumnDots(right_, right_, scale);
  for (int i = 0; i < kMaxSteps; ++i) {
    bool done = true;
    for (size_t k = 0; k < d; ++k) done &= norms[k] <= wanted[k];
    if (done) break;
    apply(direction_);
    const std::vector<double> curvature = ColumnDots(direction_, product_, {});
    for (size_t k = 0; k < d; ++k)
      step[k] = curvature[k] > 0 ? static_cast<float>(norms[k] / curvature[k]) : 0;
    AddScaled(step, direction_, &weights_);
    for (float& value : step) value = -value;
    AddScaled(step, product_, &right_);
    const std::vector<double> next = ColumnDots(right_, right_, scale);
    for (size_t k = 0; k < d; ++k)
      turn[k] = norms[k] > 0 ? static_cast<float>(next[k] / norms[k]) : 0;
    AddScaledRows(scale, right_, turn, &direction_);
    norms = next;
  }
}

void FeatureLinks::DrawStrengths(const GaussianPrior& prior, Rng rng) {
  const size_t d = prior.size();
  size_t begin = 0;
  for (const int32_t group_end : features_.group_ends()) {
    const auto end = static_cast<size_t>(group_end);
    double total = 0;  // of w^T precision w
    for (size_t f = begin; f < end; ++f) {
      const std::span<const float> weight = weights_.Row(f);
      for (size_t i = 0; i < d; ++i)
        total += weight[i] * kernels::Dot(std::span(prior.precision).subspan(i * d, d), weight);
    }
    const double count = static_cast<double>((end - begin) * d);
    const double drawn = DrawGamma(1 + count / 2, 1 + total / 2, rng);
    std::fill(strengths_.begin() + static_cast<std::ptrdiff_t>(begin),
              strengths_.begin() + static_cast<std::ptrdiff_t>(end), static_cast<float>(drawn));
    begin = end;
  }
}

}  // namespace marquee
