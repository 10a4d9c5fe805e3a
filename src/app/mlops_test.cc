#include "app/mlops.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"
#include "mlops/steps.h"
#include "titles/dags.h"

namespace marquee {
namespace {

using testing::HasSubstr;

constexpr char kDag[] = "netflix_mlops_pipeline";

class MlopsTaskTest : public testing::Test {
 protected:
  void Run(const std::string& task, const std::string& conf) {
    const titles::TitlesSettings settings{.data = dir_.path() / "home/netflix/data",
                                          .analysis = dir_.path() / "home/netflix/analysis",
                                          .backup = dir_.path() / "home/netflix/backup"};
    titles::TaskContext context{
        .settings = settings,
        .engine = [this]() -> lake::Engine& { return environment_.engine(); },
        .clock = environment_.clock(),
        .progress = progress_,
        .cancel = cancel_,
        .say = [this](std::string_view line) { log_.append(line).append("\n"); },
        .env = [](const char*) -> const char* { return nullptr; },
        .conf = Json::Parse(conf),
        .run_id = "test"};
    RunBuiltInTask(
        environment_, [this]() -> const Recording& { return recording_; }, kDag, task, context);
  }
  std::string WriteSource(const std::string& name, const std::string& text) {
    WriteFileAtomic(dir_.path() / name, text);
    return R"({"source": ")" + (dir_.path() / name).string() + "\"}";
  }
  std::string Decided() {
    return Json::Parse(ReadFile(dir_.path() / "home/reports/mlops/decision.json")).GetString("on");
  }

  TempDir dir_;
  Environment environment_{dir_.path() / "home", {}};
  Recording recording_;
  NoProgress progress_;
  CancelToken cancel_;
  std::string log_;
};

constexpr char kRatings[] = "user,item,rating,timestamp\n1,2,3,1700000000\n1,3,4,1700000000\n";
constexpr char kTitles[] =
    "show_id,type,title,release_year,rating,duration,listed_in\n"
    "s1,Movie,Louis,2017,PG,74 min,Comedies\n";

TEST(MlopsTask, EveryTaskHasAStepOnRatings) {
  for (const titles::TaskDefinition& task : titles::DagNamed(kDag).tasks)
    EXPECT_TRUE(task.id == "bronze" || mlops::StepNamed(task.id) != nullptr) << task.id;
}

TEST_F(MlopsTaskTest, ASourceOfRatingsDecidesTheWholeRun) {
  const std::string conf = WriteSource("r.csv", kRatings);
  Run("bronze", conf);
  EXPECT_EQ(Decided(), "ratings");
  EXPECT_THAT(log_, HasSubstr("this run is on ratings: "));
  Run("silver", conf);
  EXPECT_THAT(log_, HasSubstr("silver.ratings version 0: 2 rows"));
  Run("bronze", "{}");
  EXPECT_THAT(log_, HasSubstr("this run is on ratings: the lake has ratings"));
}

TEST_F(MlopsTaskTest, ATableOfTitlesIsNoRatings) {
  const std::string conf = WriteSource("t.csv", kTitles);
  Run("bronze", conf);
  EXPECT_EQ(Decided(), "titles");
  Run("silver", conf);
  EXPECT_TRUE(
      std::filesystem::exists(dir_.path() / "home/netflix/data/netflix_titles_cleaned.csv"));
  EXPECT_FALSE(environment_.lake().Exists("silver.ratings"));
}

TEST_F(MlopsTaskTest, TheConfForcesASide) {
  Run("bronze", WriteSource("r.csv", kRatings));
  EXPECT_THAT([&] { Run("bronze", R"({"on": "titles"})"); },
              ThrowsError(Code::kNotFound, HasSubstr("no source of titles is named")));
  EXPECT_EQ(Decided(), "titles");
  EXPECT_THAT([&] { Run("bronze", R"({"on": "films"})"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("\"on\" is 'films'")));
  EXPECT_THAT([&] { Run("bronze", R"({"on": "ratings", "source": "/nowhere"})"); },
              ThrowsError(Code::kNotFound, HasSubstr("/nowhere")));
}

}  // namespace
}  // namespace marquee
