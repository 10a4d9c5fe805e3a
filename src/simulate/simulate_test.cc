#include "simulate/simulate.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error_matchers.h"
#include "base/files.h"
#include "base/text.h"
#include "simulate/audience.h"
#include "simulate/titles.h"
#include "sources/collect_rows.h"
#include "sources/dataset.h"

namespace marquee {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::HasSubstr;
using testing::IsSubsetOf;
using testing::Le;

struct Rating {
  int64_t user;
  int64_t film;
  double stars;
  int64_t time;
};

SimulateOptions SmallWorld() {
  SimulateOptions options;
  options.users = 2500;
  options.films = 1600;
  options.ratings = 250'000;
  return options;
}

fs::path Write(const SimulateOptions& options, const fs::path& folder) {
  NoProgress progress;
  const CancelToken cancel;
  return WriteSimulatedWorld(options, folder, progress, cancel).folder;
}

// One small world for the tests that only look at it.
class SimulatedWorld : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempDir;
    Write(SmallWorld(), folder_->path());
    dataset_ = new sources::Dataset(sources::OpenDataset(folder_->path(), {}));
    for (const sources::TextRow& row : sources::CollectTable(*dataset_, "ratings"))
      ratings_.push_back({*ParseInt(row.at("user_id")), *ParseInt(row.at("item_id")),
                          *ParseDouble(row.at("rating")), *ParseInt(row.at("timestamp"))});
  }
  static void TearDownTestSuite() {
    ratings_.clear();
    delete dataset_;
    delete folder_;
  }

  static std::map<int64_t, std::vector<Rating>> ByUser() {
    std::map<int64_t, std::vector<Rating>> by_user;
    for (const Rating& rating : ratings_) by_user[rating.user].push_back(rating);
    return by_user;
  }

  static std::vector<int64_t> FilmCounts() {
    std::vector<int64_t> counts(static_cast<size_t>(SmallWorld().films) + 1);
    for (const Rating& rating : ratings_) ++counts[static_cast<size_t>(rating.film)];
    return counts;
  }

  static inline TempDir* folder_;
  static inline sources::Dataset* dataset_;
  static inline std::vector<Rating> ratings_;
};

TEST_F(SimulatedWorld, IsADataSetOfItsOwnName) {
  EXPECT_EQ(dataset_->name, "simulated");
  EXPECT_EQ(dataset_->notice, "");
}

