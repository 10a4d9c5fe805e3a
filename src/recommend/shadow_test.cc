#include "recommend/shadow.h"

#include <gmock/gmock.h>

#include "recommend/test_bundle.h"

namespace marquee {
namespace {

TEST(Shadow, TheSameModelShowsTheSame) {
  const auto bundle = MakeBundle("ials");
  const RecommendEngine engine(bundle);
  Shadow shadow(bundle, engine, 1);
  for (int user = 0; user < 20; ++user) {
    const RecommendQuery query{.user_id = "u" + std::to_string(user), .k = 5};
    shadow.Offer(query, engine.Recommend(query));
    shadow.Flush();
  }
  const ShadowReport report = shadow.report();
  EXPECT_EQ(report.model, "ials v1");
  EXPECT_EQ(report.compared, 20);
  EXPECT_EQ(report.overlap, 1);
  EXPECT_EQ(report.same_first, 1);
  EXPECT_EQ(report.other_rung, 0);
  EXPECT_GT(report.max_ms, 0);
}

TEST(Shadow, AnotherModelIsToldApart) {
  const RecommendEngine engine(MakeBundle("ials"));
  Shadow shadow(MakeBundle("most-popular"), engine, 1);
  const RecommendQuery query{.user_id = "u0", .k = 2};
  shadow.Offer(query, engine.Recommend(query));
  shadow.Flush();
  EXPECT_EQ(shadow.report().other_rung, 1);
}

TEST(Shadow, ComparesItsShare) {
  const auto bundle = MakeBundle("most-popular");
  const RecommendEngine engine(bundle);
  Shadow shadow(bundle, engine, .25);
  for (int i = 0; i < 400; ++i) {
    const RecommendQuery query{.user_id = "u1", .k = 1, .request_id = "r" + std::to_string(i)};
    shadow.Offer(query, engine.Recommend(query));
    shadow.Flush();
  }
  EXPECT_NEAR(static_cast<double>(shadow.report().compared), 100, 35);
}

}  // namespace
}  // namespace marquee
