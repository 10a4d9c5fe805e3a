#include "models/nn/parameters.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "base/error_matchers.h"
#include "models/nn/gradient_check.h"
#include "models/nn/nearest.h"

namespace marquee::nn::parameters_test {
namespace {

using testing::Each;
using testing::ElementsAre;

TEST(Parameters, MatricesStandOneAfterAnother) {
  Layout layout;
  const size_t a = layout.Add(2, 3), b = layout.Add(1, 4);
  EXPECT_EQ(layout.size(), 10);
  Parameters parameters(layout);
  EXPECT_THAT(parameters.values(), Each(0));
  parameters[a].Row(1)[2] = 5;
  parameters.Vector(b)[0] = 6;
  EXPECT_EQ(parameters.values()[5], 5);
  EXPECT_EQ(parameters.values()[6], 6);
  const Parameters copy = parameters.Copy();
  parameters.Vector(b)[0] = 7;
  EXPECT_EQ(copy.Vector(b)[0], 6);
}

TEST(Parameters, ANumberThatLeftFloat32IsRefused) {
  Layout layout;
  layout.Add(1, 2);
  Parameters parameters(layout);
  EXPECT_NO_THROW(RequireFinite(parameters, "test", 0.5));
  for (const float wrong :
       {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    parameters.values()[1] = wrong;
    EXPECT_THAT([&] { RequireFinite(parameters, "test", 0.5); },
                ThrowsError(Code::kFailedPrecondition,
                            testing::HasSubstr("test with learning_rate 0.5: the weights grow")));
  }
}

TEST(Fill, HasTheWantedSpread) {
  kernels::Matrix normal(100, 100), glorot(100, 200);
  Rng rng(1);
  FillNormal(rng, 0.5, normal);
  FillGlorot(rng, glorot);
  EXPECT_NEAR(std::sqrt(Product(normal, normal) / 1e4), 0.5, 0.02);
  const float limit = std::sqrt(6.0f / 300);
  EXPECT_THAT(glorot.values(), Each(testing::AllOf(testing::Ge(-limit), testing::Le(limit))));
  EXPECT_NEAR(std::sqrt(Product(glorot, glorot) / 2e4), limit / std::sqrt(3.0), 0.003);
}

TEST(Adam, StepsAgainstTheSumOfThePartsAndClearsThem) {
  Layout layout;
  layout.Add(1, 40000);
  ThreadPool one(1), three(3);
  std::vector<Parameters> results;
  for (ThreadPool* pool : {&one, &three}) {
    Adam adam({.learning_rate = 0.1}, layout, 2);
    Parameters x(layout);
    Rng rng(1);
    for (int step = 0; step < 2; ++step) {
      for (size_t part = 0; part < 2; ++part) {
        for (float& value : adam.Gradient(part).values()) value = static_cast<float>(rng.Normal());
      }
      // Parts that cancel: no step, though each part alone would make one.
      adam.Gradient(0).values()[7] = 3;
      adam.Gradient(1).values()[7] = -3;
      adam.Step(*pool, &x);
    }
    EXPECT_EQ(x.values()[7], 0);
    EXPECT_GT(std::abs(x.values()[8]), 1e-3);
    EXPECT_THAT(adam.Gradient(0).values(), Each(0));
    EXPECT_THAT(adam.Gradient(1).values(), Each(0));
    results.push_back(std::move(x));
  }
  EXPECT_THAT(results[0].values(), testing::ElementsAreArray(results[1].values()));
}

TEST(Average, ForgetsTheFirstStepsAndWeighsTheLatestByItsSpan) {
  Layout layout;
  layout.Add(1, 2);
  Parameters now(layout);
  ThreadPool pool(2);
  Average average(layout);
  average.SpanSteps(3);
  double expected = 0;
  for (int step = 1; step <= 50; ++step) {
    std::ranges::fill(now.values(), static_cast<float>(step));
    average.Add(pool, now);
    const double keep = step == 1 ? 0 : std::min(0.75, step / (9.0 + step));
    expected = keep * expected + (1 - keep) * step;
    EXPECT_NEAR(average.mean().values()[1], expected, 1e-4) << step;
  }
  // Of a ramp, the mean lags behind by the span.
  EXPECT_NEAR(average.mean().values()[0], 50 - 3, 1e-2);
}

TEST(NearestByCosine, ComparesDirectionsNotLengths) {
  const kernels::Matrix rows = MatrixWith(5, 2, {1, 0, 100, 100, 0.1f, 0.01f, -5, 0, 0, 0});
  const std::vector<ScoredItem> nearest = NearestByCosine(rows, 0, 4);
  std::vector<int32_t> order;
  for (const ScoredItem& one : nearest) order.push_back(one.item);
  EXPECT_THAT(order, ElementsAre(2, 1, 4, 3));
  EXPECT_NEAR(nearest[1].score, std::sqrt(0.5), 1e-6);
  EXPECT_EQ(nearest[2].score, 0);
}

}  // namespace
}  // namespace marquee::nn::parameters_test
