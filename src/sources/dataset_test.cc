#include "sources/dataset.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/text.h"
#include "sources/collect_rows.h"

namespace marquee::sources {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Key;
using testing::Not;
using testing::SizeIs;

class OpenDatasetTest : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) {
    const fs::path path = root() / name;
    fs::create_directories(path.parent_path());
    WriteFileAtomic(path, text);
  }
  void WriteCsvRelease(const std::string& folder) {
    Write(folder + "/ratings.csv", "userId,movieId,rating,timestamp\n1,10,4.5,964982703\n");
    Write(folder + "/movies.csv",
          "movieId,title,genres\n10,\"Matrix, The (1999)\",Action|Sci-Fi\n");
  }
  const fs::path& root() const { return folder_.path(); }

  static std::vector<std::string> TableNames(const Dataset& dataset) {
    std::vector<std::string> names;
    for (const RawTable& table : dataset.tables) names.push_back(table.name);
    return names;
  }

  TempDir folder_;
};

TEST_F(OpenDatasetTest, ReadsA10mReleaseAsUtf8) {
  Write("ml-10M100K/ratings.dat", "1::122::5::838985046\n");
  Write("ml-10M100K/movies.dat", "122::Am\u00E9lie (2001)::Comedy|Romance\n");
  Write("ml-10M100K/tags.dat", "15::122::excellent!::1215184630\n");
  const Dataset dataset = OpenDataset(root() / "ml-10M100K", {});
  EXPECT_EQ(dataset.name, "movielens-10m");
  EXPECT_THAT(TableNames(dataset), ElementsAre("ratings", "items", "tags"));
  EXPECT_THAT(
      CollectTable(dataset, "items"),
      ElementsAre(AllOf(IsSupersetOf(TextRow{{"item_id", "122"},
                                             {"title", "Am\u00E9lie (2001)"},
                                             {"genres", "Comedy|Romance"},
                                             {"source_file", "movies.dat"},
                                             {"line", "1"}}),
                        Not(Contains(Key("release_date"))), Not(Contains(Key("malformed"))))));
}

TEST_F(OpenDatasetTest, FindsTheReleaseInTheFolderAboveIt) {
  WriteCsvRelease("ml-32m");
  const Dataset dataset = OpenDataset(root(), {});
  EXPECT_EQ(dataset.name, "movielens-32m");
  EXPECT_EQ(CollectTable(dataset, "ratings").at(0).at("source_file"), "ratings.csv");
}

TEST_F(OpenDatasetTest, TheReadmeTellsCsvReleasesApartBeforeTheFolder) {
  WriteCsvRelease("renamed");
  EXPECT_EQ(OpenDataset(root() / "renamed", {}).name, "movielens");
  Write("renamed/README.txt", "Summary\n=======\n\nThis dataset (ml-25m) describes ratings\n");
  EXPECT_EQ(OpenDataset(root() / "renamed", {}).name, "movielens-25m");
  Write("renamed/README.txt", "This dataset (marquee-simulated) is invented.\n");
  EXPECT_EQ(OpenDataset(root() / "renamed", {}).name, "simulated");
}

TEST_F(OpenDatasetTest, ReadsOptionalCsvFilesWhateverTheirColumnOrder) {
  WriteCsvRelease("ml-20m");
  Write("ml-20m/links.csv", "tmdbId,movieId,imdbId\n,10,0133093\n");
  Write("ml-20m/genome-scores.csv", "movieId,tagId,relevance\n");
  const Dataset dataset = OpenDataset(root() / "ml-20m", {});
  EXPECT_THAT(TableNames(dataset), ElementsAre("ratings", "items", "links"));
  EXPECT_THAT(CollectTable(dataset, "links"),
              ElementsAre(IsSupersetOf(
                  TextRow{{"item_id", "10"}, {"imdb_id", "0133093"}, {"tmdb_id", ""}})));
}

TEST_F(OpenDatasetTest, AMissingHeaderColumnIsNamed) {
  WriteCsvRelease("ml-25m");
  Write("ml-25m/ratings.csv", "user,movieId,rating,timestamp\n1,10,4.5,964982703\n");
  EXPECT_THAT([&] { OpenDataset(root() / "ml-25m", {}); },
              ThrowsError(Code::kInvalidArgument,
                          HasSubstr("ratings.csv has no column 'userId': its header is "
                                    "'user,movieId,rating,timestamp'")));
}

