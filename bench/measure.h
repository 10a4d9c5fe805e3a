// How benchmarks measure: the clock, processor time, the quality of a ranking.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <span>
#include <vector>

#include "base/clock.h"
#include "kernels/top_k.h"

namespace marquee {

// Of all threads of the process.
inline double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Timer {
  double start = SteadySeconds(), cpu_start = CpuSeconds();
  double Seconds() const { return SteadySeconds() - start; }
  double Cpu() const { return CpuSeconds() - cpu_start; }
};

// NDCG@100 of a ranking. REQUIRES: targets ascending, not empty.
inline double Ndcg100(std::span<const kernels::Ranked> ranking,
                      const std::vector<int32_t>& targets) {
  double gain = 0, ideal = 0;
  for (size_t rank = 0; rank < 100; ++rank) {
    const double discount = 1 / std::log2(static_cast<double>(rank) + 2);
    if (rank < targets.size()) ideal += discount;
    if (rank < ranking.size() && std::ranges::binary_search(targets, ranking[rank].index))
      gain += discount;
  }
  return gain / ideal;
}

}  // namespace marquee
