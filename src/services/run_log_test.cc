// The contract of RunLog, on the stores of this home and on a server that speaks the MLflow
// protocol.
#include "recording/run_log.h"

#include <gmock/gmock.h>

#include <memory>
#include <optional>

#include "base/error_matchers.h"
#include "base/text.h"
#include "http/server.h"
#include "http/test_probe.h"
#include "recording/mlflow_run_log.h"
#include "recording/store_run_log.h"
#include "services/test_tracking.h"

namespace marquee {
namespace {

using testing::ElementsAre;

class RunLogContract : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (GetParam() == std::string_view("Store")) {
      log_ = std::make_unique<StoreRunLog>(world_.runs, world_.registry, world_.artifacts, "ada");
      return;
    }
    http::Router router;
    AddTrackingRoutes(&world_.services, &router);
    server_.emplace(
        http::ServerOptions{.io_threads = 1, .worker_threads = 2, .transfer_threads = 2},
        std::move(router), probe_, std::vector{TrackingErrors()});
    server_->Start();
    log_ = std::make_unique<MlflowRunLog>(
        MlflowServer{.url = StrCat("http://127.0.0.1:", server_->port())}, world_.clock, "ada");
  }

  std::string Start(const std::string& name) {
    return log_->Start({.experiment = "e", .name = name, .tags = {{"k", "v"}}});
  }

  TestTracking world_;
  http::CountingProbe probe_;
  std::optional<http::Server> server_;
  std::unique_ptr<RunLog> log_;
};

TEST_P(RunLogContract, ARunHasWhatWasLogged) {
  const std::string run_id = Start("one");
  tracking::LogBatch batch{.params = {{"factors", "64"}}, .tags = {{"note", "x"}}};
  for (int64_t step = 0; step < 1500; ++step)
    batch.metrics.push_back({.key = "m", .value = .5, .timestamp_ms = step, .step = step});
  batch.metrics.push_back({.key = "odd", .value = std::numeric_limits<double>::quiet_NaN()});
  log_->Log(run_id, batch);
  const tracking::DatasetInput input{.dataset = {.name = "gold.items",
                                                 .digest = "v3",
                                                 .source_type = "delta_table",
                                                 .source = "{}"},
                                     .tags = {{"mlflow.data.context", "training"}}};
  log_->AddInputs(run_id, std::span(&input, 1));
  log_->End(run_id, tracking::RunStatus::kFinished, 1'700'000'009'000);

  const tracking::Run run = world_.runs.GetRun(run_id);
  EXPECT_EQ(run.info.name, "one");
  EXPECT_EQ(run.info.user_id, "ada");
  EXPECT_EQ(run.info.start_ms, 1'700'000'000'000);
  EXPECT_EQ(run.info.end_ms, 1'700'000'009'000);
  EXPECT_EQ(run.info.status, tracking::RunStatus::kFinished);
  EXPECT_THAT(run.params, ElementsAre(tracking::Param{"factors", "64"}));
  EXPECT_THAT(run.tags, testing::IsSupersetOf({tracking::Tag{"k", "v"}, {"note", "x"}}));
  ASSERT_EQ(run.dataset_inputs.size(), 1);
  EXPECT_EQ(run.dataset_inputs[0].dataset.digest, "v3");
  EXPECT_EQ(run.metrics.size(), 2);
  EXPECT_TRUE(std::isnan(run.metrics[1].value));
  EXPECT_EQ(world_.runs.FindExperiment("e")->id, run.info.experiment_id);
}

TEST_P(RunLogContract, RunsOfOneNameShareTheirExperiment) {
  EXPECT_EQ(world_.runs.GetRun(Start("one")).info.experiment_id,
            world_.runs.GetRun(Start("two")).info.experiment_id);
}

TEST_P(RunLogContract, ARunCanBePartOfAnother) {
  const std::string parent = Start("search");
  const std::string part =
      log_->Start({.experiment = "e", .name = "trial 1", .parent_run_id = parent, .start_ms = 5});
  const tracking::Run run = world_.runs.GetRun(part);
  EXPECT_THAT(run.tags, testing::Contains(tracking::Tag{"mlflow.parentRunId", parent}));
  EXPECT_EQ(run.info.start_ms, 5);
}

