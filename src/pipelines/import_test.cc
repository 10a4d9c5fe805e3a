#include "pipelines/import.h"

#include <gmock/gmock.h>

#include <fstream>
#include <memory>
#include <set>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "pipelines/gold_reader.h"
#include "pipelines/test_home.h"

namespace marquee {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A home with a lake, and a folder of raw files in the form of MovieLens.
class ImportTest : public testing::Test {
 protected:
  ImportTest() : clock_(kNow), engine_({}), lake_(folder_.path() / "lake", clock_) {
    session_ = engine_.NewSession();
    std::filesystem::create_directories(Raw());
    Put("movies.csv",
        "movieId,title,genres\n"
        "1,\"Matrix, The (1999)\",Action|Sci-Fi\n"
        "2,Babylon 5,(no genres listed)\n"
        "10,Heat (1995),Crime\n");
    Put("ratings.csv",
        "userId,movieId,rating,timestamp\n"
        "1,1,4.0,964982703\n"
        "1,10,3.0,964982704\n"
        "2,1,5.0,964982705\n");
  }

  std::filesystem::path Raw() const { return folder_.path() / "raw"; }
  void Put(const std::string& file, std::string_view text) { WriteFileAtomic(Raw() / file, text); }
  PipelineRun Run() { return {*session_, clock_, progress_, cancel_}; }
  sources::Dataset Open() { return sources::OpenDataset(Raw(), {}); }

  ImportOptions Options(const std::string& date = {}) const {
    ImportOptions options;
    options.load.date = date;
    options.reports = folder_.path() / "reports";
    return options;
  }
  ImportResult Import(const ImportOptions& options) {
    return RunImport(Run(), Open(), lake_, options);
  }
  ImportResult Import(const std::string& date = {}) { return Import(Options(date)); }

  int64_t Count(const std::string& from) {
    for (const std::string& table : lake_.Tables()) lake_.CreateView(*session_, table);
    return session_->QueryInt("select cast(count(*) as bigint) from " + from);
  }
  std::string Text(const std::string& query) {
    for (const std::string& table : lake_.Tables()) lake_.CreateView(*session_, table);
    return session_->QueryText(query);
  }
  std::map<std::string, int64_t> Versions() const {
    std::map<std::string, int64_t> versions;
    for (const std::string& table : lake_.Tables()) versions[table] = lake_.Read(table).version;
    return versions;
  }

