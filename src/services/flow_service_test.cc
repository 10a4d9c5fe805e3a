// Airflow's API over a real socket: its forms, its errors, and what nobody should send.
#include "services/flow_service.h"

#include <gmock/gmock.h>
#include <sched.h>

#include "auth/test_people.h"
#include "base/text.h"
#include "http/server.h"
#include "http/test_client.h"
#include "services/flow_routes.h"
#include "services/http_metrics.h"
#include "services/test_flow.h"

namespace marquee {
namespace {

using http::TestClient;
using http::TestResponse;
using testing::HasSubstr;

class FlowServiceTest : public testing::Test {
 protected:
  void SetUp() override { Start(false); }

  void Start(bool demanded) {
    server_.reset();
    guard_.emplace(people_.authenticator, people_.audit,
                   auth::Guard::Options{.demanded = demanded});
    http::Router router;
    AddFlowRoutes(&flow_.service, &auth_, &router);
    http::ServerOptions options;
    options.io_threads = 1;
    options.worker_threads = 2;
    server_.emplace(options, std::move(router), metrics_,
                    std::vector{FlowErrors(), guard_->Entry()});
    server_->Start();
    client_.emplace(server_->port());
  }

  TestResponse Send(std::string_view method, std::string_view target, std::string_view body = "",
                    std::string_view headers = "Content-Type: application/json\r\n") {
    client_->Send(StrCat(method, " ", target, " HTTP/1.1\r\nHost: localhost\r\n", headers,
                         "Content-Length: ", body.size(), "\r\n\r\n", body));
    TestResponse response = client_->Receive(method == "HEAD");
    if (response.HeaderValue("Connection") == "close") client_.emplace(server_->port());
    return response;
  }
  Json Get(std::string_view target) { return Send("GET", target).ParsedBody(); }
  // A run that has ended.
  std::string Run(std::string_view id) {
    Send("PATCH", "/api/v1/dags/demo", R"({"is_paused":false})");
    Send("POST", "/api/v1/dags/demo/dagRuns", StrCat(R"({"dag_run_id":")", id, R"("})"));
    flow_.RunAll();
    return StrCat("/dags/demo/dagRuns/", id);
  }

  TestFlow flow_;
  MetricsRegistry registry_;
  HttpMetrics metrics_{registry_};
  auth::TestPeople people_;
  AuthService auth_{people_.accounts, people_.grants, people_.tokens, people_.audit, people_.clock};
  std::optional<auth::Guard> guard_;
  std::optional<http::Server> server_;
  std::optional<TestClient> client_;

 private:
  void AddDags() { flow_.store.AddDags({"demo"}, true); }

