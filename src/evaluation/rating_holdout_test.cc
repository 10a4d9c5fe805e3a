#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"
#include "base/files.h"
#include "evaluation/test_data.h"
#include "models/planted.h"

namespace marquee {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Everybody gives every item 4, but for one rating of 2.
TEST(RatingHoldout, MeasuresTheErrorsOfPredictions) {
  TempDir folder;
  WriteFileAtomic(folder.path() / "u1.base", "1\t10\t4\t0\n2\t10\t4\t0\n2\t20\t4\t0\n");
  WriteFileAtomic(folder.path() / "u1.test", "1\t20\t4\t0\n3\t10\t2\t0\n");
  EvaluateRequest request = RequestFor("rating-holdout");
  request.split_files = folder.path();
  const EvaluateResult result = Evaluate(InteractionsBuilder().Build(), request);
  EXPECT_DOUBLE_EQ(result.metrics.at("rmse").mean, std::sqrt(2.0));  // errors 0 and 2
  EXPECT_DOUBLE_EQ(result.metrics.at("mae").mean, 1);
  EXPECT_DOUBLE_EQ(result.metrics.at("mae").stderr_, 1);
  EXPECT_DOUBLE_EQ(result.metrics.at("rmse").stderr_, 2 / (2 * std::sqrt(2.0)));
  EXPECT_DOUBLE_EQ(result.metrics.at("r2").mean, -1);  // squares 4 of 2 around the mean of 3
  EXPECT_TRUE(std::isnan(result.metrics.at("r2").stderr_));
  EXPECT_EQ(result.users, 2);
  EXPECT_EQ(result.interactions, 3);
}

TEST(RatingHoldout, TakesThePairOfFilesThatIsNamed) {
  TempDir folder;
  WriteFileAtomic(folder.path() / "u3.base", "1\t10\t4\t0\n");
  WriteFileAtomic(folder.path() / "u3.test", "1\t20\t4\t0\n");
  EvaluateRequest request = RequestFor("rating-holdout");
  request.split_files = folder.path() / "u3";
  EXPECT_EQ(Evaluate(InteractionsBuilder().Build(), request).metrics.at("rmse").mean, 0);
  request.split_files = folder.path() / "u4";
  EXPECT_THAT([&] { Evaluate(InteractionsBuilder().Build(), request); },
              ThrowsError(Code::kNotFound, HasSubstr("u4.base")));
}

void WriteFold(const std::filesystem::path& folder, int fold, const char* asked) {
  const std::string name = "u" + std::to_string(fold);
  WriteFileAtomic(folder / (name + ".base"), "1\t10\t4\t0\n2\t10\t4\t0\n2\t20\t4\t0\n");
  WriteFileAtomic(folder / (name + ".test"), asked);
}

TEST(RatingHoldout, GivenFoldsAreAllFiveWithTheirErrorsTogether) {
  TempDir folder;
  for (int fold = 1; fold <= 5; ++fold)
    WriteFold(folder.path(), fold, fold == 3 ? "1\t20\t4\t0\n3\t10\t2\t0\n" : "1\t20\t4\t0\n");
  EvaluateRequest request = RequestFor("rating-holdout");
  request.split_files = folder.path();
  request.folds = "given";
  const EvaluateResult result = Evaluate(InteractionsBuilder().Build(), request);
  EXPECT_DOUBLE_EQ(result.metrics.at("rmse").mean, std::sqrt(4.0 / 6));  // one error of 2 in six
  EXPECT_DOUBLE_EQ(result.metrics.at("mae").mean, 2.0 / 6);
  EXPECT_EQ(result.users, 2);
  EXPECT_EQ(result.interactions, 3);
  request.folds = "";
  EXPECT_EQ(Evaluate(InteractionsBuilder().Build(), request).metrics.at("rmse").mean, 0);
}

TEST(RatingHoldout, ARandomSplitIsTheSameByName) {
  EvaluateRequest request = RequestFor("rating-holdout");
  const double rmse = Evaluate(MakePlantedWorld(), request).metrics.at("rmse").mean;
  request.folds = "random90";
  EXPECT_EQ(Evaluate(MakePlantedWorld(), request).metrics.at("rmse").mean, rmse);
}

TEST(RatingHoldout, RefusesFoldsThatDoNotFitTheFiles) {
  EvaluateRequest request = RequestFor("rating-holdout");
  const auto evaluate = [&] { Evaluate(MakePlantedWorld(), request); };
  request.folds = "tenfold";
  EXPECT_THAT(evaluate, ThrowsError(Code::kInvalidArgument,
                                    HasSubstr("folds is 'tenfold': must be given or random90")));
  request.folds = "given";
  EXPECT_THAT(evaluate, ThrowsError(Code::kInvalidArgument, HasSubstr("needs the files")));
  request.folds = "random90";
  request.split_files = "/somewhere";
  EXPECT_THAT(evaluate, ThrowsError(Code::kInvalidArgument, HasSubstr("takes no split files")));
}

// Genres change what a model learns, so the two differ when the files got them.
TEST(RatingHoldout, FilesGetTheGenresOfTheSameRatingsOnly) {
  TempDir folder;
  InteractionsBuilder same, other;
  std::string base;
  for (int item = 0; item < 6; ++item) {
    for (auto* builder : {&same, &other}) builder->AddItem(std::to_string(item));
  }
  ItemContent content;
  for (int item = 0; item < 6; ++item) content.genres.push_back({item < 3 ? "Drama" : "War"});
  for (auto* builder : {&same, &other}) builder->SetContent(content);
  for (int user = 0; user < 8; ++user) {
    const int32_t row = same.AddUser(std::to_string(user));
    other.AddUser(std::to_string(user));
    for (int item = 0; item < 5; ++item) {
      const int value = item < 3 ? 1 + (user + item) % 2 : 4 + (user + item) % 2;
      same.Add(row, item, static_cast<float>(value), 0);
      other.Add(row, item, static_cast<float>(6 - value), 0);
      base += std::to_string(user) + "\t" + std::to_string(item) + "\t" + std::to_string(value) +
              "\t0\n";
    }
  }
  WriteFileAtomic(folder.path() / "u1.base", base);
  WriteFileAtomic(folder.path() / "u1.test", "0\t5\t4\t0\n3\t5\t5\t0\n");
  EvaluateRequest request = RequestFor("rating-holdout", "bayesian-fm");
  request.train.settings = {{"rank", "2"}, {"sweeps", "20"}, {"burn_in", "10"}};
  request.split_files = folder.path();
  const auto rmse = [&](const Interactions& data) {
    return Evaluate(data, request).metrics.at("rmse").mean;
  };
  const double without = rmse(InteractionsBuilder().Build());
  EXPECT_NE(rmse(same.Build()), without);
  EXPECT_EQ(rmse(other.Build()), without);
}

// They change what a model predicts, in memory and for files whose ratings are the same.
TEST(RatingHoldout, FeaturesOfUsersReachTheModel) {
  const auto rmse = [](const Interactions& data, const std::filesystem::path& files) {
    EvaluateRequest request = RequestFor("rating-holdout", "bayesian-fm");
    request.train.settings = {{"rank", "2"}, {"sweeps", "20"}, {"burn_in", "10"}};
    request.split_files = files;
    return Evaluate(data, request).metrics.at("rmse").mean;
  };
  InteractionsBuilder plain, told;
  UserContent people;
  std::string base;
  for (int user = 0; user < 20; ++user) {
    people.features.push_back({user % 2 == 0 ? "mood=good" : "mood=plain"});
    for (int item = 0; item < 10; ++item) {
      const int value = 1 + (user + item) % 3 + 2 * (user % 2);
      for (auto* builder : {&plain, &told})
        builder->Add(builder->AddUser(StrCat(user)), builder->AddItem(StrCat(item)),
                     static_cast<float>(value), 0);
      base += StrCat(user, "\t", item, "\t", value, "\t0\n");
    }
  }
  told.SetUserContent(people);
  TempDir folder;
  WriteFileAtomic(folder.path() / "u1.base", base);
  WriteFileAtomic(folder.path() / "u1.test", "0\t5\t4\t0\n3\t5\t5\t0\n");
  const Interactions without = plain.Build(), with = told.Build();
  EXPECT_NE(rmse(with, {}), rmse(without, {}));
  EXPECT_NE(rmse(with, folder.path()), rmse(without, folder.path()));
}

TEST(RatingHoldout, LeavesOutATenthAndForValidationATenthMore) {
  const Interactions data = MakePlantedWorld();
  EvaluateRequest request = RequestFor("rating-holdout");
  const int64_t tenth = std::llround(0.1 * static_cast<double>(data.nnz()));
  EXPECT_EQ(Evaluate(data, request).interactions, data.nnz() - tenth);
  request.segment = "validation";
  EXPECT_EQ(Evaluate(data, request).interactions, data.nnz() - 2 * tenth);
}

TEST(RatingHoldout, ValidationOfGivenFilesIsPartOfTheTrainingFile) {
  TempDir folder;
  std::string base;
  for (int user = 0; user < 10; ++user) {
    for (int item = 0; item < 5; ++item)
      base += std::to_string(user) + "\t" + std::to_string(item) + "\t3\t0\n";
  }
  WriteFileAtomic(folder.path() / "u1.base", base);
  WriteFileAtomic(folder.path() / "u1.test", "0\t9\t5\t0\n");
  EvaluateRequest request = RequestFor("rating-holdout");
  request.split_files = folder.path();
  request.segment = "validation";
  const EvaluateResult result = Evaluate(InteractionsBuilder().Build(), request);
  EXPECT_EQ(result.interactions, 45);
  EXPECT_NEAR(result.metrics.at("rmse").mean, 0, 1e-6);  // the 5 of the test is not among them
}

TEST(RatingHoldout, TheSplitFollowsItsOwnSeed) {
  const Interactions data = MakePlantedWorld();
  EvaluateRequest request = RequestFor("rating-holdout");
  const double rmse = Evaluate(data, request).metrics.at("rmse").mean;
  request.train.seed = 2;
  EXPECT_EQ(Evaluate(data, request).metrics.at("rmse").mean, rmse);
  request.split_seed = 2;
  EXPECT_NE(Evaluate(data, request).metrics.at("rmse").mean, rmse);
}

TEST(RatingHoldout, AModelThatOnlyRanksIsRefusedWithThoseThatPredict) {
  try {
    Evaluate(MakePlantedWorld(), RequestFor("rating-holdout", "ease"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kFailedPrecondition);
    EXPECT_THAT(error.message(), HasSubstr("model ease ranks, it does not predict ratings"));
    EXPECT_THAT(error.hint(), AllOf(HasSubstr("most-popular"), Not(HasSubstr("ease"))));
  }
}

TEST(RatingHoldout, RefusesAShareOutOfRangeAndDataTooSmall) {
  EvaluateRequest request = RequestFor("rating-holdout");
  EXPECT_THAT(
      [&] {
        Evaluate(FromLines({{"1", "a", 5, 0}, {"1", "b", 4, 0}}), request);
      },
      ThrowsError(Code::kFailedPrecondition, HasSubstr("no ratings to predict out of 2")));
  request.holdout_share = 0.5;
  EXPECT_THAT([&] { Evaluate(MakePlantedWorld(), request); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("holdout_share is 0.5")));
}

}  // namespace
}  // namespace marquee
