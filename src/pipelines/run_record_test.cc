#include "pipelines/run_record.h"

#include "base/error_matchers.h"
#include "base/random.h"
#include "base/text.h"
#include "pipelines/main_job.h"
#include "pipelines/test_home.h"
#include "recording/test_run_log.h"

namespace marquee {
namespace {

using testing::HasSubstr;

class RunRecordTest : public HomeTest {
 protected:
  RunRecordTest() {
    Rng rng(1);
    std::string csv = "user,item,rating,timestamp,title\n";
    for (int user = 0; user < 60; ++user) {
      for (int i = 0; i < 12; ++i)
        csv += StrCat(user, ",", rng.Below(30), ",5,", 964982703 + i, ",Film\n");
    }
    Import(csv);
  }
  ModelManifest Train(const TrainRequest& request) {
    NoTrainObserver observer;
    return TrainAndSave({*session_, lake_, store_, recording_}, request, kMinRating, observer);
  }
  double Metric(const tracking::Run& run, const std::string& key) {
    for (const tracking::Metric& metric : run.metrics) {
      if (metric.key == key) return metric.value;
    }
    ADD_FAILURE() << "no metric " << key;
    return 0;
  }

  ModelStore store_{home_.path() / "models", clock_};
  TestRuns runs_;
  const Recording recording_{.log = &runs_.log, .clock = &clock_};
};

TEST_F(RunRecordTest, ATrainingIsARunWithItsModel) {
  const ModelManifest manifest =
      Train({.type = "ials", .settings = {{"factors", "8"}, {"epochs", "3"}}, .seed = 7});
  const tracking::Run run = runs_.Newest("marquee");
  EXPECT_EQ(run.info.run_id, manifest.run_id);
  EXPECT_EQ(store_.Find("ials", 1).run_id, manifest.run_id);
  EXPECT_EQ(run.info.name, "train ials");
  EXPECT_EQ(run.info.status, tracking::RunStatus::kFinished);
  EXPECT_EQ(ValueOf(run.params, "factors"), "8");
  EXPECT_EQ(ValueOf(run.params, "seed"), "7");
  EXPECT_EQ(ValueOf(run.params, "model"), "ials");
  EXPECT_EQ(ValueOf(run.tags, "marquee.command"), "train");
  const Json environment = Json::Parse(runs_.Text(run, "environment.json"));
  EXPECT_GT(environment.GetInt("cores"), 0);
  EXPECT_FALSE(environment.GetString("simd").empty());
  ASSERT_EQ(run.dataset_inputs.size(), 3);
  EXPECT_EQ(run.dataset_inputs[0].dataset.source_type, "delta_table");
  std::vector<tracking::Metric> epochs;
  runs_.runs.ReadHistory(run.info.run_id, "epoch_seconds", 0, "",
                         [&](const tracking::Metric& metric) { epochs.push_back(metric); });
  EXPECT_EQ(epochs.size(), 3);
  const Json described = Json::Parse(runs_.Text(run, "model/MLmodel"));
  EXPECT_EQ(described.GetString("run_id"), manifest.run_id);
  EXPECT_EQ(Json::Parse(described.At("signature").GetString("inputs")).size(), 2);
  EXPECT_EQ(static_cast<int64_t>(runs_.Text(run, "model/model.bin").size()),
            store_.Bytes(manifest.id));
  EXPECT_THAT(runs_.Text(run, "model/MODEL_CARD.md"), HasSubstr("# ials v1"));
  EXPECT_EQ(runs_.registry.GetVersion("recommender", 1).run_id, manifest.run_id);
}

TEST_F(RunRecordTest, RowsOfPeopleStayWhereAnErasureReachesThem) {
  Train({.type = "user-knn"});
  const tracking::Run run = runs_.Newest("marquee");
  EXPECT_THAT([&] { runs_.Text(run, "model/model.bin"); },
              ThrowsError(Code::kNotFound, HasSubstr("model.bin")));
  EXPECT_THAT(runs_.Text(run, "model/MLmodel"), HasSubstr("user-knn"));
}

TEST_F(RunRecordTest, ATrainingThatFailsIsAFailedRun) {
  EXPECT_THROW(Train({.type = "ease", .settings = {{"l2", "nan"}}}), Error);
  EXPECT_EQ(runs_.runs.FindExperiment("marquee"), std::nullopt) << "told before anything was done";
  struct Stopped : NoTrainObserver {
    bool ShouldStop() const override { return true; }
  } stopped;
  EXPECT_THROW(
      TrainAndSave({*session_, lake_, store_, recording_}, {.type = "ials"}, kMinRating, stopped),
      Error);
  EXPECT_EQ(runs_.Newest("marquee").info.status, tracking::RunStatus::kKilled);
}

TEST_F(RunRecordTest, TheMainJobRecordsWhatItCompares) {
  RunMainJob({*session_, lake_, store_, recording_},
             {.min_rating = kMinRating, .report = home_.path() / "report.json"}, progress_,
             cancel_);
  const auto evaluations = runs_.runs.SearchRuns(
      {.experiment_ids = {runs_.runs.FindExperiment("marquee")->id},
       .filter = "tags.`marquee.command` = 'evaluate' and params.model = 'ease'"});
  ASSERT_EQ(evaluations.items.size(), 1);
  const tracking::Run& run = evaluations.items[0];
  EXPECT_GT(Metric(run, "ndcg_at_100"), 0);
  EXPECT_GT(Metric(run, "ndcg_at_100_stderr"), 0);
  EXPECT_GT(Metric(run, "validation/ndcg_at_100"), 0);
  const Json evaluation = Json::Parse(runs_.Text(run, "evaluation.json"));
  EXPECT_THAT(runs_.Text(run, "plots/metrics.svg"), HasSubstr("ndcg@100"));
  EXPECT_EQ(evaluation.At("metrics").At("ndcg@100").GetDouble("mean"), Metric(run, "ndcg_at_100"));
}

TEST_F(RunRecordTest, ATrialIsARunBelowItsSearch) {
  clock_.Advance(10'000);
  RecordRun(&runs_.log, clock_, {.experiment = "marquee", .name = "tune ials"},
            [&](RunRecorder& run) {
              RecordTrial(recording_, run, "ndcg@100", Json::Parse(R"({"trial":4,"state":"finished",
        "settings":{"factors":32},"seconds":2.5,"value":0.25,"stderr":0.01,"epochs":[0.1,0.2]})"));
              RecordTrial(recording_, run, "ndcg@100", Json::Parse(R"({"trial":5,"state":"failed",
        "settings":{"factors":9999},"seconds":0.5,"error":"too large"})"));
            });
  const auto trials =
      runs_.runs.SearchRuns({.experiment_ids = {runs_.runs.FindExperiment("marquee")->id},
                             .filter = "tags.`mlflow.parentRunId` LIKE '%'",
                             .order_by = {"attributes.run_name ASC"}});
  ASSERT_EQ(trials.items.size(), 2);
  const tracking::Run& good = trials.items[0];
  EXPECT_EQ(good.info.name, "trial 4");
  EXPECT_EQ(*good.info.end_ms - good.info.start_ms, 2500);
  EXPECT_EQ(ValueOf(good.params, "factors"), "32");
  EXPECT_EQ(Metric(good, "ndcg_at_100"), .25);
  EXPECT_EQ(Metric(good, "validation"), .2);
  EXPECT_EQ(trials.items[1].info.status, tracking::RunStatus::kFailed);
  EXPECT_EQ(ValueOf(trials.items[1].tags, "error"), "too large");
}

}  // namespace
}  // namespace marquee
