#include "evaluation/split.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/error_matchers.h"
#include "evaluation/numpy_vectors.h"
#include "evaluation/protocols.h"
#include "evaluation/test_data.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

IdDictionary Ids(const std::vector<std::string>& names) {
  IdDictionary ids;
  for (const std::string& name : names) ids.Add(name);
  return ids;
}

std::vector<std::string> Names(const IdDictionary& ids, std::span<const int32_t> rows) {
  std::vector<std::string> names;
  for (const int32_t row : rows) names.push_back(ids.Name(row));
  return names;
}

std::vector<std::string> AllNames(const IdDictionary& ids) {
  std::vector<std::string> names;
  for (int32_t row = 0; row < ids.size(); ++row) names.push_back(ids.Name(row));
  return names;
}

TEST(RowsInIdOrder, WholeNumbersGoByValue) {
  EXPECT_THAT(RowsInIdOrder(Ids({"10", "9", "-1"})), ElementsAre(2, 1, 0));
}

TEST(RowsInIdOrder, OneOtherIdMakesAllText) {
  EXPECT_THAT(RowsInIdOrder(Ids({"9", "10", "x1"})), ElementsAre(1, 0, 2));
}

TEST(Positives, AreAboveTheRatingGiven) {
  const Interactions liked =
      Positives(FromLines({{"1", "a", 3.5, 0}, {"1", "b", 4, 0}, {"2", "a", 5, 0}}), 3.5);
  EXPECT_EQ(liked.nnz(), 2);
}

TEST(Positives, AreAllWhereEveryValueIsOne) {
  EXPECT_EQ(Positives(FromLines({{"1", "a", 1, 0}, {"1", "b", 1, 0}}), 3.5).nnz(), 2);
}

TEST(CutTraining, KeepsItemsThatWereMetWithTheirContent) {
  InteractionsBuilder builder;
  for (const char* user : {"1", "2", "3"}) builder.AddUser(user);
  for (const char* item : {"30", "7", "200"}) builder.AddItem(item);
  builder.Add(0, 0, 4, 10);
  builder.Add(1, 1, 5, 11);
  builder.Add(2, 2, 3, 12);
  builder.SetContent({{"Thirty", "Seven", "More"}, {{"A"}, {"B"}, {"C"}}, {1930, 1907, 2000}});
  builder.SetUserContent({{{"age=1"}, {"age=18"}, {"age=25"}}});
  const TrainingPart part = CutTraining(builder.Build(), std::vector<int32_t>{2, 1, 0},
                                        [](int32_t user, size_t) { return user != 2; });
  EXPECT_THAT(AllNames(part.data.users()), ElementsAre("2", "1"));
  EXPECT_THAT(AllNames(part.data.items()), ElementsAre("7", "30"));
  EXPECT_THAT(part.item_of, ElementsAre(1, 0, -1));
  EXPECT_THAT(part.data.content().titles, ElementsAre("Seven", "Thirty"));
  EXPECT_THAT(part.data.content().genres, ElementsAre(ElementsAre("B"), ElementsAre("A")));
  EXPECT_THAT(part.data.content().years, ElementsAre(1907, 1930));
  EXPECT_THAT(part.data.UserFeatures(0), ElementsAre("age=18"));
  EXPECT_THAT(part.data.UserFeatures(1), ElementsAre("age=1"));
  EXPECT_THAT(part.data.by_user().Row(0).values, ElementsAre(5));
  EXPECT_THAT(part.data.by_user().Row(0).times_s, ElementsAre(11));
}

// The data of the script in testdata/numpy_split.txt, its lines in a given order.
Interactions ScriptData(bool backwards) {
  std::vector<RatingLine> lines;
  for (int user = 1; user <= 60; ++user) {
    for (int item = 1; item <= 40; ++item) {
      if ((7 * user + 13 * item + user * item) % 11 >= 4 + user % 3) continue;
      const auto rating = static_cast<float>((user * item + user + 3 * item) % 9) / 2 + 1;
      lines.push_back({StrCat(user), StrCat(item), rating, 0});
    }
  }
  if (backwards) std::reverse(lines.begin(), lines.end());
  return FromLines(lines);
}

class StrongGeneralizationSplit : public testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(Orders, StrongGeneralizationSplit, testing::Bool());

TEST_P(StrongGeneralizationSplit, IsThatOfThePublishedScript) {
  const auto size = NumpyVectors("train").at(0);
  EvaluateRequest request = RequestFor("strong-generalization");
  for (const char* segment : {"validation", "test"}) {
    request.segment = segment;
    const RankingSplit split = SplitStrongGeneralization(ScriptData(GetParam()), request);
    EXPECT_EQ(StrCat(split.train.nnz()), size.at(1));
    EXPECT_EQ(StrCat(split.train.num_users()), size.at(2));
    EXPECT_EQ(StrCat(split.train.num_items()), size.at(3));
    int32_t user = 0;
    for (const auto& words : NumpyVectors("user")) {
      if (words.at(1) != segment) continue;
      const auto targets = split.targets.Row(user).columns;
      EXPECT_THAT(Names(split.train.items(), targets),
                  ElementsAreArray(words.begin() + 4, words.end()))
          << Join(words, " ");
      EXPECT_EQ(StrCat(targets.size() + split.fold_in.Row(user).size()), words.at(3));
      ++user;
    }
    EXPECT_EQ(split.targets.num_rows(), user);
  }
}

