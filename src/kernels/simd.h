// Which instruction set the kernels use.
#pragma once

#include <string_view>
#include <vector>

namespace marquee::kernels {

enum class Simd { kScalar, kSse4, kAvx2, kAvx512, kNeon };

// "scalar", "sse4", "avx2", "avx512", "neon".
std::string_view SimdName(Simd level);

// The levels that this program holds and this processor runs, the slowest first; never empty.
std::vector<Simd> SupportedSimd();

// Throws invalid_argument for an unknown name and for a level not in SupportedSimd, naming those
// that are.
Simd ParseSimd(std::string_view name);

// What every kernel call uses: the best supported level, or the one that the environment variable
// MARQUEE_SIMD names. Decided once in a process; throws as ParseSimd. Thread-safe.
Simd ActiveSimd();

// The name of ActiveSimd, for people.
inline std::string_view SimdLevel() { return SimdName(ActiveSimd()); }

}  // namespace marquee::kernels
