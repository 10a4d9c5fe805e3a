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
  EXPECT_THAT(catalog_.Search("atrix", 10), IsEmpty());
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