TEST_P(RunLogContract, FilesLieBelowTheRun) {
  const std::string run_id = Start("one");
  WriteFileAtomic(world_.folder.path() / "f", std::string(3 << 20, 'x'));
  log_->AddText(run_id, "plots/a b%.svg", "<svg/>");
  log_->AddText(run_id, "empty", "");
  log_->AddFile(run_id, "model/model.bin", world_.folder.path() / "f");
  const std::string root = world_.runs.GetRun(run_id).info.artifact_uri.substr(18);
  EXPECT_EQ(world_.artifacts.Open(root + "/plots/a b%.svg")->Read(0, 99), "<svg/>");
  EXPECT_EQ(world_.artifacts.Open(root + "/empty")->info().size_bytes, 0);
  EXPECT_EQ(world_.artifacts.Open(root + "/model/model.bin")->info().size_bytes, 3 << 20);
}

TEST_P(RunLogContract, VersionsAreRegisteredAndNamed) {
  EXPECT_EQ(log_->FindAlias("recommender", "champion"), std::nullopt) << "there is no such model";
  const std::string first = Start("one");
  const std::string second = Start("two");
  EXPECT_EQ(log_->Register("recommender", first, "model", {{"marquee.model", "ials"}}), 1);
  EXPECT_EQ(log_->Register("recommender", second, "model", {}), 2);
  EXPECT_EQ(log_->FindVersion("recommender", first), 1);
  EXPECT_EQ(log_->FindVersion("recommender", Start("three")), std::nullopt);
  EXPECT_EQ(log_->FindAlias("recommender", "champion"), std::nullopt) << "nobody set it";
  log_->SetAlias("recommender", "champion", 1);
  log_->SetAlias("recommender", "champion", 2);
  const auto alias = log_->FindAlias("recommender", "champion");
  ASSERT_TRUE(alias.has_value());
  EXPECT_EQ(alias->version, 2);
  EXPECT_EQ(alias->run_id, second);
  EXPECT_THAT(world_.registry.GetVersion("recommender", 1).tags,
              ElementsAre(tracking::Tag{"marquee.model", "ials"}));
}

TEST_P(RunLogContract, WhatIsRefusedSaysWhy) {
  const std::string run_id = Start("one");
  log_->Log(run_id, {.params = {{"p", "1"}}});
  EXPECT_THAT(
      [&] {
        log_->Log(run_id, {.params = {{"p", "2"}}});
      },
      ThrowsError(Code::kInvalidArgument, testing::HasSubstr("p")));
  EXPECT_THAT(
      [&] {
        log_->Log("0123456789abcdef0123456789abcdef", {.tags = {{"a", "b"}}});
      },
      ThrowsError(Code::kNotFound, testing::HasSubstr("0123456789abcdef")));
  EXPECT_THAT([&] { log_->AddFile(run_id, "f", world_.folder.path() / "none"); },
              ThrowsError(Code::kNotFound, testing::HasSubstr("none")));
}

INSTANTIATE_TEST_SUITE_P(, RunLogContract, testing::Values("Store", "Mlflow"),
                         [](const auto& test) { return std::string(test.param); });

TEST(MlflowRunLog, AServerThatIsNotThereIsUnavailable) {
  const ManualClock clock(0);
  MlflowRunLog log({.url = "http://127.0.0.1:1"}, clock, "ada");
  EXPECT_THAT(
      [&] { log.Start({.experiment = "e", .name = "n"}); },
      ThrowsError(Code::kUnavailable, testing::HasSubstr("no answer from http://127.0.0.1:1")));
}

TEST(MlflowRunLog, AServerThatIsNoneIsNamed) {
  http::CountingProbe probe;
  http::Router router;
  router.Add("GET", "/api/2.0/mlflow/registered-models/alias", http::Role::kPublic,
             [](const http::Request&) { return http::Html("<h1>Hello</h1>"); });
  http::Server server({.io_threads = 1}, std::move(router), probe);
  server.Start();
  const ManualClock clock(0);
  MlflowRunLog log({.url = StrCat("http://127.0.0.1:", server.port())}, clock, "ada");
  EXPECT_THAT([&] { log.FindAlias("m", "a"); },
              ThrowsError(Code::kUnavailable, testing::HasSubstr("answered what is no JSON")));
}

}  // namespace
}  // namespace marquee
