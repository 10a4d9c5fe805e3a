// The ten best of a million items for one user: exactly in float32, and through a copy in 8 bits
// that bounds every score; all users against all items of MovieLens 1M's size in blocks. Checks
// that all agree before it prints a time.
//
//   top_k_bench [items=1000000] [factors=128] [queries=200] [threads=2]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "kernels/search.h"
#include "kernels/simd.h"
#include "kernels/vector.h"
#include "measure.h"

namespace marquee {
namespace {

using kernels::Matrix;
using kernels::Ranked;

constexpr size_t kBest = 10;

// Vectors as factorization makes them: later axes weigh less, and items differ in length as they do
// in popularity.
Matrix Factors(size_t rows, size_t columns, uint64_t seed) {
  Matrix matrix(rows, columns);
  Rng rng(seed);
  for (size_t r = 0; r < rows; ++r) {
    const double length = std::exp(0.5 * rng.Normal());
    for (size_t k = 0; k < columns; ++k)
      matrix.Row(r)[k] =
          static_cast<float>(length * rng.Normal() / std::sqrt(1 + 0.1 * static_cast<double>(k)));
  }
  return matrix;
}

std::vector<int32_t> Indices(const std::vector<Ranked>& ranked) {
  std::vector<int32_t> indices;
  for (const Ranked& one : ranked) indices.push_back(one.index);
  return indices;
}

// Microseconds of each query.
struct Times {
  std::vector<double> wall, cpu;

  template <typename Query>
  auto Measure(const Query& query) {
    const double start = SteadySeconds(), cpu_start = CpuSeconds();
    auto result = query();
    cpu.push_back(1e6 * (CpuSeconds() - cpu_start));
    wall.push_back(1e6 * (SteadySeconds() - start));
    return result;
  }
  static double Quantile(std::vector<double> values, double share) {
    std::ranges::sort(values);
    return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
  }
  void Print(const char* name) const {
    std::printf("%-44s median %8.0f us, p99 %8.0f us; processor time, median %8.0f us\n", name,
                Quantile(wall, 0.5), Quantile(wall, 0.99), Quantile(cpu, 0.5));
  }
};

int OneUser(size_t items, size_t factors, size_t queries) {
  const Matrix rows = Factors(items, factors, 1), users = Factors(queries, factors, 2);
  const double start = SteadySeconds();
  const kernels::CoarseRows coarse(rows);
  const double made = SteadySeconds() - start;
  Times whole, blocked, bytes;
  std::vector<float> scores(items);
  size_t same = 0, in_order = 0;
  for (size_t q = 0; q < queries; ++q) {
    const auto x = users.Row(q);
    const std::vector<int32_t> expected = Indices(whole.Measure([&] {
      kernels::Scores(rows, x, scores);
      return kernels::TopK(scores, kBest);
    }));
    const std::vector<int32_t> found =
        Indices(blocked.Measure([&] { return kernels::BestRows(rows, x, kBest); }));
    const std::vector<int32_t> through =
        Indices(bytes.Measure([&] { return kernels::BestRows(rows, coarse, x, kBest); }));
    same += found == expected && std::ranges::is_permutation(through, expected) ? 1 : 0;
    in_order += through == expected ? 1 : 0;
  }
  std::printf("best %zu of %zu items, d=%zu, %zu users, one thread, %s; bytes made in %.2f s\n",
              kBest, items, factors, queries, std::string(kernels::SimdLevel()).c_str(), made);
  std::printf("all three the same for %zu of %zu users, %zu in the same order\n", same, queries,
              in_order);
  if (static_cast<double>(same) < 0.999 * static_cast<double>(queries)) {
    std::printf("the results differ: times would mean nothing\n");
    return 1;
  }
  whole.Print("all scores, then the best");
  blocked.Print("blocks of scores");
  bytes.Print("bytes first, the head anew in float32");
  return 0;
}

int AllUsers(size_t factors, int threads) {
  constexpr size_t kUsers = 6040, kItems = 3706;
  const Matrix users = Factors(kUsers, factors, 3), items = Factors(kItems, factors, 4);
  ThreadPool pool(threads);
  const auto none = [](size_t) { return std::span<const int32_t>(); };
  double seconds = 1e300, cpu = 1e300, alone = 1e300;
  std::vector<std::vector<Ranked>> best;
  for (int round = 0; round < 5; ++round) {
    const double start = SteadySeconds(), cpu_start = CpuSeconds();
    best = kernels::BestRowsOfAll(users, items, kBest, none, pool);
    seconds = std::min(seconds, SteadySeconds() - start);
    cpu = std::min(cpu, CpuSeconds() - cpu_start);
  }
  size_t same = 0;
  const double start = CpuSeconds();
  for (size_t u = 0; u < kUsers; ++u)
    same += Indices(kernels::BestRows(items, users.Row(u), kBest)) == Indices(best[u]) ? 1 : 0;
  alone = CpuSeconds() - start;
  std::printf("all %zu users x %zu items, d=%zu, %d threads: the same for %zu users\n", kUsers,
              kItems, factors, threads, same);
  if (static_cast<double>(same) < 0.999 * kUsers) return 1;
  std::printf(
      "in blocks %.3f s, cpu %.3f s: %.1f us a user, %.0f GFLOP/s by processor time; user by "
      "user cpu %.3f s\n",
      seconds, cpu, 1e6 * cpu / kUsers,
      2e-9 * static_cast<double>(kUsers * kItems * factors) * threads / cpu, alone);
  return 0;
}

size_t Argument(int argc, char** argv, int index, size_t fallback) {
  return index < argc ? static_cast<size_t>(std::atoll(argv[index])) : fallback;
}

}  // namespace
}  // namespace marquee

int main(int argc, char** argv) {
  using marquee::Argument;
  const size_t factors = Argument(argc, argv, 2, 128);
  const int one =
      marquee::OneUser(Argument(argc, argv, 1, 1'000'000), factors, Argument(argc, argv, 3, 200));
  const int all = marquee::AllUsers(factors, static_cast<int>(Argument(argc, argv, 4, 2)));
  return one + all > 0 ? 1 : 0;
}
