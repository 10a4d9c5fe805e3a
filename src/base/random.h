// A seeded generator: the same numbers for the same seed in every build (xoshiro256++, Blackman and
// Vigna 2019).
#pragma once

#include <cstdint>
#include <span>
#include <utility>

namespace marquee {

// Not thread-safe: give each worker its own, from Fork.
class Rng {
 public:
  explicit Rng(uint64_t seed);

  uint64_t Next();
  // [0, 1), 53 bits.
  double Uniform();
  // 0 .. n-1 without bias; n > 0.
  uint64_t Below(uint64_t n);
  // N(0, 1), Marsaglia's polar method.
  double Normal();
  // A generator whose stream is independent of this one and of other `stream` numbers; does not
  // advance this one.
  Rng Fork(uint64_t stream) const;

  template <typename T>
  void Shuffle(std::span<T> values) {
    for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[Below(i)]);
  }

 private:
  uint64_t state_[4];
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace marquee
