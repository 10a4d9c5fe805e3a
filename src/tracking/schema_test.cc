// What earlier programs wrote is read by this one: testdata/ has a database of each released
// version of the tables, as SQL.
#include "tracking/schema.h"

#include <string>

#include "base/files.h"
#include "base/hash.h"
#include "database/sqlite.h"
#include "tracking/test_store.h"

namespace marquee::tracking {
namespace {

using testing::ElementsAre;

TEST(TrackingSchema, AReleasedVersionStaysAsItWas) {
  std::vector<std::string> hashes;
  for (const char* version : TrackingSchema().versions)
    hashes.push_back(HashHex(HashKind::kSha256, version).substr(0, 16));
  EXPECT_THAT(hashes, ElementsAre("a8431adcbf0907de"))
      << "change the tables by a further version, with a database of it in testdata";
}

class EarlierTables : public testing::TestWithParam<int> {};

TEST_P(EarlierTables, KeepWhatTheyHold) {
  const TempDir folder;
  const std::string path = (folder.path() / "tracking.db").string();
  const std::string dump = StrCat("src/tracking/testdata/version", GetParam(), ".sql");
  sqlite::Connection(path).Run(ReadFile(dump).c_str());
  const ManualClock clock(kTestNowMs);
  database::Database database({.url = path}, TrackingSchema());
  TrackingStore store(database, clock);
  ModelRegistry registry(database, clock);

  const Experiment experiment = store.FindExperiment("ranking").value();
  EXPECT_THAT(experiment.tags, ElementsAre(Tag{"team", "films"}));
  const auto runs = store.SearchRuns(
      {.experiment_ids = {experiment.id}, .filter = "params.factors = '64' and tags.k = 'v'"});
  ASSERT_EQ(runs.items.size(), 1);
  const tracking::Run& run = runs.items[0];
  EXPECT_EQ(run.info.name, "ials");
  EXPECT_EQ(run.info.user_id, "ada");
  EXPECT_EQ(run.info.status, RunStatus::kFinished);
  EXPECT_EQ(run.info.end_ms, 1700000001000);
  ASSERT_EQ(run.dataset_inputs.size(), 1);
  EXPECT_EQ(run.dataset_inputs[0].dataset.digest, "v3");
  std::vector<double> values;
  store.ReadHistory(run.info.run_id, "ndcg", 0, "",
                    [&](const Metric& metric) { values.push_back(metric.value); });
  EXPECT_THAT(values, ElementsAre(.1, .25, testing::IsNan()));
  EXPECT_EQ(registry.VersionOfAlias("recommender", "champion").run_id, run.info.run_id);
  EXPECT_EQ(LoggedModelStore(database, clock)
                .Search({.experiment_ids = {experiment.id}})
                .items.at(0)
                .name,
            "net");

  store.Log(run.info.run_id, {.metrics = {{.key = "ndcg", .value = .3, .step = 3}}});
  EXPECT_EQ(store.GetRun(run.info.run_id).metrics.at(0).value, .3);
}

INSTANTIATE_TEST_SUITE_P(, EarlierTables,
                         testing::Range(1, static_cast<int>(TrackingSchema().versions.size()) + 1));

}  // namespace
}  // namespace marquee::tracking
