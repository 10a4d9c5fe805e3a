#include "services/event_service.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "services/event_json.h"
#include "services/test_world.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class EventServiceTest : public testing::Test {
 protected:
  Json Log(const std::string& body) {
    return Json::Parse(world_.Post("/log_interaction", body).body);
  }

  void ExpectProblem(const std::string& body, int status, const std::string& message) {
    const http::Response response = world_.Post("/log_interaction", body);
    EXPECT_EQ(response.status, status) << body;
    EXPECT_THAT(Json::Parse(response.body).GetString("message"), HasSubstr(message)) << body;
    EXPECT_THAT(world_.log->Read(0, 10), IsEmpty());
  }

  std::vector<std::string> ItemIds(const std::string& target) {
    std::vector<std::string> ids;
    const Json answer = world_.GetJson(target);
    for (const Json& item : answer.At("items").AsArray()) ids.push_back(item.GetString("item_id"));
    return ids;
  }

  TestWorld world_;
};

TEST_F(EventServiceTest, AnAcknowledgedEventIsInTheLogAndInTheNextAnswer) {
  EXPECT_EQ(world_.GetJson("/recommend/7").GetString("rung"), "popular");
  const Json logged =
      Log(R"({"user_id": 7, "movie_id": 10, "rating": 4.5, "timestamp": "2024-01-05T01:02:03Z"})");
  EXPECT_EQ(logged.Dump(),
            R"({"offset":1,"duplicate":false,"user_id":"7","item_id":"10","event":"rating",)"
            R"("timestamp":"2024-01-05T01:02:03.000Z"})");
  const std::vector<StoredEvent> rows = world_.log->Read(0, 10);
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows[0].event.value, 4.5);
  const Json answer = world_.GetJson("/recommend/7");
  EXPECT_EQ(answer.GetString("rung"), "personal");
  EXPECT_THAT(ItemIds("/recommend/7"), Not(testing::Contains("10")));
  EXPECT_EQ(answer.At("items").AsArray().front().GetString("reason"),
            "because you rated The Matrix 4.5");
}

TEST_F(EventServiceTest, KindAndTimeHaveDefaults) {
  EXPECT_EQ(Log(R"({"user_id": "u", "item_id": "10"})").GetString("event"), "click");
  EXPECT_EQ(Log(R"({"user_id": "u", "item_id": "10", "rating": 3})").GetString("event"), "rating");
  EXPECT_EQ(Log(R"({"user_id": "u", "item_id": "10", "rating": null})").GetString("timestamp"),
            FormatUtc(world_.clock.NowMs()));
  EXPECT_EQ(Log(R"({"user_id": "u", "item_id": "10", "timestamp": 1.5})").GetString("timestamp"),
            "1970-01-01T00:00:01.500Z");
}

TEST_F(EventServiceTest, SentAgainWithItsKeyItIsStoredOnce) {
  const std::string event =
      R"({"user_id": "u", "item_id": "10", "event": "watch", "idempotency_key": "k"})";
  const Json first = Log(event);
  const Json again = Log(event);
  EXPECT_FALSE(first.GetBool("duplicate"));
  EXPECT_TRUE(again.GetBool("duplicate"));
  EXPECT_EQ(again.GetInt("offset"), first.GetInt("offset"));
  EXPECT_EQ(world_.log->Read(0, 10).size(), 1);
}

TEST_F(EventServiceTest, NamesWhatIsWrongAndKeepsNothing) {
  ExpectProblem("{", 400, "");
  ExpectProblem("[]", 400, "an event is []: must be an object");
  ExpectProblem(R"({"userid": 7})", 400, "unknown field 'userid'; did you mean 'user_id'?");
  ExpectProblem(R"({"movie_id": 10})", 400, "user_id is empty");
  ExpectProblem(R"({"user_id": 1.5, "movie_id": 10})", 400,
                "user_id is 1.5: must be a string or an integer");
  ExpectProblem(R"({"user_id": 7, "movie_id": 10, "item_id": 10})", 400,
                "both item_id and movie_id are given");
  ExpectProblem(R"({"user_id": 7, "movie_id": 10, "event": "clik"})", 400,
                "event 'clik' is unknown; did you mean 'click'?");
  ExpectProblem(R"({"user_id": 7, "movie_id": 10, "rating": "5"})", 400, "must be a number");
  ExpectProblem(R"({"user_id": 7, "movie_id": 10, "event": "rating"})", 400,
                "a rating has no value");
  ExpectProblem(R"({"user_id": 7, "movie_id": 10, "timestamp": "yesterday"})", 400,
                "timestamp is \"yesterday\"");
  ExpectProblem(R"({"user_id": 7, "movie_id": 10, "timestamp": 1e300})", 400,
                "timestamp is 1e+300: must be seconds");
  ExpectProblem(R"({"user_id": 7, "movie_id": 10, "context": 1})", 400,
                "context is 1: must be an object");
  ExpectProblem(R"({"user_id": 7, "movie_id": "unheard of"})", 404, "item 'unheard of' is unknown");
}

TEST_F(EventServiceTest, UnknownItemsAreTakenWhereTheSettingSaysSo) {
  const EventService accepting(*world_.log, world_.engine, world_.clock,
                               {.accept_unknown_items = true});
  http::Request request;
  request.body = R"({"user_id": 7, "movie_id": "unheard of"})";
  EXPECT_EQ(accepting.LogInteraction(request).status, 200);
  EXPECT_EQ(world_.GetJson("/recommend/7").GetString("rung"), "popular");
}

