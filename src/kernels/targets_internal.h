// Internal: which of Highway's targets are built. Include before hwy/foreach_target.h.
#pragma once

#include "base/check.h"

// Levels between these bring nothing to float32 arithmetic and cost compile time.
#define HWY_COMPILE_ALL_ATTAINABLE
#define HWY_DISABLED_TARGETS                                                                \
  (HWY_SSE2 | HWY_SSSE3 | HWY_AVX3_DL | HWY_AVX3_ZEN4 | HWY_AVX3_SPR | HWY_SVE | HWY_SVE2 | \
   HWY_SVE_256 | HWY_SVE2_128)
#include <hwy/detect_targets.h>

// Targets that some releases of Highway do not know.
#ifndef HWY_SSE2
#define HWY_SSE2 0
#endif
#ifndef HWY_AVX3_ZEN4
#define HWY_AVX3_ZEN4 0
#endif
#ifndef HWY_AVX3_SPR
#define HWY_AVX3_SPR 0
#endif
#include <hwy/targets.h>

#if HWY_TARGETS & HWY_EMU128
#define MARQUEE_CASE_SCALAR(table) \
  case Simd::kScalar:              \
    return N_EMU128::table;
#else
#define MARQUEE_CASE_SCALAR(table) \
  case Simd::kScalar:              \
    return N_SCALAR::table;
#endif
#if HWY_TARGETS & HWY_SSE4
#define MARQUEE_CASE_SSE4(table) \
  case Simd::kSse4:              \
    return N_SSE4::table;
#else
#define MARQUEE_CASE_SSE4(table)
#endif
#if HWY_TARGETS & HWY_AVX2
#define MARQUEE_CASE_AVX2(table) \
  case Simd::kAvx2:              \
    return N_AVX2::table;
#else
#define MARQUEE_CASE_AVX2(table)
#endif
#if HWY_TARGETS & HWY_AVX3
#define MARQUEE_CASE_AVX512(table) \
  case Simd::kAvx512:              \
    return N_AVX3::table;
#else
#define MARQUEE_CASE_AVX512(table)
#endif
#if HWY_TARGETS & HWY_NEON
#define MARQUEE_CASE_NEON(table) \
  case Simd::kNeon:              \
    return N_NEON::table;
#else
#define MARQUEE_CASE_NEON(table)
#endif

// The body of a function that returns the `table` which each target's namespace defines.
#define MARQUEE_SELECT_TABLE(level, table) \
  switch (level) {                         \
    MARQUEE_CASE_SCALAR(table)             \
    MARQUEE_CASE_SSE4(table)               \
    MARQUEE_CASE_AVX2(table)               \
    MARQUEE_CASE_AVX512(table)             \
    MARQUEE_CASE_NEON(table)               \
    default:                               \
      break;                               \
  }                                        \
  ::marquee::internal::CheckFailed("level is supported", __FILE__, __LINE__)
