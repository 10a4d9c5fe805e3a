#include "models/rating_vector.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/cholesky.h"
#include "kernels/vector.h"

namespace marquee {
namespace {

constexpr int64_t kSecondsPerDay = 86400;

}  // namespace

int32_t RatingDay(int64_t time_s, int day_bins) {
  const int64_t bin_s = kSecondsPerDay * day_bins;
  const int64_t day = time_s >= 0 ? time_s / bin_s : -((-time_s + bin_s - 1) / bin_s);
  return static_cast<int32_t>(std::clamp<int64_t>(day, INT32_MIN, INT32_MAX));
}

void FactorVector(const ChosenRows& rows, const VectorPrior& prior,
                  kernels::SymmetricMatrix* factor, kernels::Scratch& scratch) {
  kernels::GramOfRows(rows.matrix, rows.indices, {}, factor, scratch);
  const size_t d = prior.mean.size();
  for (size_t i = 0; i < d; ++i) {
    const float* precision = prior.common.precision.data() + i * d;
    float* row = factor->data() + i * factor->stride();
    for (size_t j = i; j < d; ++j) row[j] = precision[j] + prior.noise_precision * row[j];
  }
  if (kernels::CholeskyFactor(factor)) return;
  throw Error(Code::kFailedPrecondition, "the equations of a rating model have no stable solution",
              "lower rank, raise the regularization if there is one, or scale ratings to the order "
              "of 1 to 10");
}

void MeanOfVector(const ChosenRows& rows, std::span<const float> targets, const VectorPrior& prior,
                  const kernels::SymmetricMatrix& factor, std::span<float> mean) {
  const size_t d = prior.mean.size();
  std::fill(mean.begin(), mean.end(), 0.0f);
  kernels::AddRows(rows.matrix, rows.indices, mean, targets);
  for (size_t i = 0; i < d; ++i) {
    mean[i] = prior.noise_precision * mean[i] +
              kernels::Dot(std::span(prior.common.precision).subspan(i * d, d), prior.mean);
  }
  kernels::CholeskySolve(factor, mean);
}

}  // namespace marquee
