#include "pipelines/erase.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "pipelines/main_job.h"
#include "pipelines/test_home.h"

namespace marquee {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;

constexpr char kUser[] = "zz-unique";  // the greatest id, so that statistics and profiles name it

class EraseTest : public HomeTest {
 protected:
  // Ratings of twenty users, of the user and, further down, a broken line of the user.
  static std::string Ratings(int first_item) {
    std::string csv = "user,item,rating,timestamp,title\n";
    for (int user = 0; user < 20; ++user) {
      for (int item = first_item; item < 30; item += 1 + user % 3) {
        csv += StrCat("u", user, ",", item, ",4,", 964982703 + user, ",Film ", item, "\n");
      }
    }
    for (int item = first_item; item < 30; item += 4)
      csv += StrCat(kUser, ",", item, ",5,964982703,Film ", item, "\n");
    return csv + kUser + ",3\n";
  }

  // A model of the titles from 10 on, published; tables that were loaded again since, with more
  // titles before them.
  void MakeHome() {
    Import(Ratings(10));
    NoTrainObserver observer;
    const ModelVersion id =
        TrainAndSave({*session_, lake_, models_}, {.type = "ease"}, 3.5f, observer).id;
    const ModelVersion popular =
        TrainAndSave({*session_, lake_, models_}, {.type = "most-popular"}, 3.5f, observer).id;
    models_.Publish(id, popular);
    clock_.Advance(86'400'000);
    Import(Ratings(1));
  }

  EraseResult Erase(lake::Session& session) {
    return EraseUser({session, clock_, progress_, cancel_}, lake_, models_,
                     home_.path() / "reports", kUser);
  }
  std::shared_ptr<const ModelBundle> Load() {
    return LoadPublished({*session_, lake_, models_}, 3.5f, clock_);
  }

  // The files that hold the id, as bytes or in a column.
  std::set<std::string> FilesWithTheUser() {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(home_.path())) {
      if (!entry.is_regular_file()) continue;
      bool holds = ReadFile(entry.path()).find(kUser) != std::string::npos;
      if (entry.path().extension() == ".parquet") holds = holds || ParquetHolds(entry.path());
      if (holds) found.insert(entry.path().lexically_relative(home_.path()).begin()->string());
    }
    return found;
  }
  // What a killed erasure left half-written cannot be read; it has none but the others' rows.
  bool ParquetHolds(const std::filesystem::path& file) {
    try {
      return QueryHolds(StrCat("select * from read_parquet(", lake::SqlText(file.string()), ")"));
    } catch (const Error&) {
      return false;
    }
  }
  bool QueryHolds(const std::string& sql) {
    const auto result = session_->Query(sql);
    while (const lake::Chunk* chunk = result->Next()) {
      for (size_t row = 0; row < chunk->size(); ++row) {
        for (size_t column = 0; column < result->columns().size(); ++column) {
          if (chunk->Display(column, row).find(kUser) != std::string::npos) return true;
        }
      }
    }
    return false;
  }

  ModelStore models_{home_.path() / "artifacts", clock_};
};

TEST_F(EraseTest, NothingOfThePersonIsLeftAndWhatIsPublishedAnswers) {
  MakeHome();
  NoTrainObserver observer;
  TrainAndSave({*session_, lake_, models_}, {.type = "user-knn"}, 3.5f, observer);
  EXPECT_THAT(FilesWithTheUser(), testing::ElementsAre("lake", "reports"));
  const auto before = Load();
  ASSERT_TRUE(before->FindUser(kUser));
  const EraseResult result = Erase(*session_);
  EXPECT_THAT(result.tables,
              testing::IsSupersetOf({"bronze.ratings", "silver.ratings", "silver.rejects",
                                     "gold.users", "gold.interactions"}));
  EXPECT_THAT(result.tables, Not(Contains("gold.items")));
  EXPECT_GT(result.rows, 0);
  EXPECT_THAT(result.deleted, testing::ElementsAre("user-knn v1")) << "it keeps rows of people";
  EXPECT_FALSE(std::filesystem::exists(home_.path() / "artifacts" / "user-knn" / "v1"));
  EXPECT_THAT(FilesWithTheUser(), IsEmpty());

  const auto after = Load();
  EXPECT_FALSE(after->FindUser(kUser));
  EXPECT_EQ(after->interactions.num_users(), before->interactions.num_users() - 1);
  ASSERT_EQ(after->interactions.num_items(), before->interactions.num_items());
  const RecommendEngine engine(after);
  EXPECT_EQ(engine.Recommend("u5", 3).rung, "personal");
  EXPECT_EQ(engine.Recommend(kUser, 3).rung, "popular");
  for (int32_t user = 0; user < after->interactions.num_users(); ++user) {
    const std::string& id = after->interactions.users().Name(user);
    const SparseRow was = before->interactions.by_user().Row(*before->FindUser(id));
    const SparseRow is = after->interactions.by_user().Row(user);
    EXPECT_TRUE(std::ranges::includes(is.columns, was.columns)) << id;
  }

  const EraseResult again = Erase(*session_);
  EXPECT_EQ(again.rows, 0);
  EXPECT_THAT(again.tables, IsEmpty());
  EXPECT_THAT(again.reports, IsEmpty());

  // The next main job trains without the person.
  EXPECT_FALSE(RunSilver(Run(), lake_, lake_, {}).was_up_to_date());
  EXPECT_FALSE(RunGold(Run(), lake_, lake_, {}).was_up_to_date());
  EXPECT_THAT(FilesWithTheUser(), IsEmpty());
}

TEST_F(EraseTest, KilledAtAnyMomentWhatIsPublishedAnswersAndARepeatErases) {
  MakeHome();
  Rng rng(3);
  for (int round = 0; round < 4; ++round) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      lake::Engine engine{lake::EngineOptions{.threads = 1}};
      const auto session = engine.NewSession();
      Erase(*session);
      _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(20'000 + rng.Below(300'000)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    EXPECT_EQ(RecommendEngine(Load()).Recommend("u5", 3).rung, "personal") << round;
  }
  Erase(*session_);
  EXPECT_THAT(FilesWithTheUser(), IsEmpty());
  EXPECT_EQ(Load()->interactions.num_users(), 20);
}

}  // namespace
}  // namespace marquee
