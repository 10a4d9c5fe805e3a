#include "models/early_stopping.h"

#include <gmock/gmock.h>

#include <cmath>

namespace marquee::early_stopping_test {
namespace {

using testing::Contains;
using testing::Not;
using testing::SizeIs;

// Users a (items 0, 1, 2 at times 5, 9, 7) and b (items 0, 1).
Interactions TwoUsers() {
  InteractionsBuilder builder;
  for (const char* user : {"a", "b"}) builder.AddUser(user);
  for (const char* item : {"x", "y", "z", "w"}) builder.AddItem(item);
  builder.Add(0, 0, 1, 5);
  builder.Add(0, 1, 1, 9);
  builder.Add(0, 2, 1, 7);
  builder.Add(1, 0, 1, 1);
  builder.Add(1, 1, 1, 2);
  return builder.Build();
}

TEST(HoldOutNewest, TakesTheNewestOfThoseWhoCanSpareIt) {
  const HeldOut held_out = HoldOutNewest(TwoUsers(), 10, 1);
  ASSERT_THAT(held_out.targets, SizeIs(1));
  EXPECT_EQ(held_out.targets[0].user, 0);
  EXPECT_EQ(held_out.targets[0].item, 1);
  EXPECT_EQ(held_out.train.nnz(), 4);
  EXPECT_EQ(held_out.train.num_items(), 4);
}

TEST(HoldOutNewest, TakesNoMoreUsersThanAsked) {
  EXPECT_THAT(HoldOutNewest(TwoUsers(), 0, 1).targets, SizeIs(0));
}

TEST(HeldOutNdcg, RanksAmongItemsNotInTheHistory) {
  const HeldOut held_out = HoldOutNewest(TwoUsers(), 10, 1);
  // The target y is behind w; x is ahead of both but seen.
  const auto score = [](int32_t, const SparseRow&, std::span<float> scores) {
    std::copy_n(std::vector<float>{9, 2, 1, 3}.begin(), 4, scores.begin());
  };
  EXPECT_DOUBLE_EQ(HeldOutNdcg(held_out, score, 2), 1 / std::log2(3.0));
}

TEST(HeldOutNdcg, ATieCountsAgainstTheTarget) {
  const HeldOut held_out = HoldOutNewest(TwoUsers(), 10, 1);
  const auto score = [](int32_t, const SparseRow&, std::span<float> scores) {
    std::fill(scores.begin(), scores.end(), 1.0f);
  };
  EXPECT_DOUBLE_EQ(HeldOutNdcg(held_out, score, 1), 1 / std::log2(3.0));
}

TEST(HoldOutShare, TakesAShareOfThoseWhoHaveFive) {
  InteractionsBuilder builder;
  for (const char* user : {"a", "b"}) builder.AddUser(user);
  for (int item = 0; item < 12; ++item) builder.AddItem(std::string(1, 'a' + item));
  for (int item = 0; item < 10; ++item) builder.Add(0, item, 1, item);
  for (int item = 0; item < 4; ++item) builder.Add(1, item, 1, item);
  const Interactions data = builder.Build();
  const HeldOut held_out = HoldOutShare(data, 10, 0.35, 1);
  ASSERT_THAT(held_out.targets, SizeIs(3));
  EXPECT_EQ(held_out.train.nnz(), 14 - 3);
  const std::span<const int32_t> left = held_out.train.by_user().Row(0).columns;
  for (const auto& target : held_out.targets) {
    EXPECT_EQ(target.user, 0);
    EXPECT_THAT(left, Not(Contains(target.item)));
  }
  const HeldOut other = HoldOutShare(data, 10, 0.35, 2);
  const auto items = [](const HeldOut& of) {
    std::vector<int32_t> all;
    for (const auto& target : of.targets) all.push_back(target.item);
    return all;
  };
  EXPECT_NE(items(held_out), items(other)) << "drawn by the seed";
  EXPECT_EQ(items(held_out), items(HoldOutShare(data, 10, 0.35, 1)));

  // Of three targets one is first, one fourth, one fifth: items 10 and 11 are never met.
  const auto score = [&](int32_t, const SparseRow&, std::span<float> scores) {
    std::ranges::fill(scores, 5.0f);
    scores[static_cast<size_t>(held_out.targets[0].item)] = 9;
    scores[static_cast<size_t>(held_out.targets[1].item)] = 4;
    scores[static_cast<size_t>(held_out.targets[2].item)] = 3;
  };
  const double ideal = 1 + 1 / std::log2(3.0) + 0.5;
  EXPECT_NEAR(HeldOutNdcg(held_out, score, 2),
              (1 + 1 / std::log2(5.0) + 1 / std::log2(6.0)) / ideal, 1e-12);
}

TEST(EarlyStopping, GivesUpAfterPatienceWithoutANewBest) {
  EarlyStopping stopping(2);
  EXPECT_TRUE(stopping.Improves(0.1));
  EXPECT_TRUE(stopping.Improves(0.3));
  EXPECT_FALSE(stopping.Improves(0.3));
  EXPECT_FALSE(stopping.gives_up());
  EXPECT_FALSE(stopping.Improves(0.2));
  EXPECT_TRUE(stopping.gives_up());
  EXPECT_EQ(stopping.best_epoch(), 2);
}

}  // namespace
}  // namespace marquee::early_stopping_test
