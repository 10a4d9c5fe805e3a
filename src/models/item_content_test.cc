#include "models/item_content.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"

namespace marquee::item_content_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

NoTrainObserver no_observer;

// Only "alien" has been rated.
Interactions Catalogue() {
  InteractionsBuilder builder;
  builder.AddUser("u");
  for (const char* item : {"alien", "aliens", "emma", "solaris", "nothing"}) builder.AddItem(item);
  builder.SetContent(
      {.titles = {"Alien Planet (1979)", "Alien Planet II (1986)", "Emma (1996)", "Solaris (1972)",
                  ""},
       .genres = {{"Horror", "Sci-Fi"}, {"Sci-Fi", "Horror"}, {"Romance"}, {"Sci-Fi"}},
       .years = {1979, 1986, 1996, 1972}});
  builder.Add(0, 0, 4, 0);
  return builder.Build();
}

TEST(TitleWords, LeavesOutStopWordsYearsAndRepeats) {
  EXPECT_THAT(TitleWords("Matrix, The (1999)"), ElementsAre("matrix"));
  EXPECT_THAT(TitleWords("The Good, the Bad and the Good-Ugly"),
              ElementsAre("good", "bad", "ugly"));
  EXPECT_THAT(TitleWords("Schindler's List (1993)"), ElementsAre("schindlers", "list"));
  EXPECT_THAT(TitleWords("Fabuleux destin d'Amélie, Le"),
              ElementsAre("fabuleux", "destin", "damélie"));
  EXPECT_THAT(TitleWords("The (1999)"), IsEmpty());
  EXPECT_THAT(TitleWords("2001 (Part One)"), ElementsAre("2001", "one"));
}

TEST(TrainItemContent, ItemsWithoutRatingsAreFound) {
  const Interactions data = Catalogue();
  const auto model = TrainItemContent(data, {}, no_observer);
  std::vector<float> scores(5);
  model->Score(data.by_user().Row(0), scores);
  EXPECT_NEAR(scores[0], 1, 1e-5);
  EXPECT_GT(scores[1], scores[3]);
  EXPECT_GT(scores[3], scores[2]);
  EXPECT_EQ(scores[4], 0) << "nothing is known of it";
}

TEST(TrainItemContent, SimilarItemsShareGenresThenDecade) {
  const auto similar = TrainItemContent(Catalogue(), {}, no_observer)->SimilarItems(3, 2);
  EXPECT_EQ(similar[0].item, 0) << "the same decade";
  EXPECT_EQ(similar[1].item, 1);
}

TEST(TrainItemContent, AFieldOfWeightZeroSaysNothing) {
  const auto model = TrainItemContent(
      Catalogue(), {.genre_weight = 0, .title_weight = 0, .decade_weight = 1}, no_observer);
  EXPECT_NEAR(model->SimilarItems(3, 1)[0].score, 1, 1e-6);
  EXPECT_EQ(model->SimilarItems(3, 2)[1].score, 0);
}

TEST(TrainItemContent, ADislikedItemWeighsLess) {
  const auto model = TrainItemContent(Catalogue(), {}, no_observer);
  const std::vector<int32_t> columns = {1, 2};
  const std::vector<int64_t> times = {0, 0};
  const std::vector<float> values = {5, 1};
  const auto parts = model->Explain({columns, values, times}, 3, 2);
  EXPECT_EQ(parts[0].item, 1);
  std::vector<float> scores(5), disliked(5);
  model->Score({columns, values, times}, scores);
  model->Score({columns, std::vector<float>{1, 5}, times}, disliked);
  EXPECT_GT(scores[1], disliked[1]);
  EXPECT_LT(scores[2], disliked[2]);
}

TEST(TrainItemContent, DataWithoutContentIsRefused) {
  InteractionsBuilder builder;
  builder.AddUser("u");
  builder.AddItem("i");
  builder.Add(0, 0, 1, 0);
  const Interactions data = builder.Build();
  EXPECT_THAT([&] { TrainItemContent(data, {}, no_observer); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("no titles, genres or years")));
}

TEST(TrainItemContent, AllWeightsZeroAreRefused) {
  EXPECT_THAT(
      [] {
        TrainItemContent(Catalogue(), {.genre_weight = 0, .title_weight = 0, .decade_weight = 0},
                         no_observer);
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("are 0: one must be above 0")));
}

}  // namespace
}  // namespace marquee::item_content_test
