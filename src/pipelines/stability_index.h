// How far one distribution is from another.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

namespace marquee {

// From here on the population stability index counts as drift, by convention.
inline constexpr double kDriftIndex = 0.2;

// Population stability index: the sum over bins of (now - before) ln(now / before), of shares; an
// empty bin counts as half a thing. REQUIRES: as many bins.
inline double StabilityIndex(std::span<const double> before, std::span<const double> now) {
  const auto total = [](std::span<const double> counts) {
    return std::max(std::accumulate(counts.begin(), counts.end(), 0.0), 1.0);
  };
  const double all_before = total(before);
  const double all_now = total(now);
  double index = 0;
  for (size_t bin = 0; bin < before.size(); ++bin) {
    const double was = std::max(before[bin], 0.5) / all_before;
    const double is = std::max(now[bin], 0.5) / all_now;
    index += (is - was) * std::log(is / was);
  }
  return index;
}

}  // namespace marquee
