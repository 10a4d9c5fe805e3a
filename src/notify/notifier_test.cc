// From the journal to channels, with real runs.
#include "notify/notifier.h"

#include "flow/test_flow.h"
#include "http/server.h"
#include "http/test_probe.h"
#include "notify/test_notify.h"

namespace marquee::notify {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class NotifierTest : public flow::FlowContract {
 protected:
  void SetUp() override {
    FlowContract::SetUp();
    http::Router router;
    router.Add("POST", "/{channel}", http::Role::kPublic, [this](const http::Request& request) {
      const std::lock_guard lock(mutex_);
      const Json body = Json::Parse(request.body);
      told_.push_back(StrCat(request.PathParam("channel"), ": ", body.GetString("title")));
      bodies_.push_back(body);
      http::Response response;
      response.status = is_down_ ? 503 : 204;
      if (is_down_) told_.pop_back();
      return response;
    });
    server_.emplace(http::ServerOptions{.io_threads = 1}, std::move(router), http_probe_);
    server_->Start();
    WriteFileAtomic(
        folder_.path() / "notify.toml",
        StrCat("url = 'https://m.example'\non_failure = ['ops']\n", Hook("ops"), Hook("chat")));
  }
  std::string Hook(const std::string& name) const {
    return StrCat("[channels.", name,
                  "]\ntype = 'webhook'\nurl = 'http://127.0.0.1:", server_->port(), "/", name,
                  "'\n");
  }
  std::unique_ptr<Notifier> Begin() {
    return std::make_unique<Notifier>(
        Notifier::Parts{*store_, *dags_, clock_, real_steady_, probe_, {}, NamesForTests()},
        folder_.path() / "notify.toml");
  }
  // What is left.
  std::vector<std::string> Finish(Notifier& notifier) {
    NoProgress progress;
    const CancelToken cancel;
    return notifier.Finish(std::chrono::milliseconds(is_down_ ? 300 : 20'000), progress, cancel);
  }

  const flow::SteadyClock real_steady_{};
  NoProbe probe_;
  http::CountingProbe http_probe_;
  std::mutex mutex_;
  std::vector<std::string> told_;  // guarded by mutex_, as the next
  std::vector<Json> bodies_;
  std::atomic<bool> is_down_{false};
  std::optional<http::Server> server_;
};

INSTANTIATE_TEST_SUITE_P(Databases, NotifierTest, testing::Values("Sqlite"), flow::DatabaseName);

flow::Dag Failing(flow::Notices notices) {
  flow::Task bad = flow::ShellTask("bad", {"good"}, "exit 3");
  bad.retry = {.retries = 1, .delay_ms = 0};
  flow::Dag dag{.id = "d", .tags = {"t"}, .tasks = {flow::EmptyTask("good"), bad}};
  dag.notices = std::move(notices);
  return dag;
}

TEST_P(NotifierTest, ByTheGeneralRulesAFailureIsToldOnce) {
  Add({Failing({})});
  const auto notifier = Begin();
  RunOnce("d");
  EXPECT_THAT(Finish(*notifier), IsEmpty());
  EXPECT_THAT(told_, ElementsAre("ops: d.bad failed: exit code 3"));
  const Json& body = bodies_.at(0);
  EXPECT_EQ(body.GetString("dag_id"), "d");
  EXPECT_EQ(body.GetString("task_id"), "bad");
  EXPECT_EQ(body.GetInt("try_number"), 2);
  EXPECT_EQ(body.GetString("owner"), "marquee");
  EXPECT_EQ(body.At("tags").Dump(), R"(["t"])");
  EXPECT_THAT(body.GetString("log_command"), HasSubstr("marquee flow log d bad --run manual__"));
  EXPECT_THAT(body.GetString("log_url"), HasSubstr("https://m.example/api/v1/dags/d/dagRuns/man"));
}

TEST_P(NotifierTest, ADagAndATaskSayWhoIsTold) {
  flow::Dag dag = Failing({.on_failure = {{}}, .on_retry = {{"chat"}}});
  dag.tasks[0].notices.on_success = {{"ops"}};
  flow::Dag good{.id = "good", .tasks = {flow::EmptyTask("a")}};
  good.notices.on_success = {{"chat"}};
  Add({dag, good});
  const auto notifier = Begin();
  RunOnce("d");
  RunOnce("good");
  EXPECT_THAT(Finish(*notifier), IsEmpty());
  EXPECT_THAT(told_,
              testing::UnorderedElementsAre("chat: d.bad failed, and is tried again: exit code 3",
                                            "ops: d.good succeeded", "chat: good succeeded"));
}

TEST_P(NotifierTest, WhatIsLeftIsToldByTheNext) {
  Add({Failing({})});
  is_down_ = true;
  {
    const auto notifier = Begin();
    RunOnce("d");
    EXPECT_THAT(Finish(*notifier),
                ElementsAre(HasSubstr("1 messages for channel ops: http://127.0.0.1")));
  }
  is_down_ = false;
  const auto next = Begin();
  EXPECT_THAT(Finish(*next), IsEmpty());
  EXPECT_THAT(told_, ElementsAre("ops: d.bad failed: exit code 3"));
}

TEST_P(NotifierTest, ARunThatFailedWithoutATaskIsTold) {
  Add({{.id = "d", .tasks = {flow::EmptyTask("a")}}});
  const auto notifier = Begin();
  const flow::DagRun run = store_->Trigger(Named("d"), {});
  store_->SetRunState("d", run.run_id, flow::RunState::kFailed);
  EXPECT_THAT(Finish(*notifier), IsEmpty());
  EXPECT_THAT(told_, ElementsAre("ops: d failed: set to failed by hand"));
}

TEST_P(NotifierTest, AChannelThatIsNotThereIsNamed) {
  Add({Failing({.on_failure = {{"opps"}}})});
  const FlowRules rules({{}, {"log", "ops"}, ""}, *store_, *dags_);
  EXPECT_THAT(rules.Problems(), ElementsAre("DAG d: on_failure names the channel 'opps', which is "
                                            "not there; did you mean 'ops'?"));
}

}  // namespace
}  // namespace marquee::notify
