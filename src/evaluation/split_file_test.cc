#include "evaluation/split_file.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"

namespace marquee {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class SplitFile : public testing::Test {
 protected:
  std::filesystem::path Write(std::string_view text) {
    const auto path = folder_.path() / "split";
    WriteFileAtomic(path, text);
    return path;
  }
  TempDir folder_;
};

TEST_F(SplitFile, RatingsAreReadLineByLine) {
  const auto ratings = ReadRatingFile(Write("3\t14\t4.5\t978300760\r\n0\t2\t1\t-5\n\n"));
  ASSERT_EQ(ratings.size(), 2u);
  EXPECT_EQ(ratings[0].user, 3);
  EXPECT_EQ(ratings[0].item, 14);
  EXPECT_EQ(ratings[0].value, 4.5f);
  EXPECT_EQ(ratings[0].time_s, 978300760);
  EXPECT_EQ(ratings[1].time_s, -5);
}

TEST_F(SplitFile, ABrokenRatingIsNamedByItsLine) {
  for (const char* line : {"1\t2\t3", "1\t2\t3\t4\t5", "a\t2\t3\t4", "1\t2\tnan\t4", "1,2,3,4"}) {
    const auto path = Write(std::string("1\t2\t3\t4\n") + line + "\n");
    EXPECT_THAT([&] { ReadRatingFile(path); },
                ThrowsError(Code::kInvalidArgument, AllOf(HasSubstr("line 2"), HasSubstr(line))));
  }
}

TEST_F(SplitFile, NegativesAreReadLineByLine) {
  const auto lines = ReadNegativesFile(Write("(0,25)\t1064\t174\n(1,133)\t7\n"));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].user, 0);
  EXPECT_EQ(lines[0].item, 25);
  EXPECT_THAT(lines[0].negatives, ElementsAre(1064, 174));
  EXPECT_THAT(lines[1].negatives, ElementsAre(7));
}

TEST_F(SplitFile, BrokenNegativesAreNamedByTheirLine) {
  for (const char* line : {"(0,25)", "0,25\t3", "(0)\t3", "(0,x)\t3", "(0,25)\tx"}) {
    const auto path = Write(line);
    EXPECT_THAT([&] { ReadNegativesFile(path); },
                ThrowsError(Code::kInvalidArgument, AllOf(HasSubstr("line 1"), HasSubstr(line))));
  }
}

TEST_F(SplitFile, RowsFollowTheNumbers) {
  const NumberedIds users({7, 3, 7}), items({100, 20});
  const Interactions data = ToInteractions({{7, 20, 4, 1}, {3, 100, 2, 5}}, users, items);
  EXPECT_EQ(data.users().Name(0), "3");
  EXPECT_EQ(data.items().Name(1), "100");
  EXPECT_THAT(data.by_user().Row(1).columns, ElementsAre(0));
  EXPECT_THAT(data.by_user().Row(1).values, ElementsAre(4));
}

}  // namespace
}  // namespace marquee
