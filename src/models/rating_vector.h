// Internal to the models of ratings: the equations of one vector.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/gram.h"
#include "kernels/matrix.h"
#include "models/normal_wishart.h"

namespace marquee {

// The day, or bin of days, of a time.
int32_t RatingDay(int64_t time_s, int day_bins);

// What the ratings of one vector are weighed against.
struct VectorPrior {
  const GaussianPrior& common;
  std::span<const float> mean;  // of this vector
  float noise_precision;
};

// Rows of a matrix, in this order.
struct ChosenRows {
  const kernels::Matrix& matrix;
  std::span<const int32_t> indices;
};

// The conditional Gaussian of a vector w with targets[k] = rows[k] . w + noise. Its precision
// A = L + t sum x x^T, as Cholesky factor. Throws failed_precondition when A is not positive
// definite in float32.
void FactorVector(const ChosenRows& rows, const VectorPrior& prior,
                  kernels::SymmetricMatrix* factor, kernels::Scratch& scratch);
// Its mean A^-1 (L m + t sum target x).
void MeanOfVector(const ChosenRows& rows, std::span<const float> targets, const VectorPrior& prior,
                  const kernels::SymmetricMatrix& factor, std::span<float> mean);

}  // namespace marquee
