#include "models/normal_wishart.h"

#include <cmath>

#include "base/check.h"
#include "kernels/vector.h"

namespace marquee {
namespace {

constexpr double kMeanStrength = 2;
constexpr double kZeroMeanScale = 100;  // of the Wishart prior

// A square matrix in double precision, row-major.
class Square {
 public:
  explicit Square(size_t d) : d_(d), values_(d * d) {}
  size_t size() const { return d_; }
  double& operator()(size_t row, size_t column) { return values_[row * d_ + column]; }
  double operator()(size_t row, size_t column) const { return values_[row * d_ + column]; }

 private:
  size_t d_;
  std::vector<double> values_;
};

// Lower triangular L with L L^T = a; a has a multiple of the unit matrix added, so it is positive
// definite.
Square LowerFactor(const Square& a) {
  const size_t d = a.size();
  Square lower(d);
  for (size_t i = 0; i < d; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double value = a(i, j);
      for (size_t k = 0; k < j; ++k) value -= lower(i, k) * lower(j, k);
      lower(i, j) = i == j ? std::sqrt(value) : value / lower(j, j);
    }
    MARQUEE_CHECK(lower(i, i) > 0);
  }
  return lower;
}

// Bartlett: B B^T is Wishart of unit scale.
Square BartlettFactor(size_t d, double degrees, Rng& rng) {
  Square factor(d);
  for (size_t i = 0; i < d; ++i) {
    for (size_t j = 0; j < i; ++j) factor(i, j) = rng.Normal();
    factor(i, i) = std::sqrt(2 * DrawGamma((degrees - static_cast<double>(i)) / 2, 1, rng));
  }
  return factor;
}

// C with L^T C = B, L and B lower triangular: C C^T = L^-T B B^T L^-1.
Square SolveLowerTransposed(const Square& lower, const Square& right) {
  const size_t d = lower.size();
  Square solution(d);
  for (size_t column = 0; column < d; ++column) {
    for (size_t i = d; i-- > 0;) {
      double value = right(i, column);
      for (size_t k = i + 1; k < d; ++k) value -= lower(k, i) * solution(k, column);
      solution(i, column) = value / lower(i, i);
    }
  }
  return solution;
}

// T with T B^T = L: T T^T is the inverse of the C C^T above.
Square SolveFromRight(const Square& lower, const Square& bartlett) {
  const size_t d = lower.size();
  Square solution(d);
  for (size_t row = 0; row < d; ++row) {
    for (size_t j = 0; j < d; ++j) {
      double value = lower(row, j);
      for (size_t k = 0; k < j; ++k) value -= solution(row, k) * bartlett(j, k);
      solution(row, j) = value / bartlett(j, j);
    }
  }
  return solution;
}

// The inverse of the posterior Wishart's scale.
Square InverseScale(const VectorSums& sums, bool zero_mean) {
  const size_t d = sums.sum.size();
  const double strength = zero_mean ? INFINITY : kMeanStrength + sums.count;
  Square scale(d);
  for (size_t i = 0; i < d; ++i) {
    for (size_t j = 0; j < d; ++j)
      scale(i, j) = sums.products[i * d + j] - sums.sum[i] * sums.sum[j] / strength;
    scale(i, i) += zero_mean ? 1 / kZeroMeanScale : 1;
  }
  return scale;
}

}  // namespace

double DrawGamma(double shape, double rate, Rng& rng) {
  if (shape < 1) {
    const double boost = std::pow(1 - rng.Uniform(), 1 / shape);
    return DrawGamma(shape + 1, rate, rng) * boost;
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = rng.Normal();
    const double v = (1 + c * x) * (1 + c * x) * (1 + c * x);
    if (v <= 0) continue;
    const double u = 1 - rng.Uniform();
    if (std::log(u) < x * x / 2 + d - d * v + d * std::log(v)) return d * v / rate;
  }
}

