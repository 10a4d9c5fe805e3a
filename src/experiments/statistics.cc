#include "experiments/statistics.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>
#include <numeric>

namespace marquee {

Difference MakeDifference(double value, double variance, double expected_effect, double alpha) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (!(variance > 0)) return {value, {-kInfinity, kInfinity}, 1, {-kInfinity, kInfinity}, 1};
  const boost::math::normal normal;
  const double error = std::sqrt(variance);
  const double reach = boost::math::quantile(boost::math::complement(normal, alpha / 2)) * error;
  const double p = 2 * boost::math::cdf(boost::math::complement(normal, std::abs(value) / error));
  // The likelihood ratio of the mixture against no difference, as a logarithm, is
  // -log(spread) + value^2 / (2 scale); the test stops when it passes -log(alpha).
  const double mixing = expected_effect * expected_effect;
  const double spread = std::sqrt((variance + mixing) / variance);
  const double scale = variance * (variance + mixing) / mixing;
  const double always_reach = std::sqrt(2 * scale * (std::log(spread) - std::log(alpha)));
  const double always_p = std::min(1.0, spread * std::exp(-value * value / (2 * scale)));
  return {value,
          {value - reach, value + reach},
          p,
          {value - always_reach, value + always_reach},
          always_p};
}

double SampleRatioPValue(std::span<const int64_t> counts, std::span<const double> weights) {
  const auto all = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  const double all_weights = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (counts.size() < 2 || all == 0) return 1;
  double statistic = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double expected = all * weights[i] / all_weights;
    const double off = static_cast<double>(counts[i]) - expected;
    statistic += off * off / expected;
  }
  const boost::math::chi_squared distribution(static_cast<double>(counts.size() - 1));
  return boost::math::cdf(boost::math::complement(distribution, statistic));
}

}  // namespace marquee
