#include "kernels/simd.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "kernels/targets_internal.h"

namespace marquee::kernels {
namespace {

struct Level {
  Simd level;
  std::string_view name;
  int64_t target;  // Highway's bit
};

constexpr int64_t kScalarTarget = HWY_TARGETS & (HWY_SCALAR | HWY_EMU128);
// The slowest first.
constexpr Level kLevels[] = {
    {Simd::kScalar, "scalar", kScalarTarget}, {Simd::kNeon, "neon", HWY_NEON},
    {Simd::kSse4, "sse4", HWY_SSE4},          {Simd::kAvx2, "avx2", HWY_AVX2},
    {Simd::kAvx512, "avx512", HWY_AVX3},
};

Simd Choose() {
  const char* forced = std::getenv("MARQUEE_SIMD");
  if (forced != nullptr && *forced != '\0') return ParseSimd(forced);
  return SupportedSimd().back();
}

}  // namespace

std::string_view SimdName(Simd level) {
  return std::find_if(std::begin(kLevels), std::end(kLevels),
                      [&](const Level& known) { return known.level == level; })
      ->name;
}

std::vector<Simd> SupportedSimd() {
  const int64_t here = HWY_TARGETS & (hwy::SupportedTargets() | kScalarTarget);
  std::vector<Simd> supported;
  for (const Level& known : kLevels) {
    if (here & known.target) supported.push_back(known.level);
  }
  return supported;
}

Simd ParseSimd(std::string_view name) {
  std::vector<std::string> names;
  for (const Simd level : SupportedSimd()) {
    if (SimdName(level) == name) return level;
    names.emplace_back(SimdName(level));
  }
  const bool known = std::any_of(std::begin(kLevels), std::end(kLevels),
                                 [&](const Level& level) { return level.name == name; });
  throw Error(Code::kInvalidArgument,
              StrCat("MARQUEE_SIMD is '", name,
                     known ? "': this processor has no such level" : "': no such level"),
              StrCat("unset it, or use one of: ", Join(names, ", ")));
}

Simd ActiveSimd() {
  static const Simd active = Choose();
  return active;
}

}  // namespace marquee::kernels