TEST_F(OpenDatasetTest, AMalformedLineIsARowWithItsReason) {
  WriteCsvRelease("ml-25m");
  Write("ml-25m/ratings.csv", "userId,movieId,rating,timestamp\n1,10\n2,10,3.0,964982703\n");
  const std::vector<TextRow> rows = CollectTable(OpenDataset(root(), {}), "ratings");
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0], (TextRow{{"source_file", "ratings.csv"},
                              {"line", "2"},
                              {"malformed", "the line has 2 fields, must have 4"},
                              {"raw_line", "1,10"}}));
  EXPECT_THAT(rows[1], IsSupersetOf(TextRow{{"user_id", "2"}, {"line", "3"}}));
}

TEST_F(OpenDatasetTest, AGenreFlagOtherThanZeroOrOneIsMalformed) {
  const std::string flags = "|0|1|0|0|0|0|0|0|1|0|0|0|0|0|0|0|0|0|0";
  Write("u.data", "1\t1\t5\t874965758\n");
  Write("u.item", "1|Toy (1995)|01-Jan-1995||http://x" + flags + "\n2|Bad|||" +
                      ReplaceAll(flags, "|1|", "|x|") + "\n");
  const std::vector<TextRow> rows = CollectTable(OpenDataset(root(), {}), "items");
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_THAT(rows[0],
              IsSupersetOf(TextRow{{"genres", "Action|Drama"}, {"release_date", "01-Jan-1995"}}));
  EXPECT_EQ(rows[1].at("malformed"), "the flag of genre Action is 'x', must be 0 or 1");
  EXPECT_THAT(rows[1].at("raw_line"), testing::StartsWith("2|Bad|||"));
}

TEST_F(OpenDatasetTest, ALongBadFlagIsCutToValidText) {
  Write("u.data", "1\t1\t5\t874965758\n");
  Write("u.item", "1|Toy|||http://x|0" + std::string(40, '\xFF') +
                      ReplaceAll(std::string(18, '.'), ".", "|0") + "\n");
  const Dataset dataset = OpenDataset(root(), {});
  const std::shared_ptr<lake::RowSource> rows = FindTable(dataset, "items")->open();
  CollectingSink sink(rows->Columns(), 8);
  ASSERT_EQ(rows->Fill(sink), 1u);
  EXPECT_TRUE(sink.all_utf8());
  EXPECT_THAT(sink.rows()[0].at("malformed"), HasSubstr("the flag of genre unknown is '0\u00FF"));
}

TEST_F(OpenDatasetTest, ASmallSinkGivesTheSameRows) {
  WriteCsvRelease("ml-25m");
  std::string text = "userId,movieId,rating,timestamp\n";
  for (int i = 0; i < 100; ++i) text += StrCat(i, ",10,3.0,964982703\n");
  Write("ml-25m/ratings.csv", text);
  const Dataset dataset = OpenDataset(root(), {});
  const RawTable& table = *FindTable(dataset, "ratings");
  EXPECT_EQ(Collect(*table.open(), 7), Collect(*table.open(), 2048));
}

TEST_F(OpenDatasetTest, TheFingerprintFollowsTheFilesItReads) {
  WriteCsvRelease("ml-25m");
  const std::string before = OpenDataset(root(), {}).fingerprint;
  Write("ml-25m/checksums.txt", "not read");
  EXPECT_EQ(OpenDataset(root(), {}).fingerprint, before);
  Write("ml-25m/ratings.csv", "userId,movieId,rating,timestamp\n1,10,4.5,964982703\n1,11,2,3\n");
  EXPECT_NE(OpenDataset(root(), {}).fingerprint, before);
}

TEST_F(OpenDatasetTest, AMissingPathIsNotFound) {
  EXPECT_THAT([&] { OpenDataset(root() / "nothing", {}); },
              ThrowsError(Code::kNotFound, HasSubstr("nothing")));
}

TEST_F(OpenDatasetTest, AFolderWithoutAReleaseSaysWhatWasLookedFor) {
  Write("readme.txt", "hello");
  EXPECT_THAT([&] { OpenDataset(root(), {}); },
              ThrowsError(Code::kInvalidArgument,
                          HasSubstr("looked for u.data + u.item, ratings.dat + movies.dat, or "
                                    "ratings.csv + movies.csv")));
}

