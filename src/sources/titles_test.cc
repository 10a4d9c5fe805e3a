#include "sources/titles.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/text.h"

namespace marquee::sources {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kHeader[] =
    "show_id,type,title,director,cast,country,date_added,release_year,rating,duration,listed_in,"
    "description\n";

class TitlesTest : public testing::Test {
 protected:
  std::filesystem::path Write(const std::string& text) {
    const std::filesystem::path path = dir_.path() / "titles.csv";
    WriteFileAtomic(path, text);
    return path;
  }
  TempDir dir_;
};

TEST_F(TitlesTest, ReadsTheNewestEdition) {
  const TitlesFile titles = OpenTitles(
      Write(StrCat(kHeader, "s1,Movie,A,B,\"C, D\",E,\"May 1, 2020\",2019,R,90 min,X,Y\n")));
  EXPECT_THAT(titles.missing, IsEmpty());
  EXPECT_EQ(titles.table.columns, TitleColumns());
}

TEST_F(TitlesTest, TakesOlderColumnSetsInAnyOrderAndSaysWhatIsMissing) {
  const TitlesFile titles =
      OpenTitles(Write("Show ID,Title,Release Year,Rating,Duration,Genres,Type\n"
                       "81145628,A,2019,R,90 min,X,Movie\n"));
  EXPECT_THAT(titles.missing,
              ElementsAre("director", "cast", "country", "date_added", "description"));
}

TEST_F(TitlesTest, NamesMissingColumnsAndThoseFound) {
  EXPECT_THAT([&] { OpenTitles(Write("user,item,rating\n1,2,3\n")); },
              ThrowsError(Code::kInvalidArgument,
                          AllOf(HasSubstr("it lacks show_id, type, title, release_year, duration, "
                                          "listed_in"),
                                HasSubstr("found user, item, rating"))));
}

TEST_F(TitlesTest, RefusesAnEmptyFileAndOneThatIsNoTable) {
  EXPECT_THAT([&] { OpenTitles(Write("")); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("found nothing: it is empty")));
  EXPECT_THAT([&] { OpenTitles(Write(std::string("\x89PNG\r\n\x1a\n\0\0", 10))); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("it lacks show_id")));
}

TEST_F(TitlesTest, RefusesAFirstLineWithoutEnd) {
  EXPECT_THAT([&] { OpenTitles(Write(std::string(3 << 20, 'a'))); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("its header is unreadable")));
}

}  // namespace
}  // namespace marquee::sources
