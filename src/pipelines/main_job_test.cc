// The main job on a made world: two tastes, told apart by what they watch.
#include "pipelines/main_job.h"

#include <gmock/gmock.h>

#include <memory>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "pipelines/import.h"
#include "pipelines/test_home.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr int kUsers = 200;
constexpr int kItems = 80;
constexpr int kRatingsPerUser = 20;

// Users with even ids like the first half of the titles, the others the second half.
std::string MadeRatings() {
  Rng rng(7);
  std::string text = "user,item,rating,timestamp,title\n";
  for (int user = 0; user < kUsers; ++user) {
    for (int i = 0; i < kRatingsPerUser; ++i) {
      const auto item = rng.Below(kItems / 2) + (user % 2 == 0 ? 0 : kItems / 2);
      text += StrCat(user, ",", item, ",", 4 + rng.Below(2), ",", 964982703 + user * 100 + i,
                     item < kItems / 2 ? ",Funny Film\n" : ",Sad Story\n");
    }
  }
  return text;
}

class MainJobTest : public testing::Test {
 protected:
  MainJobTest()
      : clock_(1'704'448'800'000),
        engine_({}),
        lake_(folder_.path() / "lake", clock_),
        store_(folder_.path() / "models", clock_) {
    session_ = engine_.NewSession();
  }

  void Import(std::string_view csv) {
    const std::filesystem::path file = folder_.path() / "ratings.csv";
    WriteFileAtomic(file, csv);
    ImportOptions options;
    options.reports = folder_.path() / "reports";
    RunImport({*session_, clock_, progress_, cancel_},
              sources::OpenDataset(file, {.source = "csv", .mapping = {}}), lake_, options);
  }
  MainJobResult Run() {
    MainJobOptions options;
    options.report = folder_.path() / "reports" / "main_job.json";
    return RunMainJob({*session_, lake_, store_}, options, progress_, cancel_);
  }
  std::shared_ptr<const ModelBundle> Load() {
    return LoadPublished({*session_, lake_, store_}, kMinRating, clock_);
  }

  TempDir folder_;
  ManualClock clock_;
  NoProgress progress_;
  CancelToken cancel_;
  lake::Engine engine_;
  std::unique_ptr<lake::Session> session_;
  lake::Lake lake_;
  ModelStore store_;
};

TEST_F(MainJobTest, PublishesAModelThatKnowsTheTastes) {
  Import(MadeRatings());
  const MainJobResult result = Run();
  EXPECT_FALSE(result.was_up_to_date);
  EXPECT_THAT(result.comparison.AsArray(), SizeIs(4));
  EXPECT_NE(result.published.champion.type, "most-popular");

  const RecommendEngine engine(Load());
  const Recommendation answer = engine.Recommend("0", 5);
  EXPECT_EQ(answer.rung, "personal");
  ASSERT_THAT(answer.items, Not(IsEmpty()));
  for (const Recommended& item : answer.items) {
    const std::string& id = answer.bundle->catalog->at(item.item).item_id;
    EXPECT_LT(ParseInt(id).value_or(kItems), kItems / 2) << id << " is of the other taste";
  }
}

TEST_F(MainJobTest, RunsAgainOnlyWhenTheDataChanged) {
  Import(MadeRatings());
  const MainJobResult first = Run();
  const MainJobResult again = Run();
  EXPECT_TRUE(again.was_up_to_date);
  EXPECT_EQ(again.published.champion, first.published.champion);
  Import(MadeRatings() + "7,70,5,970000000,Sad Story\n");
  EXPECT_FALSE(Run().was_up_to_date);
}

TEST_F(MainJobTest, TrainsOnThePublishedTables) {
  Import(MadeRatings());
  const MainJobResult result = Run();
  const ModelManifest manifest =
      store_.Find(result.published.champion.type, result.published.champion.version);
  ASSERT_THAT(manifest.data, SizeIs(3));
  for (const lake::TableVersion& table : manifest.data)
    EXPECT_EQ(table.version, lake_.Read(table.table).version) << table.table;
  EXPECT_NE(manifest.metrics.Find("ndcg@100"), nullptr);
}

TEST_F(MainJobTest, LeavesOutAModelThatTheDataDoesNotSuit) {
  Import(ReplaceAll(ReplaceAll(ReplaceAll(MadeRatings(), ",title", ""), ",Funny Film", ""),
                    ",Sad Story", ""));
  std::vector<std::string> types;
  const MainJobResult result = Run();
  for (const Json& row : result.comparison.AsArray()) types.push_back(row.GetString("model"));
  EXPECT_THAT(types, ElementsAre("most-popular", "ials", "ease"));
}

TEST_F(MainJobTest, TooFewUsersToComparePublishesWhatIsPopular) {
  Import("user,item,rating,timestamp\n1,a,5,964982703\n2,a,4,964982704\n2,b,5,964982705\n");
  const MainJobResult result = Run();
  EXPECT_THAT(result.comparison.AsArray(), IsEmpty());
  EXPECT_EQ(result.published.champion.type, "most-popular");
  EXPECT_THAT(RecommendEngine(Load()).Recommend("1", 5).items, SizeIs(1));
}

TEST_F(MainJobTest, NeedsAnImport) {
  EXPECT_THAT([&] { Run(); }, ThrowsError(Code::kNotFound, HasSubstr("gold.")));
}

TEST_F(MainJobTest, NothingIsServedBeforeItRan) {
  EXPECT_THAT([&] { Load(); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("no model is published")));
}

TEST_F(MainJobTest, StopsWhenCancelledAndPublishesNothing) {
  Import(MadeRatings());
  cancel_.Request();
  EXPECT_THAT([&] { Run(); }, ThrowsError(Code::kCancelled, HasSubstr("")));
  EXPECT_FALSE(store_.ReadPublished().has_value());
}

}  // namespace
}  // namespace marquee
