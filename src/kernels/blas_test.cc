#include "kernels/blas.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <vector>

#include "base/text.h"
#include "kernels/inverse.h"
#include "kernels/simd.h"

extern "C" {
[[gnu::weak]] void gotoblas_dynamic_init();
[[gnu::weak]] void gotoblas_dynamic_quit();
}

namespace marquee::kernels {
namespace {

// OpenBLAS as if it had been loaded on a processor that it does not know.
class UnknownProcessor : public testing::Test {
 protected:
  UnknownProcessor() {
    if (SupportedSimd().back() != Simd::kAvx2 && SupportedSimd().back() != Simd::kAvx512) return;
    if (gotoblas_dynamic_init != nullptr) Load("PRESCOTT");
  }
  ~UnknownProcessor() override {
    if (gotoblas_dynamic_init != nullptr) Load(nullptr);
  }
  void SetUp() override {
    if (AsciiLower(BlasKernels()) != "prescott")
      GTEST_SKIP() << "OpenBLAS has no code for several processors";
  }
  static void Load(const char* core) {
    if (core != nullptr) setenv("OPENBLAS_CORETYPE", core, 1);
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    unsetenv("OPENBLAS_CORETYPE");
  }
};

TEST_F(UnknownProcessor, GetsTheCodeOfItsInstructionSet) {
  ChooseBlasKernels();
  EXPECT_THAT(AsciiLower(BlasKernels()), testing::AnyOf("skylakex", "haswell"));
  constexpr size_t kSize = 700;  // many blocks of its loops
  std::vector<double> matrix(kSize * kSize, 1);
  for (size_t i = 0; i < kSize; ++i) matrix[i * kSize + i] = 1 + kSize;
  ASSERT_TRUE(InvertPositiveDefinite(matrix, kSize, 2));
  // Of n I + 1 1^T by Sherman and Morrison: (I - 1 1^T / (2 n)) / n.
  EXPECT_NEAR(matrix[1], -1.0 / (2 * kSize * kSize), 1e-12);
  EXPECT_NEAR(matrix.back(), (1 - 1.0 / (2 * kSize)) / kSize, 1e-12);
}

TEST_F(UnknownProcessor, KeepsWhatTheEnvironmentAsksFor) {
  setenv("OPENBLAS_CORETYPE", "PRESCOTT", 1);
  ChooseBlasKernels();
  unsetenv("OPENBLAS_CORETYPE");
  EXPECT_EQ(AsciiLower(BlasKernels()), "prescott");
}

}  // namespace
}  // namespace marquee::kernels
