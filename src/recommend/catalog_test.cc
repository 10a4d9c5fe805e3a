#include "recommend/catalog.h"

#include <gmock/gmock.h>

#include "recommend/fold_text.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

CatalogItem Item(std::string id, std::string title, int64_t ratings) {
  CatalogItem item;
  item.item_id = std::move(id);
  item.title = std::move(title);
  item.num_ratings = ratings;
  return item;
}

class CatalogTest : public testing::Test {
 protected:
  const Catalog catalog_{{Item("a", "Amélie", 5), Item("b", "The Matrix", 9),
                          Item("c", "Matrix Reloaded, The", 3), Item("d", "Schindler's List", 7),
                          Item("e", "七人の侍", 2)}};
};

TEST_F(CatalogTest, AccentsCaseAndPunctuationDoNotCount) {
  EXPECT_THAT(catalog_.Search("AMELIE!", 10), ElementsAre(0));
  EXPECT_THAT(catalog_.Search("schindlers", 10), ElementsAre(3));
  EXPECT_THAT(catalog_.Search("七人", 10), ElementsAre(4));
}

TEST_F(CatalogTest, WordsMatchAsBeginningsInAnyOrder) {
  EXPECT_THAT(catalog_.Search("rel mat", 10), ElementsAre(2));
  EXPECT_THAT(catalog_.Search("trix", 10), IsEmpty());
}

TEST_F(CatalogTest, TitlesThatBeginWithTheQueryComeFirst) {
  EXPECT_THAT(catalog_.Search("matrix", 10), ElementsAre(2, 1));
}

TEST_F(CatalogTest, AnEmptyQueryGivesThePopularOnes) {
  EXPECT_THAT(catalog_.Search("", 2), ElementsAre(1, 3));
  EXPECT_THAT(catalog_.Search("?!", 2), IsEmpty());
}

TEST_F(CatalogTest, EachWordOfTheQueryMustBeThere) {
  EXPECT_THAT(catalog_.Search("the matrix reloaded", 10), ElementsAre(2));
  EXPECT_THAT(catalog_.Search("the the matrix", 10), ElementsAre(1, 2));
  EXPECT_THAT(catalog_.Search("matrix list", 10), IsEmpty());
}

TEST_F(CatalogTest, NoMoreAreGivenThanAskedFor) {
  EXPECT_THAT(catalog_.Search("the", 1), ElementsAre(1));
  EXPECT_THAT(catalog_.Search("s", 1), ElementsAre(3));
}

TEST_F(CatalogTest, TypingErrorsAreForgivenBehindWhatIsRight) {
  EXPECT_THAT(catalog_.Search("matrxi", 10), ElementsAre(1, 2)) << "neighbours exchanged: one";
  EXPECT_THAT(catalog_.Search("atrix", 10), ElementsAre(1, 2));
  EXPECT_THAT(catalog_.Search("mattrix", 10), ElementsAre(1, 2));
  EXPECT_THAT(catalog_.Search("metrex", 10), IsEmpty()) << "two errors in six letters";
  EXPECT_THAT(catalog_.Search("shcindlrs", 10), ElementsAre(3)) << "two in nine letters";
  EXPECT_THAT(catalog_.Search("shcinlrss", 10), IsEmpty());
  EXPECT_THAT(catalog_.Search("lst", 10), IsEmpty()) << "none in three letters";
  const Catalog near({Item("a", "Dove", 9), Item("b", "Love Story", 1), Item("c", "My Love", 2)});
  EXPECT_THAT(near.Search("love", 10), ElementsAre(1, 2, 0));
  const Catalog words({Item("a", "Броненосец Потёмкин", 1)});
  EXPECT_THAT(words.Search("Бронеонсец", 10), ElementsAre(0)) << "a letter is one, not its bytes";
}

TEST_F(CatalogTest, PagesGoOnWhereTheLastOneEnded) {
  for (const std::string text : {"", "the", "matrix", "matrxi"}) {
    const std::vector<int32_t> whole = catalog_.Search(text, 10);
    std::vector<int32_t> paged;
    TitleQuery query{.text = text, .filter = {}, .limit = 1, .after = {}};
    do {
      const TitlePage page = catalog_.Search(query);
      paged.insert(paged.end(), page.rows.begin(), page.rows.end());
      query.after = page.next;
    } while (query.after);
    EXPECT_EQ(paged, whole) << text;
  }
}

TEST(Catalog, SearchPassesTheFilterAndLeavesOutWhatIsDeleted) {
  std::vector<CatalogItem> items = {Item("a", "Alien", 5), Item("b", "Aliens", 4),
                                    Item("c", "Alien 3", 3)};
  items[0].year = 1979;
  items[1].year = 1986;
  items[1].genres = {"Action"};
  items[2].deleted = true;
  const Catalog catalog(items);
  const auto search = [&](ItemFilter filter) {
    return catalog.Search({.text = "alien", .filter = std::move(filter), .limit = 10, .after = {}})
        .rows;
  };
  EXPECT_THAT(search({}), ElementsAre(0, 1));
  EXPECT_THAT(search({.genres = {"action"}}), ElementsAre(1));
  EXPECT_THAT(search({.max_year = 1980}), ElementsAre(0));
  EXPECT_THAT(search({.exclude = {"a"}}), ElementsAre(1));
  EXPECT_THAT(catalog.unavailable(), ElementsAre(2));
}

TEST(Catalog, EquallyPopularTitlesStandInTheirOrder) {
  const Catalog catalog({Item("b", "Alien", 5), Item("a", "Aliens", 5), Item("c", "Alive", 5)});
  EXPECT_THAT(catalog.Search("ali", 10), ElementsAre(0, 1, 2));
}

TEST(Catalog, EmptyFindsNothing) { EXPECT_THAT(Catalog({}).Search("alien", 10), IsEmpty()); }

TEST_F(CatalogTest, AnItemIsFoundByItsId) {
  EXPECT_EQ(catalog_.Find("d"), 3);
  EXPECT_FALSE(catalog_.Find("z"));
}

TEST(FoldText, LatinLettersLoseTheirAccents) {
  EXPECT_EQ(FoldText("Ça ira: L’été à Łódź — Žižek’s Øre"), "ca ira lete a lodz zizeks ore");
  EXPECT_EQ(FoldText("e\xCC\x81"), "e");
}

}  // namespace
}  // namespace marquee
