// The MLflow protocol over a real socket: its forms, its errors, and what nobody should send.
#include "services/tracking_service.h"

#include <gmock/gmock.h>

#include <thread>

#include "auth/test_people.h"
#include "base/text.h"
#include "http/server.h"
#include "http/test_client.h"
#include "services/http_metrics.h"
#include "services/test_tracking.h"

namespace marquee {
namespace {

using http::TestClient;
using http::TestResponse;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kApi = "/api/2.0/mlflow/";
constexpr std::string_view kFiles = "/api/2.0/mlflow-artifacts/artifacts";

class TrackingServiceTest : public testing::Test {
 protected:
  void SetUp() override { Start(false); }

  void Start(bool demanded) {
    server_.reset();
    guard_.emplace(people_.authenticator, people_.audit,
                   auth::Guard::Options{.demanded = demanded});
    http::Router router;
    AddTrackingRoutes(&tracking_.services, &router);
    http::ServerOptions options;
    options.io_threads = 1;
    options.worker_threads = 4;
    options.transfer_threads = 4;
    server_.emplace(options, std::move(router), metrics_,
                    std::vector{TrackingErrors(), guard_->Entry()});
    server_->Start();
    client_.emplace(server_->port());
  }

  TestResponse Send(std::string_view method, std::string_view target, std::string_view body,
                    std::string_view headers = "Content-Type: application/json\r\n") {
    client_->Send(StrCat(method, " ", target, " HTTP/1.1\r\nHost: localhost\r\n", headers,
                         "Content-Length: ", body.size(), "\r\n\r\n", body));
    TestResponse response = client_->Receive(method == "HEAD");
    if (response.HeaderValue("Connection") == "close") client_.emplace(server_->port());
    return response;
  }
  TestResponse Post(std::string_view call, std::string_view body) {
    return Send("POST", StrCat(kApi, call), body);
  }
  TestResponse Get(std::string_view call) { return Send("GET", StrCat(kApi, call), "", ""); }
  // "400 INVALID_PARAMETER_VALUE"
  static std::string Outcome(const TestResponse& response) {
    return StrCat(response.status, " ", response.ParsedBody().GetString("error_code"));
  }
  std::string NewRun() {
    const Json run = Post("runs/create", R"({"experiment_id":"0","start_time":5})").ParsedBody();
    return run.At("run").At("info").At("run_id").AsString();
  }
  std::string WithRun(std::string_view run_id, std::string_view rest) {
    return StrCat(R"({"run_id":")", run_id, R"(",)", rest, "}");
  }