TEST_F(OpenDatasetTest, AnUnknownSourceIsNamed) {
  EXPECT_THAT([&] { OpenDataset(root(), {.source = "movielen", .mapping = {}}); },
              ThrowsError(Code::kInvalidArgument,
                          HasSubstr("source is 'movielen'; did you mean 'movielens'?")));
}

TEST_F(OpenDatasetTest, OneFileOfAReleaseIsRefusedWithAHint) {
  Write("ratings.dat", "1::122::5::838985046\n");
  EXPECT_THAT([&] { OpenDataset(root() / "ratings.dat", {}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("a MovieLens release has several")));
}

TEST_F(OpenDatasetTest, CsvColumnsAreMapped) {
  Write("views.csv", "when;who;what;how\n2020-01-02;ann;m1;4\n");
  const Dataset dataset = OpenDataset(
      root() / "views.csv",
      {.source = "csv",
       .mapping = {{"user", "who"}, {"item", "what"}, {"rating", "how"}, {"timestamp", "when"}}});
  EXPECT_EQ(dataset.name, "csv");
  EXPECT_THAT(TableNames(dataset), ElementsAre("ratings"));
  EXPECT_THAT(CollectTable(dataset, "ratings"),
              ElementsAre(IsSupersetOf(TextRow{{"user_id", "ann"},
                                               {"item_id", "m1"},
                                               {"rating", "4"},
                                               {"timestamp", "2020-01-02"},
                                               {"source_file", "views.csv"},
                                               {"line", "2"}})));
}

TEST_F(OpenDatasetTest, UsualCsvNamesNeedNoMapping) {
  Write("plays.csv",
        "User ID,movie_id,Title,Release_Year\nu1,m1,\"Alien\",1979\nu2\nu2,m1,Alien,1979\n");
  const Dataset dataset = OpenDataset(root() / "plays.csv", {});
  const std::vector<TextRow> ratings = CollectTable(dataset, "ratings");
  ASSERT_THAT(ratings, SizeIs(3));
  EXPECT_THAT(ratings[0],
              AllOf(IsSupersetOf(
                        TextRow{{"user_id", "u1"}, {"item_id", "m1"}, {"rating", kImplicitRating}}),
                    Not(Contains(Key("timestamp")))));
  EXPECT_TRUE(ratings[1].contains("malformed"));
  const std::vector<TextRow> items = CollectTable(dataset, "items");  // reported once, above
  ASSERT_THAT(items, SizeIs(2));
  EXPECT_THAT(items[1],
              IsSupersetOf(TextRow{
                  {"item_id", "m1"}, {"title", "Alien"}, {"release_date", "1979"}, {"line", "4"}}));
}

TEST_F(OpenDatasetTest, CsvMappingErrorsNameTheHeaderAndTheKeys) {
  Write("a.csv", "who,what,score\n");
  const auto open = [&](std::map<std::string, std::string> mapping) {
    return
        [this, mapping] { OpenDataset(root() / "a.csv", {.source = "csv", .mapping = mapping}); };
  };
  EXPECT_THAT(open({{"user", "whom"}, {"item", "what"}}),
              ThrowsError(Code::kInvalidArgument,
                          HasSubstr("has no column 'whom' (mapped to user); did you mean 'who'?: "
                                    "its header is 'who,what,score'")));
  EXPECT_THAT(open({{"user", "who"}}),
              ThrowsError(Code::kInvalidArgument, HasSubstr("no column is known to be the item")));
  EXPECT_THAT(open({{"uzer", "who"}}),
              ThrowsError(Code::kInvalidArgument,
                          HasSubstr("unknown mapping key 'uzer'; did you mean 'user'?")));
}

TEST_F(OpenDatasetTest, AnEmptyCsvLacksItsColumns) {
  Write("empty.csv", "");
  EXPECT_THAT([&] { OpenDataset(root() / "empty.csv", {}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("its header is ''")));
}

TEST_F(OpenDatasetTest, ABinaryFileIsNoCsv) {
  Write("utf16.csv", std::string("u\0s\0e\0r\0\n\0", 10));
  EXPECT_THAT([&] { OpenDataset(root() / "utf16.csv", {}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("NUL byte")));
}

}  // namespace
}  // namespace marquee::sources
