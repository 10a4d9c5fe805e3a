#include "evaluation/numpy_random.h"

#include <bit>
#include <numeric>

namespace marquee {
namespace {

constexpr size_t kShift = 397;
constexpr uint32_t kUpperBit = 0x80000000u;
constexpr uint32_t kLowerBits = 0x7fffffffu;
constexpr uint32_t kTwist = 0x9908b0dfu;

}  // namespace

NumpyRandom::NumpyRandom(uint32_t seed) {
  for (size_t i = 0; i < kStateSize; ++i) {
    state_[i] = seed;
    seed = 1812433253u * (seed ^ (seed >> 30)) + static_cast<uint32_t>(i + 1);
  }
}

void NumpyRandom::Refill() {
  for (size_t i = 0; i < kStateSize; ++i) {
    const uint32_t y = (state_[i] & kUpperBit) | (state_[(i + 1) % kStateSize] & kLowerBits);
    state_[i] = state_[(i + kShift) % kStateSize] ^ (y >> 1) ^ ((y & 1) != 0 ? kTwist : 0);
  }
  position_ = 0;
}

uint32_t NumpyRandom::Next() {
  if (position_ == kStateSize) Refill();
  uint32_t y = state_[position_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

uint32_t NumpyRandom::Interval(uint32_t max) {
  if (max == 0) return 0;
  const uint32_t mask = ~uint32_t{0} >> std::countl_zero(max);
  uint32_t value = Next() & mask;
  while (value > max) value = Next() & mask;
  return value;
}

std::vector<int64_t> NumpyRandom::Permutation(int64_t n) {
  std::vector<int64_t> values(static_cast<size_t>(n));
  std::iota(values.begin(), values.end(), int64_t{0});
  Shuffle(std::span(values));
  return values;
}

std::vector<int64_t> NumpyRandom::Choice(int64_t n, int64_t size) {
  std::vector<int64_t> values = Permutation(n);
  values.resize(static_cast<size_t>(size));
  return values;
}

}  // namespace marquee
