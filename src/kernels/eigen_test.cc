#include "kernels/eigen.h"

#include <gmock/gmock.h>

#include "kernels/test_levels.h"
#include "kernels/vector.h"

namespace marquee::kernels::eigen_test {
namespace {

// |a v - value v| stays within d u |a| of a stable method in double precision; what is left is the
// rounding of the vectors to float32.
TEST(SymmetricEigen, VectorsAreOrthonormalAndOnlyStretchedByTheMatrix) {
  for (const size_t d : {1, 2, 17, 128}) {
    SymmetricMatrix a(d);
    Rng rng(d);
    for (size_t r = 0; r < d; ++r) {
      for (size_t c = r; c < d; ++c) a.At(r, c) = static_cast<float>(rng.Normal());
    }
    const EigenPairs eigen = SymmetricEigen(a);
    const double largest = std::max(std::abs(eigen.values.front()), std::abs(eigen.values.back()));
    EXPECT_TRUE(std::is_sorted(eigen.values.begin(), eigen.values.end()));
    for (size_t k = 0; k < d; ++k) {
      const auto vector = eigen.vectors.Row(k);
      for (size_t l = 0; l < d; ++l)
        EXPECT_NEAR(Dot(vector, eigen.vectors.Row(l)), k == l ? 1 : 0, 2e-6);
      for (size_t r = 0; r < d; ++r) {
        double product = 0;
        for (size_t c = 0; c < d; ++c)
          product += static_cast<double>(r <= c ? a.At(r, c) : a.At(c, r)) * vector[c];
        EXPECT_NEAR(product, eigen.values[k] * vector[r], 1e-6 * largest);
      }
    }
  }
}

TEST(SymmetricEigen, OfNothingIsNothing) {
  EXPECT_TRUE(SymmetricEigen(SymmetricMatrix()).values.empty());
}

}  // namespace
}  // namespace marquee::kernels::eigen_test
