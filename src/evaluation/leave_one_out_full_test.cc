#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"
#include "evaluation/protocols.h"
#include "evaluation/test_data.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Items 1, 2, 3, 4 and 10 were met by five or more, 77 by one. Each of u1..u5 met five things or
// four; u6 met two, v1..v5 one each.
std::vector<RatingLine> Lines() {
  std::vector<RatingLine> lines = {
      {"u1", "1", 5, 1},  {"u1", "2", 1, 2},  {"u1", "3", 4, 3}, {"u1", "10", 2, 4},
      {"u1", "77", 5, 5}, {"u2", "10", 3, 7}, {"u2", "2", 3, 7}, {"u2", "1", 3, 1},
      {"u2", "3", 3, 2},  {"u3", "10", 3, 1}, {"u3", "1", 3, 2}, {"u3", "2", 3, 3},
      {"u3", "3", 3, 4},  {"u4", "1", 3, 1},  {"u4", "2", 3, 2}, {"u4", "3", 3, 3},
      {"u4", "10", 3, 4}, {"u5", "3", 3, 1},  {"u5", "1", 3, 2}, {"u5", "10", 3, 3},
      {"u5", "2", 3, 4},  {"u6", "2", 3, 1},  {"u6", "3", 3, 2}};
  for (const char* user : {"v1", "v2", "v3", "v4", "v5"}) lines.push_back({user, "4", 1, 9});
  return lines;
}

EvaluateRequest Request(const std::string& segment) {
  EvaluateRequest request = RequestFor("leave-one-out-full");
  request.segment = segment;
  return request;
}

std::vector<std::string> Ids(const RankingSplit& split, const SparseRow& row) {
  std::vector<std::string> ids;
  for (const int32_t item : row.columns) ids.push_back(split.train.items().Name(item));
  return ids;
}

TEST(SplitLeaveOneOut, TheLastIsForTestAndTheOneBeforeForValidation) {
  const RankingSplit test = SplitLeaveOneOut(FromLines(Lines()), Request("test"));
  ASSERT_EQ(test.targets.num_rows(), 5);  // u6 has too few to give two away
  EXPECT_THAT(Ids(test, test.targets.Row(0)), ElementsAre("10"));
  EXPECT_THAT(Ids(test, test.fold_in.Row(0)), ElementsAre("1", "2", "3"));
  EXPECT_THAT(Ids(test, test.train.by_user().Row(0)), ElementsAre("1", "2"));
  const RankingSplit validation = SplitLeaveOneOut(FromLines(Lines()), Request("validation"));
  EXPECT_THAT(Ids(validation, validation.targets.Row(0)), ElementsAre("3"));
  EXPECT_THAT(Ids(validation, validation.fold_in.Row(0)), ElementsAre("1", "2"));
  EXPECT_EQ(validation.train.nnz(), 2 * 5 + 2 + 5);
  EXPECT_EQ(test.train.nnz(), validation.train.nnz());
}

// As numbers: 10 comes after 2, though not as text.
TEST(SplitLeaveOneOut, OfEqualTimesTheHigherIdIsTheLast) {
  const RankingSplit test = SplitLeaveOneOut(FromLines(Lines()), Request("test"));
  EXPECT_THAT(Ids(test, test.targets.Row(1)), ElementsAre("10"));
  EXPECT_THAT(Ids(test, test.fold_in.Row(1)), ElementsAre("1", "2", "3"));
}

TEST(SplitLeaveOneOut, TheOrderOfLoadingChangesNothing) {
  std::vector<RatingLine> lines = Lines();
  std::reverse(lines.begin(), lines.end());
  const RankingSplit split = SplitLeaveOneOut(FromLines(lines), Request("test"));
  EXPECT_EQ(split.train.users().Name(0), "u1");
  EXPECT_THAT(Ids(split, split.targets.Row(1)), ElementsAre("10"));
}

TEST(SplitLeaveOneOut, DropsItemsWithFewerThanFiveEvents) {
  const RankingSplit split = SplitLeaveOneOut(FromLines(Lines()), Request("test"));
  EXPECT_EQ(split.train.num_items(), 5);
  EXPECT_FALSE(split.train.items().Find("77").has_value());
}

// Met in training: 1 five times, 4 five times, 2 and 3 three times each, 10 once. In the test
// segment 4 and the item asked for are left, and 4 is ahead throughout. In validation one more is
// left: that is ahead of the item asked for with u5 only (10 against 2 and 4), and ties with u3's,
// which has the lower id.
TEST(LeaveOneOutFull, RanksAmongAllThatWasNotMetBefore) {
  const EvaluateResult test = Evaluate(FromLines(Lines()), Request("test"));
  EXPECT_EQ(test.users, 5);
  EXPECT_EQ(test.items, 5);
  EXPECT_DOUBLE_EQ(test.metrics.at("hit_rate@10").mean, 1);
  EXPECT_DOUBLE_EQ(test.metrics.at("mrr").mean, 0.5);
  EXPECT_DOUBLE_EQ(test.metrics.at("ndcg@10").mean, 1 / std::log2(3));
  const EvaluateResult validation = Evaluate(FromLines(Lines()), Request("validation"));
  EXPECT_DOUBLE_EQ(validation.metrics.at("mrr").mean, (4 * 0.5 + 1.0 / 3) / 5);
  EXPECT_DOUBLE_EQ(validation.metrics.at("ndcg@10").mean, (4 / std::log2(3) + 0.5) / 5);
}

// Five users whose last two are items that nobody trains on: they stay among those ranked.
TEST(LeaveOneOutFull, KeepsItemsWithoutTrainingEvents) {
  std::vector<RatingLine> lines;
  for (const char* user : {"a", "b", "c", "d", "e"}) {
    for (const auto& [item, time_s] : {std::pair{"x", 1}, {"y", 2}, {"z", 3}})
      lines.push_back({user, item, 1, time_s});
  }
  const EvaluateResult result = Evaluate(FromLines(lines), Request("test"));
  EXPECT_EQ(result.items, 3);
  EXPECT_EQ(result.interactions, 5);
  EXPECT_DOUBLE_EQ(result.metrics.at("hit_rate@10").mean, 1);
  EXPECT_TRUE(std::isfinite(result.metrics.at("novelty@100").mean));
}

TEST(LeaveOneOutFull, RefusesDataWithoutAUserToScore) {
  EXPECT_THAT(
      [] {
        Evaluate(FromLines({{"u", "1", 1, 1}}), Request("test"));
      },
      ThrowsError(Code::kFailedPrecondition, HasSubstr("leaves no users to score")));
}

}  // namespace
}  // namespace marquee
