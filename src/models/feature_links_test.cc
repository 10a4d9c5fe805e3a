#include "models/feature_links.h"

#include <gmock/gmock.h>

#include <cmath>

namespace marquee::feature_links_test {
namespace {

using testing::ElementsAre;

// u0: a b, u1: c.
Interactions TwoUsers() {
  InteractionsBuilder builder;
  for (const char* user : {"u0", "u1"}) builder.AddUser(user);
  for (const char* item : {"a", "b", "c"}) builder.AddItem(item);
  builder.Add(0, 0, 5, 0);
  builder.Add(0, 1, 1, 0);
  builder.Add(1, 2, 3, 0);
  return builder.Build();
}

TEST(FeatureMatrix, RowsOfImplicitFeedbackHaveLengthOne) {
  FeatureMatrix features;
  features.SetImplicit(TwoUsers().by_user());
  features.Finish();
  ASSERT_EQ(features.num_features(), 3u);
  kernels::Matrix in(3, 1), out(2, 1);
  std::copy_n(std::vector<float>{1, 2, 4}.begin(), 3, in.values().begin());
  ThreadPool pool(1);
  features.Apply(in, pool, &out);
  EXPECT_THAT(out.values(), ElementsAre(testing::FloatNear(3 / std::sqrt(2.0f), 1e-6f), 4));
  features.ApplyTransposed(out, pool, &in);
  EXPECT_THAT(in.values(),
              ElementsAre(testing::FloatNear(1.5, 1e-6f), testing::FloatNear(1.5, 1e-6f), 4));
}

TEST(FeatureMatrix, GenresAndDecadesFollowInColumnsOfTheirOwn) {
  FeatureMatrix features;
  features.SetImplicit(TwoUsers().by_item());
  features.AddContent({{}, {{"Drama"}, {"Drama", "War"}, {}}, {1994, 0, 1991}}, 3);
  features.Finish();
  ASSERT_EQ(features.num_features(), 2u + 3u);  // Drama, the nineties, War
  kernels::Matrix in(3, 1), out(5, 1);
  in.values()[1] = 1;
  ThreadPool pool(1);
  features.ApplyTransposed(in, pool, &out);
  const float half = 1 / std::sqrt(2.0f);
  EXPECT_THAT(out.values(), ElementsAre(1, 0, half, 0, half));
}

// 400 entities of vectors planted along 20 features; noise of standard deviation .1.
TEST(FeatureLinks, FindsWhatTheFeaturesAddToTheMean) {
  InteractionsBuilder builder;
  Rng rng(7);
  for (int f = 0; f < 20; ++f) builder.AddItem("f" + std::to_string(f));
  for (int u = 0; u < 400; ++u) {
    builder.AddUser("u" + std::to_string(u));
    for (int n = 0; n < 4; ++n) builder.Add(u, static_cast<int32_t>(rng.Below(20)), 1, 0);
  }
  const Interactions data = builder.Build();
  FeatureMatrix features;
  features.SetImplicit(data.by_user());
  features.Finish();
  kernels::Matrix planted(20, 2), vectors(400, 2);
  for (float& value : planted.values()) value = static_cast<float>(rng.Normal());
  ThreadPool pool(2);
  features.Apply(planted, pool, &vectors);
  kernels::Matrix wanted(400, 2);
  std::copy(vectors.values().begin(), vectors.values().end(), wanted.values().begin());
  for (float& value : vectors.values()) value += static_cast<float>(0.1 * rng.Normal());
  GaussianPrior prior = UnitPrior(2);
  for (float& value : prior.precision) value *= 100;
  for (float& value : prior.root) value *= 0.1f;
  FeatureLinks links(std::move(features), 400, 2);
  for (int sweep = 0; sweep < 10; ++sweep)
    links.Draw(vectors, prior, Rng(8).Fork(static_cast<uint64_t>(sweep)), pool);
  double error = 0;
  for (size_t i = 0; i < wanted.values().size(); ++i)
    error += std::pow(links.shifts().values()[i] - wanted.values()[i], 2);
  // 20 weights of 400 rows are known to about .1 sqrt(2 * 20 / 400) of a row.
  EXPECT_LT(std::sqrt(error / 800), 0.05);
  EXPECT_NEAR(links.strengths()[0], 0.01, 0.007);  // unit weights beside noise of variance .01
}

}  // namespace
}  // namespace marquee::feature_links_test