TEST_F(EventServiceTest, ABatchKeepsTheGoodAndNamesTheBadByIndex) {
  const http::Response response = world_.Post("/events", R"([
      {"user_id": "u", "item_id": "10", "idempotency_key": "k"}, {"user_id": "u"}, 5,
      {"user_id": "u", "item_id": "nothing"}, {"user_id": "u", "item_id": "10", "idempotency_key": "k"}])");
  EXPECT_EQ(response.status, 200);
  const Json answer = Json::Parse(response.body);
  EXPECT_EQ(answer.GetInt("accepted"), 2);
  EXPECT_EQ(answer.GetInt("duplicates"), 1);
  std::vector<std::string> rejected;
  for (const Json& entry : answer.At("rejected").AsArray()) {
    rejected.push_back(StrCat(entry.GetInt("index"), " ", entry.GetString("code"), ": ",
                              entry.GetString("message")));
  }
  EXPECT_THAT(rejected, ElementsAre("1 invalid_argument: item_id is empty",
                                    "2 invalid_argument: an event is 5: must be an object",
                                    "3 not_found: item 'nothing' is unknown"));
  EXPECT_EQ(world_.log->Read(0, 10).size(), 1);
}

TEST_F(EventServiceTest, ABatchMayBeLines) {
  const http::Response response = world_.Post(
      "/events",
      "{\"user_id\": 1, \"movie_id\": 10}\n\n{broken\r\n{\"user_id\": 2, \"movie_id\": 10}",
      {{"Content-Type", "application/x-ndjson; charset=utf-8"}});
  const Json answer = Json::Parse(response.body);
  EXPECT_EQ(answer.GetInt("accepted"), 2);
  EXPECT_EQ(answer.At("rejected").AsArray().at(0).GetInt("index"), 1);
}

TEST_F(EventServiceTest, ABatchThatIsNoneOrTooLargeIsRefused) {
  EXPECT_THAT(world_.Post("/events", "{}").body, HasSubstr("the body is no array"));
  std::string many = "[0";
  for (int i = 0; i < 10'000; ++i) many += ",0";
  EXPECT_EQ(world_.Post("/events", many + "]").status, 413);
  EXPECT_EQ(world_.Post("/events", "[]").body, R"({"accepted":0,"duplicates":0,"rejected":[]})");
}

TEST_F(EventServiceTest, HistoryHasWhatWasLoggedThenWhatWasLoaded) {
  Log(R"({"user_id": "u1", "item_id": "40", "event": "watch", "value": 0.9, "context": {"rank": 3}})");
  const Json history = world_.GetJson("/users/u1/history");
  EXPECT_EQ(history.GetString("user_id"), "u1");
  const Json::Array& events = history.At("events").AsArray();
  ASSERT_EQ(events.size(), 3);
  EXPECT_EQ(events[0].GetString("title"), "The Matrix Reloaded");
  EXPECT_EQ(events[0].At("context").GetInt("rank"), 3);
  EXPECT_EQ(events[0].GetInt("offset"), 1);
  EXPECT_TRUE(events[1].At("offset").is_null());
  EXPECT_EQ(events[1].GetString("event"), "rating");
  EXPECT_EQ(events[1].GetDouble("value"), 5);
  const Json second = world_.GetJson("/users/u1/history?limit=1&skip=1");
  ASSERT_EQ(second.At("events").size(), 1);
  EXPECT_EQ(second.At("events").AsArray()[0].Dump(), events[1].Dump());
  EXPECT_THAT(world_.GetJson("/users/u1/history?skip=9").At("events").AsArray(), IsEmpty());
  EXPECT_EQ(world_.Get("/users/nobody/history").status, 404);
}

TEST_F(EventServiceTest, HistoryHasOnceWhatReachedTheDataThroughTheLog) {
  Log(R"({"user_id": "u1", "item_id": "10", "rating": 5, "timestamp": 1000000000.5})");
  const Json history = world_.GetJson("/users/u1/history");
  const Json::Array& events = history.At("events").AsArray();
  ASSERT_EQ(events.size(), 2);
  EXPECT_EQ(events[0].GetString("item_id"), "10");
  EXPECT_EQ(events[1].GetString("item_id"), "a/b");
}

// Refuses as a log does whose queue is full.
class FullLog : public EventLog {
 public:
  std::vector<Appended> Append(std::span<const Event>) override {
    throw Error(Code::kResourceExhausted, "9 events wait", "try again");
  }
  std::vector<StoredEvent> Read(int64_t, int) const override { return {}; }
  std::vector<StoredEvent> ReadUser(std::string_view, int64_t, int) const override { return {}; }
  std::vector<StoredEvent> ReadTime(TimePosition, int64_t, int) const override { return {}; }
  std::string id() const override { return "full"; }
  int64_t end_offset() const override { return 1; }
  int64_t EndOfOwn(int64_t from) const override { return from; }
  int64_t RemoveBefore(int64_t) override { return 0; }
  int64_t EraseUser(std::string_view) override { return 0; }
};

TEST_F(EventServiceTest, TellsWhenToTryAgainAndForgetsWhatWasNotStored) {
  FullLog full;
  const EventService service(full, world_.engine, world_.clock, {});
  http::Request request;
  request.body = R"({"user_id": 7, "movie_id": 10})";
  try {
    service.LogInteraction(request);
    FAIL();
  } catch (const http::StatusError& error) {
    EXPECT_EQ(error.status(), 429);
    ASSERT_EQ(error.headers().size(), 1);
    EXPECT_EQ(error.headers()[0].name, "Retry-After");
  }
  EXPECT_EQ(world_.GetJson("/recommend/7").GetString("rung"), "popular");
}

}  // namespace
}  // namespace marquee
