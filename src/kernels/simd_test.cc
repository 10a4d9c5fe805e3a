#include "kernels/simd.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>

#include "base/error_matchers.h"
#include "kernels/tables.h"
#include "kernels/test_levels.h"
#include "kernels/vector.h"

namespace marquee::kernels::simd_test {
namespace {

using testing::HasSubstr;

TEST(Simd, ScalarIsAlwaysThereAndTheSlowest) { EXPECT_EQ(SupportedSimd().front(), Simd::kScalar); }

TEST(Simd, EverySupportedNameParses) {
  for (const Simd level : SupportedSimd()) EXPECT_EQ(ParseSimd(SimdName(level)), level);
}

TEST(Simd, AnUnknownNameIsRefusedNamingTheSupportedOnes) {
  EXPECT_THAT([] { ParseSimd("mmx"); },
              ThrowsError(Code::kInvalidArgument, "MARQUEE_SIMD is 'mmx': no such level"));
  try {
    ParseSimd("mmx");
  } catch (const Error& error) {
    for (const Simd level : SupportedSimd())
      EXPECT_THAT(error.hint(), HasSubstr(std::string(SimdName(level))));
  }
}

TEST(Simd, ALevelOfAnotherProcessorIsRefused) {
  const std::vector<Simd> supported = SupportedSimd();
  const bool arm = std::find(supported.begin(), supported.end(), Simd::kNeon) != supported.end();
  EXPECT_THAT([&] { ParseSimd(arm ? "avx2" : "neon"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("this processor has no such level")));
}

// Adding 1 to 2^24 is lost, adding 2 is not: the sum tells how many partial sums there were.
std::vector<float> Telling() {
  std::vector<float> x(1024, 1);
  x[0] = 16777216;
  return x;
}

float TellingSum(Simd level) {
  const std::vector<float> x = Telling(), ones(x.size(), 1);
  return VectorTableOf(level).dot(x.data(), ones.data(), x.size());
}

TEST(Simd, LevelsOfOtherWidthsGiveOtherBits) {
  for (const Simd a : SupportedSimd()) {
    for (const Simd b : SupportedSimd()) {
      if (VectorTableOf(a).lanes == VectorTableOf(b).lanes) continue;
      EXPECT_NE(TellingSum(a), TellingSum(b)) << SimdName(a) << " " << SimdName(b);
    }
  }
}

class ForcedSimd : public LevelTest {};

// 0 when the level that the environment names is the one that a kernel call runs.
int RunForced(Simd level) {
  setenv("MARQUEE_SIMD", std::string(SimdName(level)).c_str(), 1);
  const std::vector<float> x = Telling(), ones(x.size(), 1);
  return SimdLevel() == SimdName(level) && Dot(x, ones) == TellingSum(level) ? 0 : 1;
}

// The statement runs in a fresh process, where nothing has been decided yet.
TEST_P(ForcedSimd, IsTheOneThatRuns) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(std::exit(RunForced(GetParam())), testing::ExitedWithCode(0), "");
}

INSTANTIATE_TEST_SUITE_P(Levels, ForcedSimd, testing::ValuesIn(SupportedSimd()), LevelName);

int CallWithUnknownLevel() {
  setenv("MARQUEE_SIMD", "turbo", 1);
  try {
    HasNan({});
  } catch (const Error& error) {
    std::fputs(error.what(), stderr);
    return error.code() == Code::kInvalidArgument ? 0 : 1;
  }
  return 2;
}

TEST(ForcedSimdDeathTest, AnUnknownNameEndsTheFirstKernelCall) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(std::exit(CallWithUnknownLevel()), testing::ExitedWithCode(0),
              "MARQUEE_SIMD is 'turbo': no such level");
}

}  // namespace
}  // namespace marquee::kernels::simd_test
