// NumPy's legacy generator, so that splits made in Python can be made again here.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace marquee {

// numpy.random.RandomState(seed), bit for bit, for the calls below: MT19937 (Matsumoto and
// Nishimura 1998) with NumPy's masked rejection for bounded integers. Not thread-safe.
class NumpyRandom {
 public:
  explicit NumpyRandom(uint32_t seed);

  // The next 32 bits.
  uint32_t Next();
  // 0..max, without bias.
  uint32_t Interval(uint32_t max);
  // shuffle(values). REQUIRES: at most 2^32 values.
  template <typename T>
  void Shuffle(std::span<T> values) {
    for (size_t i = values.size(); i > 1; --i)
      std::swap(values[i - 1], values[Interval(static_cast<uint32_t>(i - 1))]);
  }
  // permutation(n). REQUIRES: 0 <= n <= 2^32.
  std::vector<int64_t> Permutation(int64_t n);
  // choice(n, size, replace=False). REQUIRES: 0 <= size <= n <= 2^32.
  std::vector<int64_t> Choice(int64_t n, int64_t size);

 private:
  static constexpr size_t kStateSize = 624;
  void Refill();

  std::array<uint32_t, kStateSize> state_;
  size_t position_ = kStateSize;
};

}  // namespace marquee
