#include "recommend/selection.h"

#include <gmock/gmock.h>

#include <string>

#include "base/error_matchers.h"
#include "kernels/top_k.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Rows 0 to 5.
Catalog Films() {
  return Catalog({{"a", "A", 1990, {"Action"}, 10, 3},
                  {"b", "B", 1995, {"Action", "Sci-Fi"}, 20, 3, 12},
                  {"c", "C", 2000, {"Comedy"}, 30, 3},
                  {"d", "D", 0, {"Comedy", "Romance"}, 5, 3},
                  {"e", "E", 2005, {}, 40, 3},
                  {"f", "F", 2010, {"Action"}, 1000, 3, 18}});
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
};

TEST_F(SelectionTest, WithoutAFilterOnlyWhatWasMetIsLeftOut) {
  EXPECT_THAT(LeftOutBy({}, {1, 3}), ElementsAre(1, 3));
}

TEST_F(SelectionTest, FiltersByGenreYearAgeAndId) {
  EXPECT_THAT(LeftOutBy({.genres = {"sci-fi", "COMEDY"}}), ElementsAre(0, 4, 5));
  EXPECT_THAT(LeftOutBy({.min_year = 1995}), ElementsAre(0, 3));
  EXPECT_THAT(LeftOutBy({.max_year = 1995}), ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(LeftOutBy({.min_year = 1995, .max_year = 2000}, {2}), ElementsAre(0, 2, 3, 4, 5));
  EXPECT_THAT(LeftOutBy({.max_age = 12}), ElementsAre(0, 2, 3, 4, 5));
  EXPECT_THAT(LeftOutBy({.exclude = {"f", "unheard of"}}, {0}), ElementsAre(0, 5));
}

TEST_F(SelectionTest, AnUnknownGenreIsNamedWithTheNearest) {
  EXPECT_THAT([&] { LeftOutBy({.genres = {"Comdey"}}); },
              ThrowsError(Code::kInvalidArgument,
                          HasSubstr("genre 'Comdey' is unknown; did you mean 'Comedy'?")));
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