TEST(StrongGeneralization, UsersLeftWithFewerThanFiveTrainedItemsAreNotScored) {
  std::vector<RatingLine> lines;
  for (int user = 1; user <= 3; ++user) {
    for (int item = 0; item < 5; ++item)
      lines.push_back({StrCat(user), StrCat("item ", user, " ", item), 5, 0});
  }
  EvaluateRequest request = RequestFor("strong-generalization");
  request.heldout_users = 1;  // nobody shares an item with the one user of training
  EXPECT_EQ(SplitStrongGeneralization(FromLines(lines), request).targets.num_rows(), 0);
  EXPECT_THAT([&] { Evaluate(FromLines(lines), request); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("leaves no users to score")));
}

TEST(StrongGeneralization, RefusesToHoldOutMoreUsersThanThereAre) {
  EvaluateRequest request = RequestFor("strong-generalization");
  EXPECT_THAT(
      [&] {
        SplitStrongGeneralization(FromLines({{"1", "a", 5, 0}}), request);
      },
      ThrowsError(Code::kFailedPrecondition, HasSubstr("cannot hold out 2 x 1 users: 0 have")));
  request.heldout_users = 30;
  EXPECT_THAT([&] { SplitStrongGeneralization(ScriptData(false), request); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("cannot hold out 2 x 30 users")));
  request.heldout_users = -1;
  EXPECT_THAT([&] { SplitStrongGeneralization(ScriptData(false), request); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("heldout_users is -1")));
}

// Ten events at times 1..10: the last fifth is from 9 on, the fifth before it of what remains from
// 7 on.
Interactions TenEvents() {
  return FromLines({{"1", "a", 5, 1},
                    {"1", "b", 5, 2},
                    {"2", "a", 5, 3},
                    {"2", "c", 5, 4},
                    {"1", "c", 5, 5},
                    {"2", "d", 5, 6},
                    {"3", "a", 5, 7},
                    {"1", "d", 5, 8},
                    {"2", "b", 5, 9},
                    {"4", "a", 5, 10}});
}

TEST(SplitByTime, AsksForWhatCameAfter) {
  const RankingSplit split = SplitByTime(TenEvents(), RequestFor("global-time-split"));
  EXPECT_EQ(split.train.nnz(), 8);
  ASSERT_EQ(split.targets.num_rows(), 2);  // users 2 and 4
  const IdDictionary& items = split.train.items();
  EXPECT_THAT(Names(items, split.targets.Row(0).columns), ElementsAre("b"));
  EXPECT_THAT(Names(items, split.fold_in.Row(0).columns), ElementsAre("a", "c", "d"));
  EXPECT_THAT(Names(items, split.targets.Row(1).columns), ElementsAre("a"));
  EXPECT_THAT(split.fold_in.Row(1).columns, IsEmpty());
}

TEST(SplitByTime, UsersKeepTheirFeatures) {
  const Interactions events = TenEvents();
  InteractionsBuilder builder(events.shared_users(), events.shared_items());
  for (int32_t user = 0; user < events.num_users(); ++user) {
    const SparseRow row = events.by_user().Row(user);
    for (size_t i = 0; i < row.size(); ++i)
      builder.Add(user, row.columns[i], row.values[i], row.times_s[i]);
  }
  builder.SetUserContent({{{"age=1"}, {"age=18"}, {"age=25"}, {"age=35"}}});
  const RankingSplit split = SplitByTime(builder.Build(), RequestFor("global-time-split"));
  EXPECT_THAT(split.FeaturesOf(0), ElementsAre("age=18"));
  EXPECT_THAT(split.FeaturesOf(1), ElementsAre("age=35"));
  EXPECT_THAT(split.FeaturesOf(2), IsEmpty());
  EXPECT_THAT(split.train.UserFeatures(2), ElementsAre("age=25"));
}

TEST(SplitByTime, ValidationKnowsNothingOfTheTestPeriod) {
  EvaluateRequest request = RequestFor("global-time-split");
  request.segment = "validation";
  const RankingSplit split = SplitByTime(TenEvents(), request);
  EXPECT_EQ(split.train.nnz(), 6);
  EXPECT_EQ(split.train.newest_s(), 6);
  ASSERT_EQ(split.targets.num_rows(), 2);  // users 1 and 3
  EXPECT_THAT(Names(split.train.items(), split.targets.Row(0).columns), ElementsAre("d"));
  EXPECT_THAT(Names(split.train.items(), split.targets.Row(1).columns), ElementsAre("a"));
}

TEST(SplitByTime, ItemsThatNobodyMetBeforeAreNotAskedFor) {
  const Interactions data =
      FromLines({{"1", "a", 5, 1}, {"1", "b", 5, 2}, {"2", "a", 5, 3}, {"2", "new", 5, 9}});
  EvaluateRequest request = RequestFor("global-time-split");
  EXPECT_EQ(SplitByTime(data, request).targets.num_rows(), 0);
}

TEST(SplitByTime, RefusesDataOfOneMoment) {
  const Interactions data = FromLines({{"1", "a", 5, 7}, {"2", "a", 5, 7}});
  EXPECT_THAT([&] { Evaluate(data, RequestFor("global-time-split")); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("leaves no users to score")));
}

TEST(SplitByTime, RefusesAShareOutOfRange) {
  EvaluateRequest request = RequestFor("global-time-split");
  request.test_share = 1;
  EXPECT_THAT([&] { SplitByTime(TenEvents(), request); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("test_share is 1")));
}

}  // namespace
}  // namespace marquee
