// The readers on the real releases, found beside the project (MARQUEE_SHARED, default ../shared).
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/error_matchers.h"
#include "sources/collect_rows.h"
#include "sources/dataset.h"
#include "sources/delimited.h"

namespace marquee::sources {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;
using testing::Pair;

fs::path DataFolder() {
  const char* shared = std::getenv("MARQUEE_SHARED");
  return fs::path(shared == nullptr ? "../shared" : shared) / "data";
}

bool Missing(const char* folder) { return !fs::exists(DataFolder() / folder); }

constexpr char kNoData[] = "this real data is not beside the project: set MARQUEE_SHARED";

size_t CountMalformed(const std::vector<TextRow>& rows) {
  return static_cast<size_t>(std::count_if(
      rows.begin(), rows.end(), [](const TextRow& row) { return row.contains("malformed"); }));
}

size_t Distinct(const std::vector<TextRow>& rows, const std::string& column) {
  std::set<std::string> values;
  for (const TextRow& row : rows) values.insert(row.at(column));
  return values.size();
}

TEST(RealData, Movielens1m) {
  if (Missing("ml-1m")) GTEST_SKIP() << kNoData;
  const Dataset dataset = OpenDataset(DataFolder() / "ml-1m", {});
  EXPECT_EQ(dataset.name, "movielens-1m");
  EXPECT_THAT(dataset.notice, HasSubstr("Harper and Konstan"));

  const std::vector<TextRow> ratings = CollectTable(dataset, "ratings");
  EXPECT_EQ(ratings.size(), 1'000'209u);
  EXPECT_EQ(CountMalformed(ratings), 0u);
  EXPECT_EQ(Distinct(ratings, "user_id"), 6040u);
  EXPECT_EQ(Distinct(ratings, "item_id"), 3706u);
  EXPECT_THAT(ratings.front(), IsSupersetOf(TextRow{{"user_id", "1"},
                                                    {"item_id", "1193"},
                                                    {"rating", "5"},
                                                    {"timestamp", "978300760"},
                                                    {"source_file", "ratings.dat"},
                                                    {"line", "1"}}));
  EXPECT_EQ(ratings.back().at("line"), "1000209");

  const std::vector<TextRow> items = CollectTable(dataset, "items");
  EXPECT_EQ(items.size(), 3883u);
  EXPECT_EQ(CountMalformed(items), 0u);
  EXPECT_THAT(items, Contains(IsSupersetOf(TextRow{{"item_id", "73"},
                                                   {"title", "Misérables, Les (1995)"},
                                                   {"genres", "Drama|Musical"}})));
  EXPECT_EQ(CollectTable(dataset, "users").size(), 6040u);
  EXPECT_EQ(FindTable(dataset, "tags"), nullptr);
}

TEST(RealData, Movielens100k) {
  if (Missing("ml-100k")) GTEST_SKIP() << kNoData;
  const Dataset dataset = OpenDataset(DataFolder() / "ml-100k", {});
  EXPECT_EQ(dataset.name, "movielens-100k");
  const std::vector<TextRow> ratings = CollectTable(dataset, "ratings");
  EXPECT_EQ(ratings.size(), 100'000u);
  EXPECT_EQ(Distinct(ratings, "user_id"), 943u);
  const std::vector<TextRow> items = CollectTable(dataset, "items");
  EXPECT_EQ(items.size(), 1682u);
  EXPECT_EQ(CountMalformed(ratings) + CountMalformed(items), 0u);
  EXPECT_THAT(items.front(), IsSupersetOf(TextRow{{"title", "Toy Story (1995)"},
                                                  {"genres", "Animation|Children's|Comedy"},
                                                  {"release_date", "01-Jan-1995"}}));
  EXPECT_THAT(items, Contains(Contains(Pair("genres", "unknown"))));
  EXPECT_THAT(CollectTable(dataset, "users").front(),
              IsSupersetOf(TextRow{{"user_id", "1"},
                                   {"age", "24"},
                                   {"gender", "M"},
                                   {"occupation", "technician"},
                                   {"zip_code", "85711"}}));
}

TEST(RealData, MovielensLatestSmall) {
  if (Missing("ml-latest-small")) GTEST_SKIP() << kNoData;
  const Dataset dataset = OpenDataset(DataFolder() / "ml-latest-small", {});
  EXPECT_EQ(dataset.name, "movielens-latest-small");
  const std::vector<TextRow> ratings = CollectTable(dataset, "ratings");
  EXPECT_EQ(ratings.size(), 100'836u);
  EXPECT_EQ(ratings.front().at("line"), "2");
  const std::vector<TextRow> items = CollectTable(dataset, "items");
  EXPECT_EQ(items.size(), 9742u);
  EXPECT_THAT(items, Contains(Contains(Pair("title", "American President, The (1995)"))));
  EXPECT_EQ(CollectTable(dataset, "tags").size(), 3683u);
  EXPECT_EQ(CollectTable(dataset, "links").size(), 9742u);
  EXPECT_EQ(FindTable(dataset, "users"), nullptr);
}

TEST(RealData, ARatingsFileOfAReleaseIsAlsoAPlainCsv) {
  if (Missing("ml-latest-small")) GTEST_SKIP() << kNoData;
  const Dataset dataset = OpenDataset(DataFolder() / "ml-latest-small" / "ratings.csv", {});
  EXPECT_EQ(dataset.name, "csv");
  EXPECT_EQ(CollectTable(dataset, "ratings").size(), 100'836u);
}

TEST(RealData, QuotedFieldsWithLineBreaksKeepTheLineNumbersExact) {
  if (Missing("netflix-titles")) GTEST_SKIP() << kNoData;
  const fs::path file = DataFolder() / "netflix-titles" / "netflix_titles.csv";
  if (!fs::exists(file)) GTEST_SKIP() << "no " << file;
  DelimitedOptions options;
  options.num_fields = 12;
  DelimitedReader reader(OpenFileBytes(file), options);
  Record record;
  size_t records = 0;
  while (reader.Next(&record)) {
    ++records;
    EXPECT_EQ(record.malformed, "") << record.line;
  }
  EXPECT_EQ(records, 8808u);  // with its header
}

TEST(RealData, AFolderOfSeveralReleasesIsRefusedAndTheyAreNamed) {
  if (Missing("ml-1m")) GTEST_SKIP() << kNoData;
  EXPECT_THAT([] { OpenDataset(DataFolder(), {}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("several data sets: ml-100k, ml-1m")));
}

}  // namespace
}  // namespace marquee::sources
