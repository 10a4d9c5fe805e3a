// The numbers that a neural model learns, and Adam's steps on them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/thread_pool.h"
#include "kernels/gemm.h"
#include "kernels/neural.h"

namespace marquee::nn {

// Where each matrix of a model stands in one run of floats.
class Layout {
 public:
  // Appends a matrix; returns its number.
  size_t Add(size_t rows, size_t columns);
  // Floats in all.
  size_t size() const { return size_; }

 private:
  friend class Parameters;
  struct Entry {
    size_t offset;
    size_t rows;
    size_t columns;
  };
  std::vector<Entry> entries_;
  size_t size_ = 0;
};

// Values of a layout: weights, their gradients, or moments of those. Zero at first. Movable.
class Parameters {
 public:
  Parameters() = default;
  explicit Parameters(const Layout& layout) : layout_(layout), values_(layout.size()) {}
  Parameters Copy() const;

  // By the number that Layout::Add gave.
  kernels::MatrixSpan operator[](size_t number);
  kernels::ConstMatrixSpan operator[](size_t number) const;
  // The numbers of a matrix of one row.
  std::span<float> Vector(size_t number) { return (*this)[number].Row(0); }
  std::span<const float> Vector(size_t number) const { return (*this)[number].Row(0); }
  std::span<float> values() { return values_.span(); }
  std::span<const float> values() const { return values_.span(); }

 private:
  Layout layout_;
  kernels::AlignedFloats values_;
};

// Throws failed_precondition when a number left float32: the steps were too long.
void RequireFinite(const Parameters& parameters, std::string_view model_type, double learning_rate);

void FillNormal(Rng& rng, double stddev, const kernels::MatrixSpan& matrix);
// Uniform within +-sqrt(6 / (rows + columns)): Glorot and Bengio 2010.
void FillGlorot(Rng& rng, const kernels::MatrixSpan& matrix);

// Adam on gradients that were summed in parts, which is what makes the result independent of the
// number of threads: parts are fixed, threads are not.
class Adam {
 public:
  // REQUIRES: parts >= 1.
  Adam(const kernels::AdamOptions& options, const Layout& layout, size_t parts);
  // Where part `part` adds its gradients; zero after a step.
  Parameters& Gradient(size_t part) { return gradients_[part]; }
  size_t parts() const { return gradients_.size(); }
  // One step against the sum of the parts, added in their order.
  void Step(ThreadPool& pool, Parameters* parameters);

 private:
  kernels::AdamOptions options_;
  std::vector<Parameters> gradients_;
  Parameters first_, second_;
  int64_t steps_ = 0;
};

// The weights averaged over the latest steps, newer ones with more weight (Polyak and Juditsky
// 1992; the decay of Tarvainen and Valpola 2017): they wander less than the latest, and rank
// better.
class Average {
 public:
  explicit Average(const Layout& layout) : mean_(layout) {}
  // Over about so many steps from now on: a step weighs 1 / (steps + 1). At first 1.
  void SpanSteps(size_t steps) { span_ = static_cast<double>(steps); }
  // After each step.
  void Add(ThreadPool& pool, const Parameters& parameters);
  // REQUIRES: something was added.
  const Parameters& mean() const { return mean_; }

 private:
  double span_ = 1;
  int64_t steps_ = 0;
  Parameters mean_;
};

// A matrix of changing size, which keeps the memory that it once took.
class Buffer {
 public:
  // Any values.
  kernels::MatrixSpan Make(size_t rows, size_t columns) {
    return {scratch_.Floats(rows * columns + 1), rows, columns, columns};
  }

 private:
  kernels::Scratch scratch_;
};

}  // namespace marquee::nn