void GaussianPrior::AddNoise(Rng& rng, std::span<float> row) const {
  const size_t d = size();
  std::vector<float> noise(d);
  for (float& value : noise) value = static_cast<float>(rng.Normal());
  for (size_t i = 0; i < d; ++i) row[i] += kernels::Dot(std::span(root).subspan(i * d, d), noise);
}

GaussianPrior UnitPrior(size_t d) {
  GaussianPrior prior{std::vector<float>(d), std::vector<float>(d * d), std::vector<float>(d * d)};
  for (size_t i = 0; i < d; ++i) prior.precision[i * d + i] = prior.root[i * d + i] = 1;
  return prior;
}

void VectorSums::AddRows(const kernels::Matrix& vectors, const kernels::Matrix& offsets) {
  const size_t d = sum.size();
  std::vector<double> row(d);
  for (size_t r = 0; r < vectors.rows(); ++r) {
    for (size_t i = 0; i < d; ++i)
      row[i] = vectors.Row(r)[i] - (offsets.rows() > 0 ? offsets.Row(r)[i] : 0.0f);
    for (size_t i = 0; i < d; ++i) {
      sum[i] += row[i];
      for (size_t j = 0; j < d; ++j) products[i * d + j] += row[i] * row[j];
    }
  }
  count += static_cast<double>(vectors.rows());
}

void VectorSums::AddCentered(const kernels::Matrix& vectors, std::span<const float> weights) {
  const size_t d = sum.size();
  for (size_t r = 0; r < vectors.rows(); ++r) {
    const std::span<const float> row = vectors.Row(r);
    for (size_t i = 0; i < d; ++i) {
      const double scaled = double{weights[r]} * row[i];
      for (size_t j = 0; j < d; ++j) products[i * d + j] += scaled * row[j];
    }
  }
  centered += static_cast<double>(vectors.rows());
}

GaussianPrior DrawPrior(const VectorSums& sums, bool zero_mean, Rng& rng) {
  const size_t d = sums.sum.size();
  const Square lower = LowerFactor(InverseScale(sums, zero_mean));
  const double degrees = static_cast<double>(d) + sums.count + sums.centered;
  const Square bartlett = BartlettFactor(d, degrees, rng);
  const Square factor = SolveLowerTransposed(lower, bartlett);
  const Square root = SolveFromRight(lower, bartlett);
  GaussianPrior prior = UnitPrior(d);
  for (size_t i = 0; i < d; ++i) {
    for (size_t j = 0; j < d; ++j) {
      double value = 0;
      for (size_t k = 0; k < d; ++k) value += factor(i, k) * factor(j, k);
      prior.precision[i * d + j] = static_cast<float>(value);
      prior.root[i * d + j] = static_cast<float>(root(i, j));
    }
  }
  if (zero_mean) return prior;
  const double strength = kMeanStrength + sums.count;
  prior.AddNoise(rng, prior.mean);
  for (size_t i = 0; i < d; ++i) {
    prior.mean[i] =
        static_cast<float>(prior.mean[i] / std::sqrt(strength) + sums.sum[i] / strength);
  }
  return prior;
}

void SolveUpper(const kernels::SymmetricMatrix& u, std::span<float> x) {
  const size_t d = u.size();
  for (size_t i = d; i-- > 0;) {
    const std::span<const float> row(u.data() + i * u.stride() + i + 1, d - i - 1);
    x[i] = (x[i] - kernels::Dot(row, x.subspan(i + 1))) / u.At(i, i);
  }
}

void SolveUpperTransposed(const kernels::SymmetricMatrix& u, std::span<float> x) {
  const size_t d = u.size();
  for (size_t i = 0; i < d; ++i) {
    x[i] /= u.At(i, i);
    const std::span<const float> row(u.data() + i * u.stride() + i + 1, d - i - 1);
    kernels::Axpy(-x[i], row, x.subspan(i + 1));
  }
}

}  // namespace marquee