TEST_F(SimulatedWorld, HasTheCountsAskedFor) {
  EXPECT_EQ(ratings_.size(), 250'000u);
  EXPECT_EQ(ByUser().size(), 2500u);
  EXPECT_EQ(sources::CollectTable(*dataset_, "items").size(), 1600u);
}

TEST_F(SimulatedWorld, EveryUserRatesAtLeastTwentyFilmsAndNoneTwice) {
  for (const auto& [user, ratings] : ByUser()) {
    std::set<int64_t> films;
    for (const Rating& rating : ratings) films.insert(rating.film);
    EXPECT_GE(ratings.size(), 20u) << user;
    EXPECT_EQ(films.size(), ratings.size()) << user;
  }
}

TEST_F(SimulatedWorld, IsOrderedByUserAndFilm) {
  EXPECT_TRUE(std::is_sorted(ratings_.begin(), ratings_.end(), [](const auto& a, const auto& b) {
    return std::pair(a.user, a.film) < std::pair(b.user, b.film);
  }));
}

TEST_F(SimulatedWorld, RatesInHalfStarsAroundThreeAndAHalf) {
  double sum = 0;
  for (const Rating& rating : ratings_) {
    ASSERT_EQ(rating.stars * 2, std::round(rating.stars * 2));
    ASSERT_THAT(rating.stars, AllOf(Ge(0.5), Le(5.0)));
    sum += rating.stars;
  }
  EXPECT_NEAR(sum / static_cast<double>(ratings_.size()), 3.5, 0.25);
}

// MovieLens 1M: 9 % of its ratings go to 1 % of the films, its median user has 0.6 of the mean.
TEST_F(SimulatedWorld, SkewsPopularityAndActivity) {
  std::vector<int64_t> counts = FilmCounts();
  std::sort(counts.rbegin(), counts.rend());
  int64_t head = 0;
  for (size_t i = 0; i < 160; ++i) head += counts[i];
  EXPECT_GT(static_cast<double>(head) / 250e3, 0.4);  // a tenth of the films
  std::vector<size_t> activity;
  for (const auto& [user, ratings] : ByUser()) activity.push_back(ratings.size());
  std::sort(activity.begin(), activity.end());
  EXPECT_LT(activity[activity.size() / 2], 0.75 * 250e3 / 2500);
}

TEST_F(SimulatedWorld, NobodyRatesAFilmBeforeItsYear) {
  std::vector<int64_t> first_of_year(1601);
  for (const sources::TextRow& row : sources::CollectTable(*dataset_, "items")) {
    const std::string& title = row.at("title");
    const std::string year = title.substr(title.size() - 5, 4);
    first_of_year[static_cast<size_t>(*ParseInt(row.at("item_id")))] = *ParseUtc(year + "-01-01");
  }
  for (const Rating& rating : ratings_)
    ASSERT_GE(rating.time * 1000, first_of_year[static_cast<size_t>(rating.film)]);
}

TEST_F(SimulatedWorld, RatesInBurstsWithinItsDays) {
  const int64_t end = *ParseUtc("2025-01-01") / 1000;
  std::vector<int64_t> gaps;
  for (auto& [user, ratings] : ByUser()) {
    std::sort(ratings.begin(), ratings.end(),
              [](const auto& a, const auto& b) { return a.time < b.time; });
    EXPECT_GE(ratings.front().time, end - 1096 * 86400);
    EXPECT_LT(ratings.back().time, end);
    for (size_t i = 1; i < ratings.size(); ++i)
      gaps.push_back(ratings[i].time - ratings[i - 1].time);
  }
  std::sort(gaps.begin(), gaps.end());
  EXPECT_LT(gaps[gaps.size() / 2], 60);
  EXPECT_GT(gaps.back(), 14 * 86400);
}

// How much of the attention would have to move to turn one half's shares of the films into the
// other's, 0..1.
template <typename InSecondHalf>
double Moved(const std::vector<Rating>& ratings, InSecondHalf in_second_half) {
  std::vector<double> counts[2] = {std::vector<double>(1601), std::vector<double>(1601)};
  double sums[2] = {0, 0};
  for (const Rating& rating : ratings) {
    const size_t half = in_second_half(rating) ? 1 : 0;
    counts[half][static_cast<size_t>(rating.film)] += 1;
    sums[half] += 1;
  }
  double moved = 0;
  for (size_t i = 0; i < counts[0].size(); ++i)
    moved += std::abs(counts[0][i] / sums[0] - counts[1][i] / sums[1]) / 2;
  return moved;
}

TEST_F(SimulatedWorld, FashionChanges) {
  const int64_t middle = *ParseUtc("2023-07-01") / 1000;
  const double by_time = Moved(ratings_, [&](const Rating& r) { return r.time >= middle; });
  const double by_chance = Moved(ratings_, [](const Rating& r) { return r.user % 2 == 0; });
  EXPECT_GT(by_time, 1.7 * by_chance);
  EXPECT_LT(by_time, 0.5);
}

// Films liked together tell more than popularity: for every fifth user a fifth of what they saw is
// hidden, and the rest recommends it through the other users.
TEST_F(SimulatedWorld, NeighboursPredictBetterThanPopularity) {
  const size_t n = 1601;
  std::vector<std::vector<double>> together(n, std::vector<double>(n));
  std::vector<double> popularity(n);
  const auto by_user = ByUser();
  for (const auto& [user, ratings] : by_user) {
    if (user % 5 == 0) continue;
    for (const Rating& a : ratings) {
      popularity[static_cast<size_t>(a.film)] += 1;
      for (const Rating& b : ratings)
        together[static_cast<size_t>(a.film)][static_cast<size_t>(b.film)] += 1;
    }
  }
  const auto hits = [&](const std::vector<Rating>& ratings, bool by_neighbours) {
    std::vector<double> scores = by_neighbours ? std::vector<double>(n) : popularity;
    std::set<size_t> hidden;
    for (size_t i = 0; i < ratings.size(); ++i) {
      const auto film = static_cast<size_t>(ratings[i].film);
      if (i % 5 == 0) hidden.insert(film);
      for (size_t f = 0; by_neighbours && i % 5 != 0 && f < n; ++f)
        scores[f] += together[film][f] / std::sqrt((popularity[film] + 1) * (popularity[f] + 1));
    }
    for (size_t i = 0; i < ratings.size(); ++i)
      if (i % 5 != 0) scores[static_cast<size_t>(ratings[i].film)] = -1;
    std::vector<size_t> order(n);
    for (size_t f = 0; f < n; ++f) order[f] = f;
    std::partial_sort(order.begin(), order.begin() + 20, order.end(),
                      [&](size_t a, size_t b) { return scores[a] > scores[b]; });
    return std::count_if(order.begin(), order.begin() + 20,
                         [&](size_t f) { return hidden.contains(f); });
  };
  double neighbours = 0;
  double popular = 0;
  for (const auto& [user, ratings] : by_user) {
    if (user % 5 != 0) continue;
    neighbours += static_cast<double>(hits(ratings, true));
    popular += static_cast<double>(hits(ratings, false));
  }
  EXPECT_GT(neighbours, 1.3 * popular);
  EXPECT_LT(neighbours, 4 * popular);  // and not by giving everything away
}

TEST_F(SimulatedWorld, TitlesAreUniqueAndGenresAreKnown) {
  std::set<std::string> titles;
  for (const sources::TextRow& row : sources::CollectTable(*dataset_, "items")) {
    titles.insert(row.at("title"));
    const auto genres = Split(row.at("genres"), "|");
    EXPECT_THAT(std::vector<std::string>(genres.begin(), genres.end()),
                IsSubsetOf(std::vector<std::string>(GenreNames().begin(), GenreNames().end())));
    EXPECT_TRUE(std::is_sorted(genres.begin(), genres.end()));
    EXPECT_THAT(genres.size(), AllOf(Ge(1u), Le(3u)));
  }
  EXPECT_EQ(titles.size(), 1600u);
}

TEST_F(SimulatedWorld, SameSeedSameBytes) {
  const TempDir again;
  Write(SmallWorld(), again.path());
  for (const char* file : {"ratings.csv", "movies.csv", "README.txt"})
    EXPECT_EQ(ReadFile(again.path() / file), ReadFile(folder_->path() / file)) << file;
}

TEST_F(SimulatedWorld, AnotherSeedIsAnotherWorld) {
  const TempDir other;
  SimulateOptions options = SmallWorld();
  options.seed = 2;
  Write(options, other.path());
  EXPECT_NE(ReadFile(other.path() / "movies.csv"), ReadFile(folder_->path() / "movies.csv"));
  EXPECT_NE(ReadFile(other.path() / "ratings.csv"), ReadFile(folder_->path() / "ratings.csv"));
}

TEST_F(SimulatedWorld, TheReadmeSaysThatItIsInvented) {
  EXPECT_THAT(ReadFile(folder_->path() / "README.txt"),
              AllOf(HasSubstr("invented"), HasSubstr("seed            1")));
}

TEST(WriteSimulatedWorld, RefusesAnOptionOutOfRangeByName) {
  const auto refuses = [](auto change, const std::string& message) {
    SimulateOptions options = SmallWorld();
    change(options);
    const TempDir folder;
    EXPECT_THAT([&] { Write(options, folder.path()); },
                ThrowsError(Code::kInvalidArgument, HasSubstr(message)));
    EXPECT_TRUE(fs::is_empty(folder.path()));
  };
  refuses([](auto& o) { o.users = 0; }, "users is 0: must be 1 to 10000000");
  refuses([](auto& o) { o.films = 99; }, "films is 99: must be 100 to 1000000");
  refuses([](auto& o) { o.ratings = 49'999; }, "ratings is 49999: must be 50000 to 1000000");
  refuses([](auto& o) { o.days = 27; }, "days is 27: must be 28 to 3650");
  refuses([](auto& o) { o.communities = 0; }, "communities is 0: must be 1 to 1000");
  refuses([](auto& o) { o.taste_strength = -0.5; }, "taste_strength is -0.5: must be 0 to 4");
  refuses([](auto& o) { o.taste_strength = std::nan(""); }, "taste_strength is not a number");
}

TEST(WriteSimulatedWorld, LeavesNothingWhenCancelled) {
  const TempDir folder;
  NoProgress progress;
  CancelToken cancel;
  cancel.Request();
  EXPECT_THAT([&] { WriteSimulatedWorld(SmallWorld(), folder.path(), progress, cancel); },
              ThrowsError(Code::kCancelled, HasSubstr("simulate")));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(WriteSimulatedWorld, TheSmallestAndTheDensestWorldWork) {
  SimulateOptions options = SmallWorld();
  options.users = 1;
  options.films = 100;
  options.ratings = 25;
  options.days = 28;
  const TempDir one;
  EXPECT_EQ(Write(options, one.path()), one.path());
  options.users = 200;
  options.ratings = 200 * 25;
  options.days = 3650;
  const TempDir dense;
  Write(options, dense.path());
  const std::string text = ReadFile(dense.path() / "ratings.csv");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5001);
}

TEST(DrawActivity, GivesAllRatingsWithinTheBounds) {
  SimulateOptions options = SmallWorld();
  options.ratings = options.users * 35;
  const std::vector<int32_t> activity = DrawActivity(options, 40);
  EXPECT_THAT(activity, Each(AllOf(Ge(20), Le(40))));
  EXPECT_EQ(std::accumulate(activity.begin(), activity.end(), int64_t{0}), options.ratings);
}

TEST(CatalogTitle, PutsTheArticleBehind) {
  EXPECT_EQ(CatalogTitle("The Velvet Lighthouse", 1987), "Velvet Lighthouse, The (1987)");
  EXPECT_EQ(CatalogTitle("A Tide in Oslo", 2001), "Tide in Oslo, A (2001)");
  EXPECT_EQ(CatalogTitle("An Amber Crown", 2001), "Amber Crown, An (2001)");
  EXPECT_EQ(CatalogTitle("Thefts Until Dusk", 2001), "Thefts Until Dusk (2001)");
}

TEST(TitleMaker, NeverRepeatsATitle) {
  TitleMaker titles;
  Rng rng(7);
  std::set<std::string> seen;
  for (int i = 0; i < 60'000; ++i)
    ASSERT_TRUE(seen.insert(titles.Make(static_cast<size_t>(i % 3), rng)).second);
}

}  // namespace
}  // namespace marquee