 public:
  FlowServiceTest() { AddDags(); }
};

TEST_F(FlowServiceTest, ADagIsWrittenAsClientsReadIt) {
  const Json v1 = Get("/api/v1/dags/demo");
  EXPECT_EQ(v1.At("is_paused"), Json(true));
  EXPECT_EQ(v1.At("tags").Dump(), R"([{"name":"films"}])");
  EXPECT_EQ(v1.At("schedule_interval"), Json());
  const Json v2 = Get("/api/v2/dags/demo");
  EXPECT_EQ(v2.At("is_stale"), Json(false));
  EXPECT_EQ(v2.Find("schedule_interval"), nullptr);
  EXPECT_EQ(Get("/api/v1/dags?dag_id_pattern=de%25").At("total_entries"), Json(1));
  EXPECT_EQ(Get("/api/v1/dags?paused=false").At("total_entries"), Json(0));
}

TEST_F(FlowServiceTest, ARunIsMadeAndFollowedInBothVersions) {
  const std::string path = Run("one");
  const Json v1 = Get("/api/v1" + path);
  EXPECT_EQ(v1.At("state"), Json("success"));
  EXPECT_EQ(v1.At("logical_date"), Json("2023-11-14T22:13:20.000000+00:00"));
  EXPECT_EQ(v1.At("external_trigger"), Json(true));
  const Json v2 = Get("/api/v2" + path);
  EXPECT_EQ(v2.At("logical_date"), Json("2023-11-14T22:13:20.000000Z"));
  EXPECT_EQ(v2.At("triggered_by"), Json("rest_api"));
  const Json tasks = Get("/api/v1" + path + "/taskInstances");
  EXPECT_EQ(tasks.At("total_entries"), Json(2));
  EXPECT_EQ(tasks.At("task_instances").AsArray()[0].At("state"), Json("success"));
  EXPECT_EQ(Get("/api/v1/pipeline/status").At("status"), Json("ok"));
}

TEST_F(FlowServiceTest, HistoryIsToldTaskByTask) {
  Run("one");
  flow_.clock.Advance(60'000);
  Run("two");
  const Json history = Get("/api/v1/pipeline/dags/demo/history?limit=1");
  EXPECT_EQ(history.At("dag_id"), Json("demo"));
  const Json& first = history.At("tasks").AsArray().at(0);
  EXPECT_EQ(first.At("task_id"), Json("first"));
  EXPECT_EQ(first.At("tries"), Json(2));
  EXPECT_EQ(first.At("success_rate"), Json(1.0));
  EXPECT_EQ(first.At("before_seconds"), Json()) << "of one run there is none before";
  ASSERT_EQ(first.At("runs").AsArray().size(), 1);
  EXPECT_EQ(first.At("runs").AsArray().at(0).At("dag_run_id"), Json("two"));
  EXPECT_EQ(Send("GET", "/api/v1/pipeline/dags/none/history").status, 404);
}

TEST_F(FlowServiceTest, ATaskThatRunsHasAPid) {
  Send("PATCH", "/api/v1/dags/demo", R"({"is_paused":false})");
  Send("POST", "/api/v1/dags/demo/dagRuns", R"({"dag_run_id":"one"})");
  const auto pid = [&] {
    return Get("/api/v2/dags/demo/dagRuns/one/taskInstances/first").At("pid");
  };
  EXPECT_EQ(pid(), Json());
  flow_.TurnOnce();
  for (int i = 0; i < 2'000 && pid().is_null(); ++i) sched_yield();
  EXPECT_GT(pid().AsInt(), 1);
  flow_.RunAll();
}

TEST_F(FlowServiceTest, ATaskThatIsLateSaysSo) {
  const auto sla_miss = [&](const std::string& run, std::string_view task) {
    return Get(StrCat("/api/v1", run, "/taskInstances/", task)).At("sla_miss");
  };
  const std::string in_time = Run("one");
  EXPECT_EQ(sla_miss(in_time, "last"), Json());
  Send("PATCH", "/api/v1/dags/demo", R"({"is_paused":true})");
  Send("POST", "/api/v1/dags/demo/dagRuns", R"({"dag_run_id":"late"})");
  flow_.clock.Advance(61'000);
  Send("PATCH", "/api/v1/dags/demo", R"({"is_paused":false})");
  flow_.RunAll();
  EXPECT_EQ(sla_miss("/dags/demo/dagRuns/late", "last").At("timestamp"),
            Json("2023-11-14T22:14:20.000000+00:00"));
  EXPECT_EQ(sla_miss("/dags/demo/dagRuns/late", "first"), Json()) << "it has none to miss";
}

TEST_F(FlowServiceTest, RunsThatRunAreCounted) {
  const auto count = [&] { return Get("/api/v2/dags/demo/details").At("active_runs_count"); };
  EXPECT_EQ(count(), Json(0));
  Send("PATCH", "/api/v1/dags/demo", R"({"is_paused":false})");
  Send("POST", "/api/v1/dags/demo/dagRuns", R"({"dag_run_id":"one"})");
  flow_.TurnOnce();
  EXPECT_EQ(count(), Json(1));
  flow_.RunAll();
  EXPECT_EQ(count(), Json(0));
}

TEST_F(FlowServiceTest, ALogIsTextOrJsonByTheAcceptHeader) {
  const std::string path = Run("one") + "/taskInstances/first/logs/1";
  const TestResponse text = Send("GET", "/api/v1" + path, "", "Accept: text/plain\r\n");
  EXPECT_EQ(text.HeaderValue("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_THAT(text.body, HasSubstr("\nits\n"));
  const Json v1 = Send("GET", "/api/v1" + path, "", "Accept: application/json\r\n").ParsedBody();
  EXPECT_THAT(v1.At("content").AsString(), HasSubstr("echo \\'it\\'\\'s\\'\\nits\\n')]"));
  const Json v2 = Send("GET", "/api/v2" + path, "", "Accept: application/json\r\n").ParsedBody();
  EXPECT_EQ(v2.At("content").AsArray().at(1).At("event"), Json("its"));
  EXPECT_THAT(Send("GET", "/api/v1" + Run("two") + "/taskInstances/first/logs/9", "",
                   "Accept: text/plain\r\n")
                  .body,
              HasSubstr("There is no log of this try."));
}

TEST_F(FlowServiceTest, ErrorsOfVersionOneAreProblems) {
  const TestResponse missing = Send("GET", "/api/v1/dags/none");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.HeaderValue("Content-Type"), "application/problem+json");
  EXPECT_EQ(missing.ParsedBody().At("title"), Json("DAG not found"));
  EXPECT_THAT(missing.ParsedBody().GetString("type"), HasSubstr("#section/Errors/NotFound"));
  const TestResponse unknown = Send("POST", "/api/v1/dags/demo/dagRuns", R"({"colour":"red"})");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(unknown.ParsedBody().At("detail"), Json("{'colour': ['Unknown field.']}"));
  EXPECT_EQ(Send("POST", "/api/v1/dags/demo/dagRuns", "{}", "").status, 415);
  EXPECT_EQ(Send("GET", "/api/v1/nothing").ParsedBody().At("type"), Json("about:blank"));
  EXPECT_EQ(Send("GET", "/api/v1/dags/demo/dagRuns?order_by=colour").status, 400);
  EXPECT_EQ(Send("GET", "/api/v1/dags/demo/dagRuns?limit=-1").status, 400);
  EXPECT_EQ(Send("POST", "/api/v1/dags/demo/dagRuns", R"({"dag_run_id":"../x"})").status, 400);
}

TEST_F(FlowServiceTest, ErrorsOfVersionTwoAreDetails) {
  EXPECT_EQ(Get("/api/v2/dags/none").At("detail"), Json("The Dag with ID: `none` was not found"));
  const TestResponse unknown =
      Send("POST", "/api/v2/dags/demo/dagRuns", R"({"colour":"red","logical_date":null})");
  EXPECT_EQ(unknown.status, 422);
  EXPECT_EQ(unknown.ParsedBody().At("detail").Dump(),
            R"([{"type":"extra_forbidden","loc":["body","colour"],)"
            R"("msg":"Extra inputs are not permitted","input":"red"}])");
  EXPECT_EQ(Send("POST", "/api/v2/dags/demo/dagRuns", "{}").status, 422);
  EXPECT_EQ(Get("/api/v2/nothing").At("error"), Json("API route not found"));
}

TEST_F(FlowServiceTest, ASecondRunOfTheSameNameIsAConflict) {
  const std::string body = R"({"dag_run_id":"one"})";
  EXPECT_EQ(Send("POST", "/api/v1/dags/demo/dagRuns", body).status, 200);
  EXPECT_EQ(Send("POST", "/api/v1/dags/demo/dagRuns", body).status, 409);
}

TEST_F(FlowServiceTest, ReadingIsForViewersAndChangesForOperators) {
  people_.accounts.CreateUser("ada", http::Role::kViewer, "a long password");
  Start(true);
  EXPECT_EQ(Send("GET", "/api/v1/health").status, 200);
  const TestResponse refused = Send("GET", "/api/v1/dags");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.HeaderValue("Content-Type"), "application/problem+json");
  const TestResponse token =
      Send("POST", "/auth/token", R"({"username":"ada","password":"a long password"})");
  EXPECT_EQ(token.status, 201);
  const std::string bearer = StrCat("Content-Type: application/json\r\nAuthorization: Bearer ",
                                    token.ParsedBody().GetString("access_token"), "\r\n");
  EXPECT_EQ(Send("GET", "/api/v2/dags", "", bearer).status, 200);
  EXPECT_EQ(Send("PATCH", "/api/v2/dags/demo", R"({"is_paused":false})", bearer).status, 403);
  const TestResponse wrong =
      Send("POST", "/auth/token", R"({"username":"ada","password":"another password"})");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.ParsedBody().At("detail"), Json("Invalid credentials"));
}

}  // namespace
}  // namespace marquee
