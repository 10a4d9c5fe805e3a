#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/version.h"
#include "http/server.h"
#include "http/test_client.h"
#include "services/test_world.h"

namespace marquee {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::FieldsAre;
using testing::HasSubstr;
using testing::Not;

class ServicesTest : public testing::Test {
 protected:
  // Expects a problem of that status, code, message and hint.
  void ExpectProblem(const std::string& target, int status, const std::string& message,
                     const std::string& hint) {
    const http::Response response = world_.Get(target);
    EXPECT_EQ(response.status, status) << target;
    const Json body = Json::Parse(response.body);
    EXPECT_EQ(body.GetString("message"), message) << target;
    EXPECT_THAT(body.GetString("hint"), HasSubstr(hint)) << target;
    EXPECT_EQ(body.GetString("code"), status == 400 ? "invalid_argument" : "not_found") << target;
  }

  std::vector<std::string> ItemIds(const std::string& target) {
    std::vector<std::string> ids;
    const Json answer = world_.GetJson(target);
    for (const Json& item : answer.At("items").AsArray()) {
      ids.push_back(item.At("item_id").AsString());
    }
    return ids;
  }

  TestWorld world_;
};

TEST_F(ServicesTest, RecommendsWhatAUserHasNotSeen) {
  const Json answer = world_.GetJson("/recommend?user_id=u1&num_recommendations=10");
  EXPECT_EQ(answer.GetString("user_id"), "u1");
  EXPECT_EQ(answer.GetString("model"), "ease");
  EXPECT_EQ(answer.GetInt("model_version"), 3);
  EXPECT_EQ(answer.GetString("rung"), "personal");
  EXPECT_THAT(ItemIds("/recommend?user_id=u1"),
              AllOf(Contains("40"), Not(Contains("10")), Not(Contains("a/b"))));
}

TEST_F(ServicesTest, ThePathFormGivesTheSameAnswer) {
  const auto body = [&](const std::string& target) {
    return world_.Get(target, {{"X-Request-Id", "r1"}}).body;
  };
  EXPECT_THAT(body("/recommend/u1?k=2"), HasSubstr(R"("request_id":"r1")"));
  EXPECT_EQ(body("/recommend/u1?k=2"), body("/recommend?user_id=u1&num_recommendations=2"));
  EXPECT_EQ(body("/recommend/u1?num_recommendations=2"), body("/recommend?user_id=u1&k=2"));
}

TEST_F(ServicesTest, GivesAsManyAsAskedFor) { EXPECT_EQ(ItemIds("/recommend/u0?k=1").size(), 1); }

TEST_F(ServicesTest, AnUnknownUserGetsThePopularList) {
  const Json answer = world_.GetJson("/recommend/nobody");
  EXPECT_EQ(answer.GetString("rung"), "popular");
  EXPECT_EQ(answer.GetString("user_id"), "nobody");
  EXPECT_EQ(answer.At("items").AsArray().front().GetString("item_id"), "10");
}

TEST_F(ServicesTest, FiltersAndPagesAreParameters) {
  EXPECT_THAT(ItemIds("/recommend/nobody?genres=comedy,%20Romance"), ElementsAre("a/b"));
  EXPECT_THAT(ItemIds("/recommend/nobody?min_year=2000&max_year=2002"), ElementsAre("a/b"));
  EXPECT_THAT(ItemIds("/recommend/nobody?exclude=10,a/b,30"), ElementsAre("40"));
  std::vector<std::string> paged = ItemIds("/recommend/nobody?k=1");
  for (const std::string& id : ItemIds("/recommend/nobody?offset=1&k=3")) paged.push_back(id);
  EXPECT_EQ(paged, ItemIds("/recommend/nobody"));
  EXPECT_EQ(ItemIds("/recommend/nobody?diversity=1").size(), 4);
  ExpectProblem("/recommend/u1?diversity=2", 400, "diversity is '2': must be a number from 0 to 1",
                "0 to 1");
  ExpectProblem("/recommend/u1?genres=Comdy", 400,
                "genre 'Comdy' is unknown; did you mean 'Comedy'?", "genres are");
}

TEST_F(ServicesTest, ASessionIsAnsweredWithoutAUser) {
  const Json answer =
      Json::Parse(world_.Post("/recommend/session", R"({"items": ["10"], "k": 2})").body);
  EXPECT_TRUE(answer.At("user_id").is_null());
  EXPECT_EQ(answer.GetString("rung"), "session");
  EXPECT_EQ(answer.At("items").size(), 2);
  EXPECT_EQ(answer.At("items").AsArray()[0].GetString("reason"),
            "because you looked at The Matrix");
}

TEST_F(ServicesTest, StatedTastesAreAnsweredInBothForms) {
  const Json bare =
      Json::Parse(world_.Post("/users/recommendations", R"({"comedy": 5, "romance": 2})").body);
  EXPECT_EQ(bare.GetString("rung"), "content");
  EXPECT_EQ(bare.At("items").AsArray()[0].GetString("item_id"), "a/b");
  EXPECT_EQ(bare.At("items").AsArray()[0].GetString("reason"),
            "fits your taste for Comedy, Romance");
  EXPECT_EQ(bare.At("items").AsArray()[0].GetString("source"), "genres");
  const Json full = Json::Parse(
      world_
          .Post("/users/recommendations", R"({"preferences": {"comedy": 5}, "user_id": 7, "k": 1})")
          .body);
  EXPECT_EQ(full.GetString("user_id"), "7");
  EXPECT_EQ(full.At("items").size(), 1);
}

TEST_F(ServicesTest, ABatchAnswersInTheOrderAsked) {
  const Json answer =
      Json::Parse(world_.Post("/recommend/batch", R"({"user_ids": ["u1", 5, "u0"], "k": 2})").body);
  std::vector<std::string> users;
  for (const Json& one : answer.At("recommendations").AsArray()) {
    users.push_back(one.GetString("user_id") + " " + one.GetString("rung"));
  }
  EXPECT_THAT(users, ElementsAre("u1 personal", "5 popular", "u0 personal"));
}

TEST_F(ServicesTest, BadBodiesAreNamed) {
  const auto expect = [&](const std::string& path, const std::string& body,
                          const std::string& message) {
    const http::Response response = world_.Post(path, body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_THAT(Json::Parse(response.body).GetString("message"), HasSubstr(message)) << body;
  };
  expect("/recommend/session", "[]", "the body is []: must be an object");
  expect("/recommend/session", "{}", "field 'items' is missing");
  expect("/recommend/session", R"({"items": "10"})",
         "items is \"10\": must be an array of strings");
  expect("/recommend/session", R"({"items": [1.5]})",
         "items is 1.5: must be a string or an integer");
  expect("/recommend/session", R"({"items": [], "K": 3})", "unknown field 'K'; did you mean 'k'?");
  expect("/recommend/session", R"({"items": [], "k": 0})",
         "k is 0: must be a whole number from 1 to 1000");
  expect("/recommend/session", R"({"items": [], "diversity": -1})", "diversity is -1");
  expect("/users/recommendations", R"({"comedy": "much"})",
         "the preference for comedy is \"much\"");
  expect("/users/recommendations", "5", "the body is 5: must be an object");
  expect("/recommend/batch", R"({"user_ids": [""]})", "user_ids is empty");
  std::string many = R"({"k": 1000, "user_ids": [0)";
  for (int user = 1; user <= 100; ++user) many += "," + std::to_string(user);
  expect("/recommend/batch", many + "]}",
         "101 users with 1000 titles each: must be at most 100000");
}

TEST_F(ServicesTest, NumbersOutOfRangeAreNamed) {
  ExpectProblem("/recommend/u1?k=0", 400, "k is 0: must be 1 to 1000", "a number from 1 to 1000");
  ExpectProblem("/recommend?user_id=u1&num_recommendations=1001", 400,
                "num_recommendations is 1001: must be 1 to 1000", "a number from 1 to 1000");
  ExpectProblem("/items/10/similar?k=x", 400, "k is 'x': must be a whole number",
                "a number from 1 to 1000");
  ExpectProblem("/items?limit=-1", 400, "limit is -1: must be 1 to 1000",
                "a number from 1 to 1000");
  ExpectProblem("/recommend/u1?k=1&num_recommendations=1", 400,
                "both k and num_recommendations are given", "give one");
}

TEST_F(ServicesTest, UnknownParametersAreNamedWithTheNearest) {
  ExpectProblem("/recommend?userid=u1", 400,
                "unknown query parameter 'userid'; did you mean 'user_id'?",
                "this route takes: user_id, num_recommendations, k");
  ExpectProblem("/users/u1?x=1", 400, "unknown query parameter 'x'",
                "this route takes no query parameters");
}

TEST_F(ServicesTest, BadIdsAreNamed) {
  ExpectProblem("/recommend", 400, "query parameter 'user_id' is missing", "/recommend?user_id=42");
  ExpectProblem("/recommend?user_id=", 400, "user_id is empty", "give user_id a value");
  ExpectProblem("/recommend/" + std::string(257, 'x'), 400,
                "user_id has 257 bytes: must be at most 256", "shorten user_id");
  ExpectProblem("/items/" + std::string(257, 'x'), 400,
                "item_id has 257 bytes: must be at most 256", "shorten item_id");
  ExpectProblem("/items?q=" + std::string(257, 'x'), 400, "q has 257 bytes: must be at most 256",
                "shorten q");
}

TEST_F(ServicesTest, SimilarItemsLeaveOutTheItemItself) {
  const std::vector<std::string> ids = ItemIds("/items/10/similar?k=3");
  EXPECT_EQ(ids.size(), 3);
  EXPECT_THAT(ids, Not(Contains("10")));
  EXPECT_EQ(world_.GetJson("/items/10/similar").GetString("item_id"), "10");
}

TEST_F(ServicesTest, AnUnknownItemIs404) {
  EXPECT_EQ(world_.Get("/items/99/similar").status, 404);
  ExpectProblem("/items/99", 404, "item '99' is unknown", "finds items by title");
}

TEST_F(ServicesTest, AnIdMayHaveASlash) {
  EXPECT_EQ(world_.GetJson("/items/a%2Fb").GetString("title"), "Am\xC3\xA9lie");
  EXPECT_EQ(world_.Get("/items/a%2Fb/similar").status, 200);
}

TEST_F(ServicesTest, SearchesTitles) {
  EXPECT_THAT(ItemIds("/items?q=matrix"), ElementsAre("10", "40"));
  EXPECT_THAT(ItemIds("/items?q=amelie&limit=1"), ElementsAre("a/b"));
  EXPECT_EQ(world_.GetJson("/items?q=matrix").GetString("query"), "matrix");
}

TEST_F(ServicesTest, ItemsAreFilteredAndPagedByCursor) {
  EXPECT_THAT(ItemIds("/items?q=matirx&min_year=2000"), ElementsAre("40"));
  EXPECT_THAT(ItemIds("/items?genres=comedy,romance"), ElementsAre("a/b"));
  std::vector<std::string> paged;
  std::string cursor;
  do {
    const std::string target = "/items?limit=1" + (cursor.empty() ? "" : "&cursor=" + cursor);
    paged.push_back(ItemIds(target).at(0));
    cursor = world_.GetJson(target).GetString("next_cursor");
  } while (!cursor.empty());
  EXPECT_EQ(paged, ItemIds("/items"));
  cursor = world_.GetJson("/items?limit=1").GetString("next_cursor");
  const std::string hint = "next_cursor";
  ExpectProblem("/items?cursor=x1", 400, "cursor 'x1' is broken, or of another list", hint);
  ExpectProblem("/items?q=matrix&cursor=" + cursor, 400,
                "cursor '" + cursor + "' is broken, or of another list", hint);
}

TEST_F(ServicesTest, ChartsAreRecommendationsForNobody) {
  const Json popular = world_.GetJson("/popular?k=2");
  EXPECT_TRUE(popular.At("user_id").is_null());
  EXPECT_EQ(popular.GetString("rung"), "popular");
  EXPECT_THAT(ItemIds("/popular?k=2"), ElementsAre("10", "a/b"));
  EXPECT_THAT(ItemIds("/popular?k=1&offset=1"), ElementsAre("a/b"));
  EXPECT_THAT(ItemIds("/new"), ElementsAre("40", "a/b", "10"));
  EXPECT_THAT(ItemIds("/new?max_year=2001&genres=action"), ElementsAre("10"));
  world_.Post("/log_interaction", R"({"user_id": 1, "item_id": "30", "event": "watch"})");
  const Json rising = world_.GetJson("/trending?days=7").At("items").AsArray().at(0);
  EXPECT_EQ(rising.GetString("item_id"), "30") << "an event shows at once";
  EXPECT_EQ(rising.GetString("source"), "trending");
  EXPECT_THAT(rising.GetString("reason"), HasSubstr("rising: 1 time in the last 7 days"));
  ExpectProblem("/trending?days=0", 400, "days is 0: must be 1 to 3650", "days");
}

TEST_F(ServicesTest, WithoutWordsItemsAreThePopularOnes) {
  EXPECT_THAT(ItemIds("/items"), ElementsAre("10", "a/b", "40", "30"));
  EXPECT_THAT(ItemIds("/items?q=+&limit=2"), ElementsAre("10", "a/b"));
  EXPECT_TRUE(world_.GetJson("/items").At("query").is_null());
}

TEST_F(ServicesTest, TellsOfAUser) {
  const Json user = world_.GetJson("/users/u2");
  EXPECT_EQ(user.GetString("user_id"), "u2");
  EXPECT_EQ(user.GetInt("num_interactions"), 3);
  EXPECT_EQ(user.GetString("first"), "2001-09-09T01:46:40.000Z");
  EXPECT_EQ(world_.Get("/users/nobody").status, 404);
}

TEST_F(ServicesTest, HealthIsOk) {
  EXPECT_EQ(world_.Get("/health").body, R"({"status":"ok"})");
  EXPECT_EQ(world_.Get("/health/live").body, R"({"status":"ok"})");
  EXPECT_EQ(world_.Get("/health/ready").body, R"({"status":"ready"})");
}

TEST_F(ServicesTest, AServerAboutToStopIsNotReadyAndStillAnswers) {
  world_.health.Drain();
  EXPECT_EQ(world_.Get("/health/ready").status, 503);
  EXPECT_EQ(world_.Get("/health/live").status, 200);
  EXPECT_EQ(world_.Get("/items/10").status, 200);
}

TEST(HealthService, NamesWhatIsNotWell) {
  const MetricsRegistry registry;
  std::string problem;
  const HealthService health(
      registry, {{"model", [] { return std::string(); }}, {"event log", [&] { return problem; }}});
  EXPECT_EQ(health.Ready({}).status, 200);
  problem = "its disk is full";
  EXPECT_THAT([&] { health.Ready({}); },
              ThrowsError(Code::kUnavailable, "not ready: event log: its disk is full"));
}

TEST_F(ServicesTest, WhoHasTheTitlesAlreadyIsToldSo) {
  const http::Response first = world_.Get("/items?q=matrix");
  const auto tag = std::ranges::find(first.headers, "ETag", &http::Header::name);
  ASSERT_NE(tag, first.headers.end());
  EXPECT_EQ(world_.Get("/items?q=matrix", {{"If-None-Match", tag->value}}).status, 304);
  EXPECT_EQ(world_.Get("/items?q=lost", {{"If-None-Match", tag->value}}).status, 200);
}

TEST_F(ServicesTest, CarriesItsContractForPeopleAndPrograms) {
  EXPECT_EQ(world_.Get("/openapi.yaml").body, ReadFile("api/openapi.yaml"));
  const Json contract = world_.GetJson("/openapi.json");
  EXPECT_EQ(contract.GetString("openapi"), "3.1.0");
  const Json& parameter = contract.At("components").At("parameters").At("MinYear");
  EXPECT_EQ(parameter.At("schema").GetInt("maximum"), 9999);
  // What was quoted stays text.
  const Json& example =
      contract.At("paths").At("/recommend").At("get").At("parameters").AsArray().front();
  EXPECT_EQ(example.GetString("example"), "42");
  EXPECT_EQ(example.At("required"), Json(true));
  EXPECT_THAT(world_.Get("/docs").body, testing::Not(HasSubstr("http")));
}

TEST_F(ServicesTest, StatusTellsWhatIsServed) {
  world_.clock.Advance(61'500);
  const Json no_rules =
      Json::MakeObject({{"loaded_at", Json()}, {"error", Json()}, {"warnings", Json::MakeArray()}});
  EXPECT_EQ(world_.GetJson("/status"), Json::MakeObject({{"version", Version()},
                                                         {"uptime_seconds", 61},
                                                         {"model", "ease v3"},
                                                         {"model_type", "ease"},
                                                         {"loaded_at", "2023-11-14T22:13:20.000Z"},
                                                         {"users", 4},
                                                         {"items", 4},
                                                         {"interactions", 7},
                                                         {"simd", "AVX2"},
                                                         {"rules", no_rules}}));
}

TEST_F(ServicesTest, StatusTellsOfTheRules) {
  const auto rules = std::make_shared<Rules>();
  rules->pins.push_back({"4711", 1, {}});
  world_.engine.SetRules(rules, 1'700'000'000'000);
  world_.engine.RefuseRules("rules.toml line 3: broken");
  EXPECT_EQ(world_.GetJson("/status").At("rules").Dump(),
            R"({"loaded_at":"2023-11-14T22:13:20.000Z","error":"rules.toml line 3: broken",)"
            R"("warnings":["pin 1: no item '4711'"]})");
}

TEST_F(ServicesTest, MetricsCountByRouteWhateverTheParameters) {
  world_.Get("/items/10");
  world_.Get("/items/40");
  world_.Get("/items/99");
  world_.Get("/nowhere/4711");
  const http::Response response = world_.Get("/metrics");
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(
      response.body,
      AllOf(HasSubstr("marquee_http_requests_total{method=\"GET\",route=\"/items/{item_id}\","
                      "status=\"200\"} 2\n"),
            HasSubstr("marquee_http_requests_total{method=\"GET\",route=\"/items/{item_id}\","
                      "status=\"404\"} 1\n"),
            HasSubstr("marquee_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} "
                      "1\n"),
            HasSubstr("marquee_http_request_seconds_count{route=\"/items/{item_id}\"} 3\n"),
            Not(HasSubstr("4711"))));
}

TEST_F(ServicesTest, MetricsTakeInventedMethodsAsOne) {
  world_.metrics.OnRequest(
      {.method = "BREW", .route = "", .status = 404, .seconds = 0, .response_bytes = 0});
  EXPECT_THAT(world_.registry.Text(), AllOf(HasSubstr("method=\"other\""), Not(HasSubstr("BREW"))));
}

TEST_F(ServicesTest, TheIndexIsAPageForBrowsersAndJsonForOthers) {
  const http::Response page = world_.Get("/", {{"Accept", "text/html,*/*"}});
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(page.body, AllOf(HasSubstr("<title>Marquee</title>"), Not(HasSubstr("http://")),
                               Not(HasSubstr("https://"))));
  EXPECT_THAT(page.headers, Contains(FieldsAre("Content-Security-Policy", HasSubstr("'none'"))));
  EXPECT_EQ(world_.GetJson("/").GetString("name"), "marquee");
}

TEST_F(ServicesTest, AnswersOverTheNetwork) {
  http::Server server({.io_threads = 1}, MakeRouter(world_.services()), world_.metrics);
  server.Start();
  http::TestClient client(server.port());
  EXPECT_EQ(client.Get("/recommend/u1?k=1").ParsedBody().At("items"),
            world_.GetJson("/recommend/u1?k=1").At("items"));
  EXPECT_EQ(client.Get("/recommend/").status, 404);
  EXPECT_EQ(client.Get("/recommend/%zz").status, 400);
  EXPECT_THAT(client.Get("/metrics").body, HasSubstr("marquee_http_connections 1\n"));
}

}  // namespace
}  // namespace marquee
