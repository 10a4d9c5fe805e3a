#include "models/ordinal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"

namespace marquee {
namespace {

constexpr size_t kMaxLevels = 20;
constexpr double kSmallestProbability = 1e-300;

double Density(double x) {
  return std::isinf(x) ? 0 : std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
}

// P(low < N(0, 1) < high), without cancellation in either tail.
double Mass(double low, double high) {
  const double mass =
      low > 0 ? NormalCdf(-low) - NormalCdf(-high) : NormalCdf(high) - NormalCdf(low);
  return std::max(mass, kSmallestProbability);
}

// N(0, 1) above `low` >= 0: exponential proposals (Robert 1995).
double DrawTail(double low, Rng& rng) {
  const double rate = (low + std::sqrt(low * low + 4)) / 2;
  for (;;) {
    const double x = low - std::log(1 - rng.Uniform()) / rate;
    if (rng.Uniform() <= std::exp(-(x - rate) * (x - rate) / 2)) return x;
  }
}

// N(0, 1) within low..high.
double DrawTruncated(double low, double high, Rng& rng) {
  if (high < 0) return -DrawTruncated(-high, -low, rng);
  const double below = NormalCdf(low), above = NormalCdf(high);
  if (above - below < 1e-6) {
    if (std::isinf(high)) return DrawTail(low, rng);
    // So narrow or so far out that the density is as good as exponential across it.
    const double slope = std::max(low, 0.0), width = high - low, u = rng.Uniform();
    if (slope * width < 1e-6) return low + u * width;
    return low - std::log1p(-u * -std::expm1(-slope * width)) / slope;
  }
  const double p = below + (above - below) * rng.Uniform();
  return std::clamp(NormalQuantile(std::clamp(p, 1e-16, 1 - 1e-16)), low, high);
}

}  // namespace

// Between -kReach and kReach by cubic interpolation of values and slopes a kCellsOfOne-th apart,
// several times as fast as erfc.
double NormalCdf(double x) {
  constexpr double kCellsOfOne = 64, kReach = 4;
  struct Table {
    Table() {
      for (size_t i = 0; i < at.size(); ++i) {
        const double point = static_cast<double>(i) / kCellsOfOne - kReach;
        at[i] = {std::erfc(-point / std::numbers::sqrt2) / 2, Density(point) / kCellsOfOne};
      }
    }
    std::array<std::array<double, 2>, static_cast<size_t>(2 * kReach * kCellsOfOne) + 2> at;
  };
  static const Table table;
  if (!(x >= -kReach && x < kReach)) return std::erfc(-x / std::numbers::sqrt2) / 2;
  const double place = (x + kReach) * kCellsOfOne;
  const auto cell = static_cast<size_t>(place);
  const double t = place - static_cast<double>(cell);
  const auto& [left, left_slope] = table.at[cell];
  const auto& [right, right_slope] = table.at[cell + 1];
  const double rise = right - left;
  return left + t * (left_slope + t * (3 * rise - 2 * left_slope - right_slope +
                                       t * (left_slope + right_slope - 2 * rise)));
}

double NormalQuantile(double p) {
  constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                          1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                          6.680131188771972e+01, -1.328068155288572e+01};
  constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                          -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                          3.754408661907416e+00};
  constexpr double kLow = 0.02425;
  if (p > 1 - kLow) return -NormalQuantile(1 - p);
  if (p < kLow) {
    const double q = std::sqrt(-2 * std::log(p));
    return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
           ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
  }
  const double q = p - 0.5, r = q * q;
  return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
         (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

OrdinalScale OrdinalScale::FromRatings(std::span<const float> ratings, double spread) {
  std::map<float, int64_t> counts;
  for (const float rating : ratings) {
    ++counts[rating];
    if (counts.size() > kMaxLevels) break;
  }
  if (counts.size() < 2 || counts.size() > kMaxLevels) {
    throw Error(Code::kInvalidArgument,
                StrCat("ordered probit needs 2 to ", kMaxLevels,
                       " different ratings: the data has ", counts.size() < 2 ? "1" : "more"),
                "set task=regression");
  }
  OrdinalScale scale;
  double below = 0;
  for (const auto& [value, count] : counts) {
    if (!scale.values.empty()) {
      const double share = below / static_cast<double>(ratings.size());
      scale.cutpoints.push_back(NormalQuantile(share) * std::sqrt(spread));
    }
    scale.values.push_back(value);
    below += static_cast<double>(count);
  }
  return scale;
}

int OrdinalScale::Level(float value) const {
  const auto at = std::lower_bound(values.begin(), values.end(), static_cast<double>(value));
  return static_cast<int>(std::min<std::ptrdiff_t>(at - values.begin(),
                                                   static_cast<std::ptrdiff_t>(values.size()) - 1));
}

double OrdinalScale::Low(int level) const {
  return level == 0 ? -std::numeric_limits<double>::infinity()
                    : cutpoints[static_cast<size_t>(level) - 1];
}

double OrdinalScale::High(int level) const {
  return static_cast<size_t>(level) == cutpoints.size() ? std::numeric_limits<double>::infinity()
                                                        : cutpoints[static_cast<size_t>(level)];
}

double OrdinalScale::DrawLatent(double score, int level, Rng& rng) const {
  return score + DrawTruncated(Low(level) - score, High(level) - score, rng);
}

double OrdinalScale::MeanLatent(double score, int level) const {
  const double low = Low(level) - score, high = High(level) - score;
  const double mass = Mass(low, high);
  if (mass == kSmallestProbability) return score + (std::abs(low) < std::abs(high) ? low : high);
  return score + (Density(low) - Density(high)) / mass;
}

void OrdinalScale::AddProbabilities(double mean, double variance, double weight,
                                    std::span<double> probabilities) const {
  const double scale = 1 / std::sqrt(1 + variance);
  double below = 0;
  for (size_t level = 0; level < values.size(); ++level) {
    const double up_to =
        level == cutpoints.size() ? 1 : NormalCdf((cutpoints[level] - mean) * scale);
    probabilities[level] += weight * (up_to - below);
    below = up_to;
  }
}

// With P = cdf(high) - cdf(low): d log P / d high = density(high) / P, and so on.
void CutpointSums::Add(const OrdinalScale& scale, double score, int level) {
  const double low = scale.Low(level) - score, high = scale.High(level) - score;
  const double mass = Mass(low, high);
  const double at_low = Density(low) / mass, at_high = Density(high) / mass;
  const auto k = static_cast<size_t>(level);
  if (k < gradient.size()) {
    gradient[k] += at_high;
    diagonal[k] += at_high * (high + at_high);
  }
  if (k > 0) {
    gradient[k - 1] -= at_low;
    diagonal[k - 1] += at_low * (at_low - low);
    if (k < gradient.size()) off_diagonal[k - 1] -= at_low * at_high;
  }
}

void CutpointSums::Add(const CutpointSums& other) {
  for (size_t k = 0; k < gradient.size(); ++k) {
    gradient[k] += other.gradient[k];
    diagonal[k] += other.diagonal[k];
    off_diagonal[k] += other.off_diagonal[k];
  }
}

// H = L L^T with L bidiagonal; the step solves H x = gradient, the noise L^T x = N(0, 1).
void DrawCutpoints(const CutpointSums& sums, Rng& rng, OrdinalScale* scale) {
  const size_t n = scale->cutpoints.size();
  std::vector<double> main(n), below(n), x(sums.gradient);
  for (size_t k = 0; k < n; ++k) {
    double value = std::max(sums.diagonal[k], 0.0) + 1;
    if (k > 0) {
      below[k] = sums.off_diagonal[k - 1] / main[k - 1];
      value -= below[k] * below[k];
      x[k] -= below[k] * x[k - 1];
    }
    main[k] = std::sqrt(std::max(value, 1.0));
    x[k] /= main[k];
  }
  std::vector<double> drawn = scale->cutpoints;
  double above = 0;
  for (size_t k = n; k-- > 0;) {
    const double right = x[k] + rng.Normal() - (k + 1 < n ? below[k + 1] * above : 0);
    above = right / main[k];
    drawn[k] += above;
  }
  if (std::is_sorted(drawn.begin(), drawn.end(), std::less_equal<>())) scale->cutpoints = drawn;
}

}  // namespace marquee