  TestTracking tracking_;
  MetricsRegistry registry_;
  HttpMetrics metrics_{registry_};
  auth::TestPeople people_;
  std::optional<auth::Guard> guard_;
  std::optional<http::Server> server_;
  std::optional<TestClient> client_;
};

TEST_F(TrackingServiceTest, ARunIsWrittenAsClientsReadIt) {
  const std::string run = NewRun();
  EXPECT_EQ(Post("runs/log-batch",
                 WithRun(run, R"("metrics":[{"key":"m","value":"NaN","timestamp":"7","step":1.0},
                                 {"key":"n","value":"1.5","timestamp":8}],
                                 "params":[{"key":"p","value":""}],"tags":[{"key":"t"}],"x":1)"))
                .body,
            "{}");
  const Json json = Get("runs/get?run_id=" + run).ParsedBody().At("run");
  EXPECT_EQ(json.At("info").At("start_time"), Json(5));
  EXPECT_EQ(json.At("info").At("status"), Json("RUNNING"));
  EXPECT_EQ(json.At("info").At("run_uuid"), Json(run));
  EXPECT_EQ(json.At("info").Find("end_time"), nullptr);
  EXPECT_EQ(json.At("data").At("metrics").Dump(),
            R"([{"key":"m","value":"NaN","timestamp":7,"step":1},)"
            R"({"key":"n","value":1.5,"timestamp":8,"step":0}])");
  EXPECT_EQ(json.At("data").At("params").Dump(), R"([{"key":"p","value":""}])");
  EXPECT_EQ(json.At("inputs").Dump(), "{}");
}

TEST_F(TrackingServiceTest, AnEmptyListIsAMissingKey) {
  EXPECT_EQ(Post("runs/search", R"({"experiment_ids":["0"]})").body, "{}");
  EXPECT_EQ(Get("metrics/get-history?run_id=x&metric_key=m").body, "{}");
  EXPECT_EQ(Get("registered-models/search").body, "{}");
  EXPECT_EQ(Send("GET", StrCat(kFiles, "?path=none"), "", "").body, "{}");
}

TEST_F(TrackingServiceTest, TheTwinBaseAnswersTheSame) {
  for (const char* base : {"/api/2.0", "/ajax-api/2.0"}) {
    const TestResponse response =
        Send("GET", StrCat(base, "/mlflow/experiments/get?experiment_id=0"), "", "");
    EXPECT_EQ(response.ParsedBody().At("experiment").At("name"), Json("Default")) << base;
  }
}

TEST_F(TrackingServiceTest, EveryErrorHasTheFormOfTheProtocol) {
  EXPECT_EQ(Outcome(Get("runs/get?run_id=none")), "404 RESOURCE_DOES_NOT_EXIST");
  EXPECT_EQ(Outcome(Get("no/such/call")), "404 ENDPOINT_NOT_FOUND");
  EXPECT_EQ(Outcome(Get("runs/search/")), "404 ENDPOINT_NOT_FOUND");
  EXPECT_EQ(Outcome(Send("GET", "/api/3.0/mlflow/server-info", "", "")), "404 ENDPOINT_NOT_FOUND");
  EXPECT_EQ(Outcome(Get("runs/create")), "405 ENDPOINT_NOT_FOUND");
  EXPECT_EQ(Outcome(Post("experiments/create", R"({"name":"Default"})")),
            "400 RESOURCE_ALREADY_EXISTS");
  EXPECT_EQ(Outcome(Post("experiments/create", "{}")), "400 INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Outcome(Send("POST", "/api/2.0/mlflow-artifacts/mpu/create/a/b", "{}")),
            "501 NOT_IMPLEMENTED");
  EXPECT_EQ(Outcome(Send("GET", "/api/2.0/mlflow/runs/get?run_id=%zz", "", "")),
            "400 INVALID_PARAMETER_VALUE");
}

TEST_F(TrackingServiceTest, ABodyMustBeJsonAndSayItIs) {
  const std::string body = R"({"run_id":"r","key":"k","value":"v"})";
  const std::string target = StrCat(kApi, "runs/set-tag");
  EXPECT_THAT(Send("POST", target, body, "Content-Type: text/plain\r\n").body,
              HasSubstr("Content-Type must be one of ['application/json']"));
  EXPECT_EQ(Outcome(Send("POST", target, body, "")), "400 INVALID_PARAMETER_VALUE");
  EXPECT_EQ(
      Outcome(Send("POST", target, body, "Content-Type: Application/JSON; charset=utf-8\r\n")),
      "404 RESOURCE_DOES_NOT_EXIST");
  for (const std::string broken : {"{bad", "[1]", "7", "", "null", R"({"run_id":)"}) {
    EXPECT_THAT(Send("POST", target, broken).body,
                HasSubstr("Missing value for required parameter '"))
        << broken;
  }
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "[";
  EXPECT_EQ(Outcome(Send("POST", target, deep)), "400 INVALID_PARAMETER_VALUE");
}

TEST_F(TrackingServiceTest, ValuesOfAWrongTypeAreNamed) {
  const std::string run = NewRun();
  const struct {
    std::string_view call;
    std::string_view rest;
    std::string_view named;
  } kCases[] = {
      {"runs/log-metric", R"("key":"m","value":"x","timestamp":1)", "value is \\\"x\\\""},
      {"runs/log-metric", R"("key":"m","value":1,"timestamp":"soon")", "timestamp is"},
      {"runs/log-metric", R"("key":"m","value":1,"timestamp":1e300)", "timestamp is"},
      {"runs/log-metric", R"("key":"m","value":1)", "'timestamp'"},
      {"runs/log-metric", R"("key":"m","timestamp":1)", "'value'"},
      {"runs/log-metric", R"("key":{"a":1},"value":1,"timestamp":1)", "key is"},
      {"runs/log-batch", R"("metrics":{"key":"m"})", "metrics is"},
      {"runs/log-batch", R"("metrics":["m"])", "metrics[0] is"},
      {"runs/log-batch", R"("metrics":[{"key":"m","value":1,"timestamp":1},{"key":"n"}])",
       "'metrics[1].value'"},
      {"runs/log-batch", R"("params":[{"value":"v"}])", "'params[0].key'"},
      {"runs/log-batch", R"("tags":[{"key":"a//b","value":"v"}])", "tags[0].key is 'a//b'"},
      {"runs/log-parameter", R"("key":"p","value":["v"])", "value is"},
      {"runs/log-parameter", R"("key":"p")", "'value'"},
      {"runs/set-tag", "\"key\":\"a\\u0000b\",\"value\":\"v\"", "holds a NUL"},
      {"runs/log-inputs", R"("datasets":[{"tags":[]}])", "'datasets[0].dataset'"},
      {"runs/log-model", R"("model_json":"{}")", "mandatory field 'artifact_path'"},
      {"runs/log-model", R"("model_json":"{bad")", "Malformed model info"},
  };
  for (const auto& [call, rest, named] : kCases) {
    const TestResponse response = Post(call, WithRun(run, rest));
    EXPECT_EQ(response.status, 400) << rest;
    EXPECT_THAT(response.body, HasSubstr(std::string(named))) << rest;
  }
}

TEST_F(TrackingServiceTest, SearchesAreCheckedBeforeTheyRun) {
  for (const char* body :
       {R"({"max_results":0})", R"({"max_results":50001})", R"({"filter":"m >"})",
        R"({"order_by":["nothing"]})", R"({"order_by":["end_time","end_time DESC"]})",
        R"({"page_token":"no token"})", R"({"filter":5.5})"}) {
    std::string whole = body;
    whole.insert(1, R"("experiment_ids":["0"],)");
    EXPECT_EQ(Outcome(Post("runs/search", whole)), "400 INVALID_PARAMETER_VALUE") << body;
  }
  EXPECT_EQ(Outcome(Post("experiments/search", "{}")), "400 INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Post("experiments/search", R"({"max_results":5})").status, 200);
  EXPECT_EQ(Post("runs/search", R"({"experiment_ids":["0","abc"]})").status, 200);
}

TEST_F(TrackingServiceTest, AHistoryIsReadInPagesOrWhole) {
  const std::string run = NewRun();
  std::string metrics;
  for (int i = 0; i < 25; ++i) {
    metrics += StrCat(i > 0 ? "," : "", R"({"key":"m","value":)", i, R"(,"timestamp":)", i, "}");
  }
  Post("runs/log-batch", WithRun(run, StrCat(R"("metrics":[)", metrics, "]")));
  const std::string call = StrCat("metrics/get-history?metric_key=m&run_id=", run);
  EXPECT_EQ(Get(call).ParsedBody().At("metrics").size(), 25u);
  Json page = Get(call + "&max_results=10").ParsedBody();
  size_t rows = page.At("metrics").size();
  while (const Json* token = page.Find("next_page_token")) {
    page = Get(StrCat(call, "&max_results=10&page_token=", token->AsString())).ParsedBody();
    rows += page.At("metrics").size();
  }
  EXPECT_EQ(rows, 25u);
}

TEST_F(TrackingServiceTest, FieldsOfAQueryMayRepeatAndBeOfPython) {
  Post("registered-models/create", R"({"name":"films"})");
  Post("model-versions/create", R"({"name":"films","source":"s3://b/k"})");
  const TestResponse moved = Post(
      "model-versions/transition-stage",
      R"({"name":"films","version":"1","stage":"staging","archive_existing_versions":"False"})");
  EXPECT_EQ(moved.ParsedBody().At("model_version").At("current_stage"), Json("Staging"));
  const Json latest =
      Get("registered-models/get-latest-versions?name=films&stages=Staging&stages=Production")
          .ParsedBody();
  EXPECT_EQ(latest.At("model_versions").size(), 1u);
  EXPECT_THAT(Get("model-versions/get?name=films&version=abc").body,
              HasSubstr("Parameter 'version' must be an integer, got 'abc'."));
  EXPECT_EQ(Get("model-versions/get-latest?name=films").status, 200);
  EXPECT_EQ(Get("experiments/list?view_type=ALL").ParsedBody().At("experiments").size(), 1u);
  EXPECT_EQ(Outcome(Send("DELETE", StrCat(kApi, "registered-models/alias"),
                         R"({"name":"films","alias":"none"})")),
            "200 ");
}

TEST_F(TrackingServiceTest, AnArtifactGoesUpAndComesDown) {
  const std::string file = StrCat(kFiles, "/0/r/artifacts/a%20b/%C3%BC.txt");
  EXPECT_EQ(Send("PUT", file, "0123456789", "Content-Type: text/plain\r\n").body, "{}");
  TestResponse whole = Send("GET", file, "", "");
  EXPECT_EQ(whole.body, "0123456789");
  EXPECT_EQ(whole.HeaderValue("Content-Type"), "text/plain");
  EXPECT_EQ(whole.HeaderValue("Content-Disposition"), "attachment; filename*=UTF-8''%C3%BC.txt");
  EXPECT_EQ(whole.HeaderValue("X-Content-Type-Options"), "nosniff");
  const TestResponse part = Send("GET", file, "", "Range: bytes=2-4\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.HeaderValue("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(Send("GET", file, "", "Range: bytes=10-\r\n").status, 416);
  EXPECT_EQ(Send("HEAD", file, "", "").HeaderValue("Content-Length"), "10");
  EXPECT_EQ(Send("GET", StrCat(kFiles, "?path=0/r/artifacts/a%20b"), "", "").body,
            "{\"files\":[{\"path\":\"\xC3\xBC.txt\",\"is_dir\":false,\"file_size\":10}]}");
  EXPECT_EQ(Send("DELETE", StrCat(kFiles, "/0/r"), "", "").body, "{}");
  EXPECT_EQ(Outcome(Send("GET", file, "", "")), "404 RESOURCE_DOES_NOT_EXIST");
}

TEST_F(TrackingServiceTest, AnArtifactMayBeEmptyInChunksOrLarge) {
  client_->Send(StrCat("PUT ", kFiles, "/empty HTTP/1.1\r\nHost: localhost\r\n",
                       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
  EXPECT_EQ(client_->Receive().status, 200);
  EXPECT_EQ(Send("GET", StrCat(kFiles, "/empty"), "", "").body, "");
  const std::string large(40 << 20, 'x');
  EXPECT_EQ(Send("PUT", StrCat(kFiles, "/large"), large, "").status, 200);
  EXPECT_EQ(Send("GET", StrCat(kFiles, "/large"), "", "").body, large);
}

TEST_F(TrackingServiceTest, AnUploadThatBreaksOffLeavesNothing) {
  TestClient(server_->port())
      .Send(StrCat("PUT ", kFiles, "/half HTTP/1.1\r\nHost: localhost\r\n",
                   "Content-Length: 100\r\n\r\nhalf"));
  Send("PUT", StrCat(kFiles, "/whole"), "1", "");
  EXPECT_EQ(Outcome(Send("GET", StrCat(kFiles, "/half"), "", "")), "404 RESOURCE_DOES_NOT_EXIST");
}

TEST_F(TrackingServiceTest, NoPathLeadsOutOfTheArtifacts) {
  for (const char* path :
       {"/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/a/..%252f..%252fx",
        "/%2fetc/passwd", "//etc/passwd", "/a/../../b", "/a%5Cb", "/a%00b"}) {
    for (const char* method : {"GET", "PUT", "DELETE"}) {
      const TestResponse response = Send(method, StrCat(kFiles, path), "", "");
      EXPECT_THAT(response.status, testing::AnyOf(400, 404)) << method << path;
      EXPECT_THAT(response.body, Not(HasSubstr("root:")));
    }
  }
  EXPECT_EQ(Outcome(Send("GET", StrCat(kFiles, "?path=../.."), "", "")),
            "400 INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Outcome(Send("DELETE", StrCat(kFiles, "/"), "", "")), "404 ENDPOINT_NOT_FOUND");
  Send("PUT", StrCat(kFiles, "/f/x"), "1", "");
  EXPECT_EQ(Outcome(Send("PUT", StrCat(kFiles, "/f"), "1", "")), "400 INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Outcome(Send("PUT", StrCat(kFiles, "/f/x/y"), "1", "")), "400 INVALID_PARAMETER_VALUE");
  EXPECT_EQ(Outcome(Send("GET", StrCat(kFiles, "/f"), "", "")), "400 INVALID_PARAMETER_VALUE");
}

TEST_F(TrackingServiceTest, ACallIsBounded) {
  const TestResponse response = Post("runs/create", std::string((32 << 20) + 1, ' '));
  EXPECT_EQ(response.status, 413);
  EXPECT_THAT(response.body, HasSubstr("32.0 MiB"));
}

TEST_F(TrackingServiceTest, FiftyClientsAtOnceLoseNothing) {
  constexpr int kClients = 50;
  constexpr int kEach = 5;
  const std::string run = NewRun();
  std::vector<std::thread> clients;
  std::atomic<int> done{0};
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([&, c] {
      TestClient client(server_->port());
      for (int i = 0; i < kEach; ++i) {
        const std::string body =
            WithRun(run, StrCat(R"("key":"m","value":1,"timestamp":)", c, R"(,"step":)", i));
        client.Send(StrCat("POST ", kApi, "runs/log-metric HTTP/1.1\r\nHost: localhost\r\n",
                           "Content-Type: application/json\r\nContent-Length: ", body.size(),
                           "\r\n\r\n", body));
        done += client.Receive().status == 200 ? 1 : 0;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(done, kClients * kEach);
  const Json history = Get("metrics/get-history?metric_key=m&run_id=" + run).ParsedBody();
  EXPECT_EQ(history.At("metrics").size(), size_t{kClients * kEach});
}

TEST_F(TrackingServiceTest, WhereCredentialsAreDemandedRolesDecide) {
  Start(true);
  const TestResponse nobody = Get("experiments/get?experiment_id=0");
  EXPECT_EQ(Outcome(nobody), "401 UNAUTHENTICATED");
  EXPECT_THAT(nobody.HeaderValue("WWW-Authenticate"), HasSubstr("realm=\"marquee\""));
  const auto as = [&](http::Role role) {
    return StrCat("Authorization: Bearer ", people_.MakeKey(role).key, "\r\n",
                  "Content-Type: application/json\r\n");
  };
  const std::string viewer = as(http::Role::kViewer);
  const std::string service = as(http::Role::kService);
  const std::string create = StrCat(kApi, "runs/create");
  EXPECT_EQ(Send("GET", StrCat(kApi, "experiments/get?experiment_id=0"), "", viewer).status, 200);
  EXPECT_EQ(Outcome(Send("POST", create, "{}", viewer)), "403 PERMISSION_DENIED");
  EXPECT_EQ(Send("POST", create, "{}", service).status, 200);
  EXPECT_EQ(Outcome(Send("PUT", StrCat(kFiles, "/a"), "x", viewer)), "403 PERMISSION_DENIED");
  EXPECT_EQ(Send("PUT", StrCat(kFiles, "/a"), "x", service).status, 200);
  EXPECT_EQ(Outcome(Send("DELETE", StrCat(kFiles, "/a"), "", service)), "403 PERMISSION_DENIED");
  EXPECT_EQ(Send("GET", "/version", "", "").status, 200);
}

TEST_F(TrackingServiceTest, UsersComeWithBasic) {
  Start(true);
  people_.accounts.CreateUser("ada", http::Role::kViewer, "correct horse");
  const std::string call = StrCat(kApi, "experiments/get?experiment_id=0");
  EXPECT_EQ(Send("GET", call, "", "Authorization: Basic YWRhOmNvcnJlY3QgaG9yc2U=\r\n").status, 200);
  EXPECT_EQ(Outcome(Send("GET", call, "", "Authorization: Basic YWRhOndyb25n\r\n")),
            "401 UNAUTHENTICATED");
}

TEST_F(TrackingServiceTest, WhatTakesAwayIsAudited) {
  const std::string run = NewRun();
  Post("runs/delete", StrCat(R"({"run_id":")", run, R"("})"));
  const auto entries = people_.audit.Page(0, 10);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].route, "/api/2.0/mlflow/runs/delete");
}

}  // namespace
}  // namespace marquee
