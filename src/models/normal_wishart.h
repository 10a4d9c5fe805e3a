// Random draws of Bayesian factor models: Gamma, and a Gaussian's parameters from vectors of it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/random.h"
#include "kernels/matrix.h"

namespace marquee {

// Gamma of mean shape / rate (Marsaglia and Tsang 2000). REQUIRES: both positive.
double DrawGamma(double shape, double rate, Rng& rng);

// The Gaussian from which the d-vectors of one block are drawn.
struct GaussianPrior {
  std::vector<float> mean;       // d
  std::vector<float> precision;  // d x d, symmetric, row-major
  std::vector<float> root;       // d x d, row-major: root root^T is the inverse of precision

  size_t size() const { return mean.size(); }
  // row += a vector of N(0, inverse of precision).
  void AddNoise(Rng& rng, std::span<float> row) const;
};

// Mean 0, precision the unit matrix.
GaussianPrior UnitPrior(size_t d);

// What is known of a block: its vectors, as sums.
struct VectorSums {
  explicit VectorSums(size_t d) : sum(d), products(d * d) {}
  // The rows of `vectors`, less those of `offsets` if it has any.
  void AddRows(const kernels::Matrix& vectors, const kernels::Matrix& offsets);
  // Rows known to have mean 0, each with its weight: they inform the precision only.
  void AddCentered(const kernels::Matrix& vectors, std::span<const float> weights);

  double count = 0;     // of AddRows
  double centered = 0;  // of AddCentered
  std::vector<double> sum;
  std::vector<double> products;  // row-major, both triangles
};

// Draws mean and precision from their posterior under the normal-Wishart prior of Salakhutdinov
// and Mnih 2008 ("Bayesian probabilistic matrix factorization", equation 14): mean 0, strength 2, d
// degrees of freedom, unit scale. With `zero_mean` the mean is 0, only the precision is drawn, and
// the scale is 100 units: such vectors are small effects beside others, and a unit scale would give
// each of a few hundred more room than it needs (on ML-100K, validation RMSE .0023 higher). O(d^3).
GaussianPrior DrawPrior(const VectorSums& sums, bool zero_mean, Rng& rng);

// x becomes u^-1 x. REQUIRES: `u` a factor of CholeskyFactor, one size. O(d^2).
void SolveUpper(const kernels::SymmetricMatrix& u, std::span<float> x);
// x becomes u^-T x.
void SolveUpperTransposed(const kernels::SymmetricMatrix& u, std::span<float> x);

}  // namespace marquee