  TempDir folder_;
  ManualClock clock_;
  NoProgress progress_;
  CancelToken cancel_;
  lake::Engine engine_;
  std::unique_ptr<lake::Session> session_;
  lake::Lake lake_;
};

TEST_F(ImportTest, MakesAllLayers) {
  const ImportResult result = Import();
  EXPECT_FALSE(result.was_up_to_date);
  EXPECT_EQ(Count("bronze.ratings"), 3);
  EXPECT_EQ(Count("silver.ratings"), 3);
  EXPECT_EQ(Count("silver.rejects"), 0);
  EXPECT_EQ(Count("gold.interactions"), 3);
  EXPECT_EQ(Count("gold.users"), 2);
  EXPECT_EQ(Count("gold.items"), 3);
  EXPECT_EQ(Text("select title from gold.items where item_row = 0"), "The Matrix");
  EXPECT_EQ(Text("select title from gold.items where item_row = 2"), "Babylon 5");
  EXPECT_EQ(Text("select distinct load_date from bronze.ratings"), "2024-01-05");
}

TEST_F(ImportTest, GoldReadsAsInteractions) {
  Import();
  const GoldData gold = ReadGold(*session_, lake_, GoldVersions(lake_));
  EXPECT_EQ(gold.interactions.nnz(), 3);
  EXPECT_EQ(gold.interactions.items().Name(1), "10");
  EXPECT_EQ(gold.items[0].title, "The Matrix");
  EXPECT_THAT(gold.items[0].genres, ElementsAre("Action", "Sci-Fi"));
  EXPECT_EQ(gold.interactions.newest_s(), 964982705);
}

TEST_F(ImportTest, TablesCarryTheWordsOfTheirStep) {
  Import();
  const lake::Snapshot snapshot = lake_.Read("gold.items");
  EXPECT_EQ(snapshot.fields.at(1).name, "item_id");
  EXPECT_EQ(snapshot.fields.at(1).comment, "as the source names the title");
}

TEST_F(ImportTest, RecordsWhatATableWasMadeFrom) {
  Import();
  const Json lineage = lake_.Lineage("gold.interactions");
  EXPECT_THAT(lineage.Dump(), AllOf(HasSubstr("silver.ratings"), HasSubstr("bronze.loads")));
}

TEST_F(ImportTest, TheSameDataAgainWritesNothing) {
  Import();
  const auto versions = Versions();
  clock_.Advance(86'400'000);
  const ImportResult again = Import();
  EXPECT_TRUE(again.was_up_to_date);
  EXPECT_FALSE(again.report.has_value());
  EXPECT_TRUE(std::filesystem::exists(again.report_path));
  EXPECT_EQ(Versions(), versions);
}

TEST_F(ImportTest, ForceWritesAllAgainWithTheSameRows) {
  Import();
  const auto versions = Versions();
  ImportOptions options = Options();
  options.load.force = options.layers.force = true;
  EXPECT_FALSE(Import(options).was_up_to_date);
  for (const auto& [table, version] : Versions()) EXPECT_GT(version, versions.at(table)) << table;
  EXPECT_EQ(Count("bronze.ratings"), 3);
  EXPECT_EQ(Count("gold.interactions"), 3);
}

TEST_F(ImportTest, ADateLoadedAgainIsReplaced) {
  Import("2024-01-01");
  Put("ratings.csv",
      "userId,movieId,rating,timestamp\n"
      "1,1,2.5,964982703\n");
  Import("2024-01-01");
  EXPECT_EQ(Count("bronze.ratings"), 1);
  EXPECT_EQ(Count("bronze.loads"), 1);
  EXPECT_EQ(Count("gold.interactions where rating = 2.5"), 1);
  EXPECT_EQ(Count("gold.interactions"), 1);
}

TEST_F(ImportTest, ADateLoadedAgainLosesTheTablesItNoLongerBrings) {
  Put("tags.csv", "userId,movieId,tag,timestamp\n1,1,red pill,964982703\n");
  Import("2024-01-01");
  EXPECT_EQ(Count("silver.tags"), 1);
  std::filesystem::remove(Raw() / "tags.csv");
  Import("2024-01-01");
  EXPECT_EQ(Count("bronze.tags"), 0);
  EXPECT_EQ(Count("silver.tags"), 0);
}

TEST_F(ImportTest, ALaterDateAddsAndItsRatingsWin) {
  Import("2024-01-01");
  clock_.Advance(86'400'000);
  Put("ratings.csv",
      "userId,movieId,rating,timestamp\n"
      "1,1,2.5,964982703\n"
      "3,10,5.0,964982709\n");
  const ImportResult second = Import("2024-01-02");
  EXPECT_EQ(Count("bronze.ratings"), 5);
  EXPECT_EQ(Count("bronze.loads"), 2);
  EXPECT_EQ(Count("gold.interactions"), 4);
  EXPECT_EQ(Text("select rating from gold.interactions where user_id = '1' and item_id = '1'"),
            "2.5");
  EXPECT_EQ(second.report->users, 3);
  EXPECT_EQ(second.report->new_users, 1);
  EXPECT_EQ(second.report->new_items, 0);
}

TEST_F(ImportTest, ReportsTheLoad) {
  Put("ratings.csv",
      "userId,movieId,rating,timestamp\n"
      "1,1,4.0,964982703\n"
      "1,1,4.5,964982704\n"
      "1,10,9,964982704\n"
      "2,10,3,964982705\n");
  ImportOptions options = Options();
  options.layers.max_reject_share = 0.25;
  const ImportResult result = Import(options);
  const lake::LoadReport& report = *result.report;
  EXPECT_EQ(report.dataset, "movielens");
  EXPECT_EQ(report.loaded_at_ms, kNow);
  const auto ratings =
      std::find_if(report.tables.begin(), report.tables.end(),
                   [](const auto& load) { return load.table == "silver.ratings"; });
  ASSERT_NE(ratings, report.tables.end());
  EXPECT_EQ(ratings->rows_in, 4);
  EXPECT_EQ(ratings->rows_out, 2);
  EXPECT_EQ(ratings->replaced(), 1);
  ASSERT_THAT(ratings->rejects, SizeIs(1));
  EXPECT_EQ(ratings->rejects[0].reason, "rating is out of range");
  EXPECT_EQ(report.first_ms, 964982704000);
  EXPECT_EQ(report.last_ms, 964982705000);
  EXPECT_EQ(Json::Parse(ReadFile(result.report_path)).GetString("load_id"), result.load_id);
}

TEST_F(ImportTest, RejectsSayWhereAndWhy) {
  Put("ratings.csv",
      "userId,movieId,rating,timestamp\n"
      "1,1,4.0,964982703\n"
      "1,10\n"
      "2,1,good,964982704\n");
  ImportOptions options = Options();
  options.layers.max_reject_share = 1;
  Import(options);
  EXPECT_EQ(Text("select string_agg(concat_ws('/', table_name, source_file, line, column_name, "
                 "value), ' ' order by line) from silver.rejects"),
            "ratings/ratings.csv/3/1,10 ratings/ratings.csv/4/rating/good");
}

TEST_F(ImportTest, TooManyRejectsFailAndChangeNothing) {
  Import("2024-01-01");
  const int64_t silver = lake_.Read("silver.ratings").version;
  const int64_t gold = lake_.Read("gold.interactions").version;
  Put("ratings.csv",
      "userId,movieId,rating,timestamp\n"
      "1,1,8,964982703\n"
      "1,10,3.0,964982704\n"
      "2,1,9,964982705\n");
  EXPECT_THAT([&] { Import("2024-01-02"); },
              ThrowsError(Code::kFailedPrecondition,
                          AllOf(HasSubstr("2 of 3 rows of ratings are rejected, 67 %"),
                                HasSubstr("allows 5.0 %"),
                                HasSubstr("2 rating is out of range (ratings.csv, line 2: '8')"))));
  EXPECT_EQ(lake_.Read("silver.ratings").version, silver);
  EXPECT_EQ(lake_.Read("gold.interactions").version, gold);
  EXPECT_EQ(Count("bronze.ratings"), 3);
  EXPECT_EQ(Count("bronze.loads"), 1);
  // And the next good load is not held up by the bad one.
  Put("ratings.csv", "userId,movieId,rating,timestamp\n3,1,4.0,964982703\n");
  Import("2024-01-03");
  EXPECT_EQ(Count("gold.interactions"), 4);
}

TEST_F(ImportTest, AFirstLoadThatFailsLeavesNoRows) {
  Put("ratings.csv", "userId,movieId,rating,timestamp\n1,1,8,964982703\n");
  EXPECT_THAT([&] { Import(); }, ThrowsError(Code::kFailedPrecondition, HasSubstr("out of range")));
  EXPECT_EQ(Count("bronze.ratings"), 0);
  EXPECT_FALSE(lake_.Exists("silver.ratings"));
}

TEST_F(ImportTest, WhoWasErasedDoesNotComeBackWithTheFiles) {
  const auto hash = [](std::string_view user) {
    return HashHex(HashKind::kSha256, StrCat("salt", user));
  };
  Put("ratings.csv",
      "userId,movieId,rating,timestamp\n"
      "1,1,4.0,964982703\n"
      " 2 ,1,5.0,964982705\n"
      "2,10,4.0,964982999\n"
      "3,1,4.0,964982705\n"
      "2,1,\"5.0\n"
      "22,1,4.0\n");
  ImportOptions options = Options();
  options.layers.max_reject_share = 1;
  options.load.erased = {"salt", {{hash("2"), 964982900'000, 0, ""}}};
  Import(options);
  EXPECT_EQ(Text("select string_agg(concat(user_id, '@', timestamp), ' ' order by user_id) from "
                 "bronze.ratings where malformed is null"),
            "1@964982703 2@964982999 3@964982705")
      << "what came after the erasure is a new acquaintance";
  EXPECT_EQ(Count("bronze.ratings where raw_line like '2,1,%'"), 0);
  EXPECT_EQ(Count("bronze.ratings where raw_line like '22,%'"), 1) << "somebody else's";
}

TEST_F(ImportTest, AnotherScaleIsASetting) {
  Put("ratings.csv", "userId,movieId,rating,timestamp\n1,1,8,964982703\n");
  ImportOptions options = Options();
  options.load.rating_min = 1;
  options.load.rating_max = 10;
  Import(options);
  EXPECT_EQ(Text("select rating from gold.interactions"), "8.0");
}

TEST_F(ImportTest, RatingsAloneAreEnough) {
  const std::filesystem::path file = folder_.path() / "stars.csv";
  WriteFileAtomic(file, "user,item,rating,timestamp\nann,x1,4,2015-03-02 10:11:12\n");
  RunImport(Run(), sources::OpenDataset(file, {.source = "csv", .mapping = {}}), lake_, Options());
  EXPECT_EQ(Text("select concat(title, cast(genres as varchar)) from gold.items"), "x1[]");
  EXPECT_EQ(Text("select cast(rated_at as varchar) from gold.interactions"),
            "2015-03-02 10:11:12+00");
}

TEST_F(ImportTest, LayersRunByHandOnGivenPaths) {
  lake::Lake a(folder_.path() / "a", clock_);
  lake::Lake b(folder_.path() / "b", clock_);
  lake::Lake c(folder_.path() / "c", clock_);
  RunBronze(Run(), Open(), a, {});
  EXPECT_FALSE(RunSilver(Run(), a, b, {}).was_up_to_date());
  EXPECT_FALSE(RunGold(Run(), b, c, {}).was_up_to_date());
  EXPECT_TRUE(RunGold(Run(), b, c, {}).was_up_to_date());
  EXPECT_THAT(a.Tables(), Contains("bronze.ratings"));
  EXPECT_THAT(b.Tables(), Contains("silver.items"));
  EXPECT_THAT(c.Tables(),
              ElementsAre("gold.interactions", "gold.items", "gold.popularity", "gold.users"));
}

TEST_F(ImportTest, OnlyWhatChangedIsMadeAgain) {
  Import();
  lake_.Restore("silver.links", 0);  // now it is not what its inputs give
  std::vector<std::string> written;
  for (const TableWritten& table : RunSilver(Run(), lake_, lake_, {}).written)
    written.push_back(table.table);
  EXPECT_THAT(written, ElementsAre("silver.links"));
  EXPECT_THAT(RunGold(Run(), lake_, lake_, {}).written, IsEmpty());
}

TEST_F(ImportTest, SilverNeedsBronze) {
  EXPECT_THAT([&] { RunSilver(Run(), lake_, lake_, {}); },
              ThrowsError(Code::kNotFound, HasSubstr("no table bronze.ratings in ")));
}

TEST_F(ImportTest, RefusesABadDate) {
  EXPECT_THAT(
      [&] { Import("2024-13-01"); },
      ThrowsError(Code::kInvalidArgument, HasSubstr("load date '2024-13-01' is not a date")));
}

TEST_F(ImportTest, RefusesAnEmptyScale) {
  ImportOptions options = Options();
  options.load.rating_min = 5;
  EXPECT_THAT([&] { Import(options); },
              ThrowsError(Code::kInvalidArgument,
                          HasSubstr("rating_min 5 is not below import.rating_max 5")));
}

TEST_F(ImportTest, StopsWhenCancelled) {
  cancel_.Request();
  EXPECT_THAT([&] { Import(); }, ThrowsError(Code::kCancelled, HasSubstr("bronze")));
  EXPECT_THAT(lake_.Tables(), IsEmpty());
}

class StageNames : public Progress {
 public:
  void Update(std::string_view stage, double, std::string_view) override {
    const std::lock_guard lock(mutex_);
    names_.emplace(stage);
  }
  std::set<std::string> names() {
    const std::lock_guard lock(mutex_);
    return names_;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> names_;
};

TEST_F(ImportTest, TellsWhereItIs) {
  StageNames stages;
  RunImport({*session_, clock_, stages, cancel_}, Open(), lake_, Options());
  EXPECT_THAT(stages.names(),
              AllOf(Contains("bronze.ratings"), Contains("check bronze"),
                    Contains("silver.ratings"), Contains("gold.interactions"), Contains("report")));
}

}  // namespace
}  // namespace marquee
