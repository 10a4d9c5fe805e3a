#include "models/nn/parameters.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"
#include "kernels/vector.h"

namespace marquee::nn {
namespace {

constexpr int64_t kStepGrain = 16384;

}  // namespace

size_t Layout::Add(size_t rows, size_t columns) {
  entries_.push_back({size_, rows, columns});
  size_ += rows * columns;
  return entries_.size() - 1;
}

Parameters Parameters::Copy() const {
  Parameters copy(layout_);
  std::ranges::copy(values(), copy.values().begin());
  return copy;
}

kernels::MatrixSpan Parameters::operator[](size_t number) {
  const auto& [offset, rows, columns] = layout_.entries_[number];
  return {values_.data() + offset, rows, columns, columns};
}

kernels::ConstMatrixSpan Parameters::operator[](size_t number) const {
  const auto& [offset, rows, columns] = layout_.entries_[number];
  return {values_.data() + offset, rows, columns, columns};
}

void RequireFinite(const Parameters& parameters, std::string_view model_type,
                   double learning_rate) {
  if (std::ranges::all_of(parameters.values(), [](float value) { return std::isfinite(value); }))
    return;
  throw Error(
      Code::kFailedPrecondition,
      StrCat(model_type, " with learning_rate ", learning_rate, ": the weights grow without end"),
      "lower learning_rate");
}

void FillNormal(Rng& rng, double stddev, const kernels::MatrixSpan& matrix) {
  for (size_t row = 0; row < matrix.rows; ++row) {
    for (float& value : matrix.Row(row)) value = static_cast<float>(stddev * rng.Normal());
  }
}

void FillGlorot(Rng& rng, const kernels::MatrixSpan& matrix) {
  const double limit = std::sqrt(6.0 / static_cast<double>(matrix.rows + matrix.columns));
  for (size_t row = 0; row < matrix.rows; ++row) {
    for (float& value : matrix.Row(row))
      value = static_cast<float>(limit * (2 * rng.Uniform() - 1));
  }
}

Adam::Adam(const kernels::AdamOptions& options, const Layout& layout, size_t parts)
    : options_(options), first_(layout), second_(layout) {
  MARQUEE_CHECK(parts >= 1);
  for (size_t part = 0; part < parts; ++part) gradients_.emplace_back(layout);
}

void Adam::Step(ThreadPool& pool, Parameters* parameters) {
  ++steps_;
  const auto n = static_cast<int64_t>(parameters->values().size());
  pool.ParallelFor(n, kStepGrain, [&](int64_t begin, int64_t end, int) {
    const auto first = static_cast<size_t>(begin), count = static_cast<size_t>(end - begin);
    const auto part_of = [&](Parameters& of) { return of.values().subspan(first, count); };
    const std::span<float> sum = part_of(gradients_[0]);
    for (size_t part = 1; part < gradients_.size(); ++part) {
      const std::span<float> more = part_of(gradients_[part]);
      kernels::Axpy(1, more, sum);
      std::ranges::fill(more, 0.0f);
    }
    kernels::AdamStep(options_, steps_, sum, {part_of(first_), part_of(second_)},
                      part_of(*parameters));
    std::ranges::fill(sum, 0.0f);
  });
}

void Average::Add(ThreadPool& pool, const Parameters& parameters) {
  ++steps_;
  // (1 + s) / (10 + s): the first steps, which are the worst, are soon forgotten.
  const auto age = static_cast<double>(steps_ - 1);
  const double keep = steps_ == 1 ? 0 : std::min(span_ / (span_ + 1), (1 + age) / (10 + age));
  const auto n = static_cast<int64_t>(parameters.values().size());
  pool.ParallelFor(n, kStepGrain, [&](int64_t begin, int64_t end, int) {
    const auto first = static_cast<size_t>(begin), count = static_cast<size_t>(end - begin);
    const std::span<float> mean = mean_.values().subspan(first, count);
    for (float& value : mean) value *= static_cast<float>(keep);
    kernels::Axpy(static_cast<float>(1 - keep), parameters.values().subspan(first, count), mean);
  });
}

}  // namespace marquee::nn
