#include "recommend/selection.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/error_matchers.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Rows 0 to 5.
Catalog Films() {
  return Catalog({{"a", "A", 1990, {"Action"}, 10, 3},
                  {"b", "B", 1995, {"Action", "Sci-Fi"}, 20, 3},
                  {"c", "C", 2000, {"Comedy"}, 30, 3},
                  {"d", "D", 0, {"Comedy", "Romance"}, 5, 3},
                  {"e", "E", 2005, {}, 40, 3},
                  {"f", "F", 2010, {"Action"}, 1000, 3}});
}

std::vector<int32_t> Rows(const std::vector<kernels::Ranked>& ranked) {
  std::vector<int32_t> rows;
  for (const kernels::Ranked& entry : ranked) rows.push_back(entry.index);
  return rows;
}

class SelectionTest : public testing::Test {
 protected:
  std::vector<int32_t> LeftOutBy(const ItemFilter& filter, std::vector<int32_t> met = {}) {
    return LeftOut(films_, filter, met);
  }
  const Catalog films_ = Films();
  const std::vector<float> scores_ = {6, 5, 4, 3, 2, 1};
};

TEST_F(SelectionTest, WithoutAFilterOnlyWhatWasMetIsLeftOut) {
  EXPECT_THAT(LeftOutBy({}, {1, 3}), ElementsAre(1, 3));
}

TEST_F(SelectionTest, FiltersByGenreYearAndId) {
  EXPECT_THAT(LeftOutBy({.genres = {"sci-fi", "COMEDY"}}), ElementsAre(0, 4, 5));
  EXPECT_THAT(LeftOutBy({.min_year = 1995}), ElementsAre(0, 3));
  EXPECT_THAT(LeftOutBy({.max_year = 1995}), ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(LeftOutBy({.min_year = 1995, .max_year = 2000}, {2}), ElementsAre(0, 2, 3, 4, 5));
  EXPECT_THAT(LeftOutBy({.exclude = {"f", "unheard of"}}, {0}), ElementsAre(0, 5));
}

TEST_F(SelectionTest, AnUnknownGenreIsNamedWithTheNearest) {
  EXPECT_THAT([&] { LeftOutBy({.genres = {"Comdey"}}); },
              ThrowsError(Code::kInvalidArgument,
                          HasSubstr("genre 'Comdey' is unknown; did you mean 'Comedy'?")));
}

TEST_F(SelectionTest, PagesAreOfOneList) {
  EXPECT_THAT(Rows(Select(films_, scores_, {}, {.k = 2})), ElementsAre(0, 1));
  EXPECT_THAT(Rows(Select(films_, scores_, {}, {.k = 2, .skip = 2})), ElementsAre(2, 3));
  EXPECT_THAT(Rows(Select(films_, scores_, {}, {.k = 9, .skip = 5})), ElementsAre(5));
  EXPECT_THAT(Rows(Select(films_, scores_, {}, {.k = 2, .skip = 9})), IsEmpty());
}

TEST_F(SelectionTest, DiversityTakesAnotherGenreBeforeTheNextBest) {
  // Relevance is 1, .8, .6, .4, .2, 0; after A, B is like it by 1/2 and C by nothing.
  EXPECT_THAT(Rows(Select(films_, scores_, {}, {.k = 3, .diversity = 0.5})), ElementsAre(0, 2, 1));
  EXPECT_THAT(Rows(Select(films_, scores_, {}, {.k = 3, .diversity = 0.01})), ElementsAre(0, 1, 2));
  EXPECT_THAT(Rows(Select(films_, scores_, std::vector<int32_t>{2}, {.k = 2, .diversity = 0.5})),
              ElementsAre(0, 3));
  // Pages of a spread list are of one list, too.
  EXPECT_THAT(Rows(Select(films_, scores_, {}, {.k = 1, .skip = 1, .diversity = 0.5})),
              ElementsAre(2));
}

TEST(Select, PagesOfASpreadListAreOfOneListHoweverLongTheyAre) {
  std::vector<CatalogItem> items;
  std::vector<float> scores;
  for (int i = 0; i < 1500; ++i) {
    items.push_back({"i" + std::to_string(i), "", 2000, {"g" + std::to_string(i / 50)}, 1, 3});
    scores.push_back(static_cast<float>(2000 - i));
  }
  const Catalog catalog(std::move(items));
  const std::vector<int32_t> whole =
      Rows(Select(catalog, scores, {}, {.k = 1000, .diversity = 0.7}));
  EXPECT_FALSE(std::ranges::is_sorted(whole));
  EXPECT_EQ(std::set(whole.begin(), whole.end()).size(), 1000);
  std::vector<int32_t> paged;
  for (const int size : {1, 20, 379, 300, 300}) {
    const RecommendQuery page{.k = size, .skip = static_cast<int>(paged.size()), .diversity = 0.7};
    for (const int32_t row : Rows(Select(catalog, scores, {}, page))) paged.push_back(row);
  }
  EXPECT_EQ(paged, whole);
}

TEST_F(SelectionTest, DiversityGivesEveryItemOnce) {
  EXPECT_THAT(Rows(Select(films_, scores_, {}, {.k = 10, .diversity = 1})),
              testing::UnorderedElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(
      Select(films_, scores_, std::vector<int32_t>{0, 1, 2, 3, 4, 5}, {.k = 3, .diversity = 1}),
      IsEmpty());
}

TEST_F(SelectionTest, TastesFindTheirGenresAndTheKnownFilmsFirst) {
  const std::vector<float> scores = TasteScores(films_, {{"action", 5}, {"comedy", -1}});
  EXPECT_THAT(Rows(kernels::TopK(scores, 3)), ElementsAre(5, 0, 1));
  EXPECT_LT(scores[2], 0);
  EXPECT_EQ(scores[4], 0);
  EXPECT_THAT(TasteScores(films_, {}), testing::Each(0));
  EXPECT_THAT(
      [&] {
        TasteScores(films_, {{"noir", 1}});
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("genre 'noir' is unknown")));
}

}  // namespace
}  // namespace marquee
