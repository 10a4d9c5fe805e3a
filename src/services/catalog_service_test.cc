// Titles, people and ratings as resources.
#include <gmock/gmock.h>

#include "services/test_world.h"

namespace marquee {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

class ResourcesTest : public testing::Test {
 protected:
  http::Response Patch(std::string target, std::string body,
                       std::vector<http::Header> headers = {}) {
    return world_.Send("PATCH", std::move(target), std::move(headers), std::move(body));
  }
  http::Response Delete(std::string target) {
    return world_.Send("DELETE", std::move(target), {}, "");
  }
  static std::string HeaderOf(const http::Response& response, std::string_view name) {
    for (const http::Header& header : response.headers) {
      if (header.name == name) return header.value;
    }
    return "";
  }
  static void ExpectProblem(const http::Response& response, int status,
                            const std::string& message) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(Json::Parse(response.body).GetString("message"), message);
  }
  std::vector<std::string> Ids(const std::string& target, const std::string& list = "items",
                               const std::string& field = "item_id") {
    std::vector<std::string> ids;
    const Json answer = world_.GetJson(target);
    for (const Json& item : answer.At(list).AsArray()) ids.push_back(item.GetString(field));
    return ids;
  }
  // All pages of a list, one entry each.
  std::vector<std::string> Paged(const std::string& path, const std::string& list,
                                 const std::string& field) {
    std::vector<std::string> ids;
    std::string cursor;
    do {
      const std::string target = path + "limit=1" + (cursor.empty() ? "" : "&cursor=" + cursor);
      for (const std::string& id : Ids(target, list, field)) ids.push_back(id);
      cursor = world_.GetJson(target).GetString("next_cursor");
    } while (!cursor.empty());
    return ids;
  }

  TestWorld world_;
};

TEST_F(ResourcesTest, AnAddedTitleIsThereAtOnceAndAfterARestart) {
  const http::Response added = world_.Post(
      "/items", R"({"item_id": 50, "title": "Matrix Begins", "year": 2024, "genres": ["Sci-Fi"]})");
  EXPECT_EQ(added.status, 201) << added.body;
  EXPECT_EQ(HeaderOf(added, "Location"), "/items/50");
  EXPECT_EQ(world_.GetJson("/items/50").GetString("title"), "Matrix Begins");
  EXPECT_THAT(Ids("/items?q=begins"), ElementsAre("50"));
  EXPECT_EQ(Ids("/new").at(0), "50");
  EXPECT_THAT(Ids("/recommend/u0"), Contains("50"));
  EXPECT_THAT(Ids("/items/50/similar"), Contains("10"));
  EXPECT_EQ(world_.Post("/log_interaction", R"({"user_id": 1, "item_id": 50})").status, 200);
  EXPECT_THAT(Ids("/recommend/1"), Not(Contains("50"))) << "it was met";
  RecommendEngine restarted(MakeTestBundle());
  RecordStore records(world_.folder.path() / "records.db", world_.clock);
  const LiveCatalog live(restarted, records);
  EXPECT_TRUE(restarted.bundle()->catalog->Find("50"));
}

TEST_F(ResourcesTest, ATitleIsChangedByMergePatch) {
  const http::Response changed = Patch("/items/10", R"({"year": 1998, "age_rating": 16})");
  EXPECT_EQ(changed.status, 200) << changed.body;
  Patch("/items/10", R"({"genres": null, "age_rating": null})");
  const Json item = world_.GetJson("/items/10");
  EXPECT_EQ(item.GetString("title"), "The Matrix");
  EXPECT_EQ(item.GetInt("year"), 1998);
  EXPECT_EQ(item.At("genres").size(), 0);
  EXPECT_TRUE(item.At("age_rating").is_null());
  EXPECT_EQ(item.GetInt("num_ratings"), 3);
}

TEST_F(ResourcesTest, AnAgeMayBeAskedFor) {
  Patch("/items/10", R"({"age_rating": 12})");
  Patch("/items/50", R"({"age_rating": 16})");
  Patch("/items/a%2Fb", R"({"age_rating": 0})");
  EXPECT_THAT(Ids("/recommend/nobody?max_age=12"), UnorderedElementsAre("10", "a/b"));
  EXPECT_THAT(Ids("/popular?max_age=0"), ElementsAre("a/b"));
  EXPECT_THAT(Ids("/items?max_age=11"), ElementsAre("a/b"));
  EXPECT_EQ(world_.Get("/recommend/nobody?max_age=-1").status, 400);
}

TEST_F(ResourcesTest, WhatIsTakenAwayIsNotShownAgain) {
  Patch("/items/10", R"({"available": false})");
  EXPECT_THAT(Ids("/recommend/nobody"), Not(Contains("10")));
  EXPECT_EQ(world_.GetJson("/items/10").GetBool("available", true), false);
  EXPECT_EQ(Delete("/items/40").status, 204);
  for (const std::string list : {"/recommend/nobody", "/popular", "/items?q=matrix", "/new"})
    EXPECT_THAT(Ids(list), Not(Contains("40"))) << list;
  ExpectProblem(world_.Get("/items/40"), 404, "item '40' is unknown");
  ExpectProblem(Delete("/items/40"), 404, "item '40' is unknown");
  EXPECT_EQ(world_.Post("/log_interaction", R"({"user_id": 1, "item_id": 40})").status, 404);
  EXPECT_EQ(world_.Post("/items", R"({"item_id": "40", "title": "Again"})").status, 201);
  EXPECT_EQ(world_.GetJson("/items/40").GetString("title"), "Again");
}

TEST_F(ResourcesTest, BadTitlesAreRefusedByName) {
  ExpectProblem(world_.Post("/items", R"({"item_id": "10", "title": "x"})"), 409,
                "item '10' exists");
  ExpectProblem(world_.Post("/items", R"({"title": "x"})"), 400, "field 'item_id' is missing");
  ExpectProblem(world_.Post("/items", R"({"item_id": 9})"), 400, "field 'title' is missing");
  ExpectProblem(Patch("/items/10", R"({"titel": "x"})"), 400,
                "unknown field 'titel'; did you mean 'title'?");
  ExpectProblem(Patch("/items/10", R"({"year": 1700})"), 400,
                "year is 1700: must be a whole number from 1800 to 2099, or null");
  ExpectProblem(Patch("/items/99", R"({"year": 2000})"), 404, "item '99' is unknown");
}

TEST_F(ResourcesTest, ALostUpdateIsPrevented) {
  const std::string tag = HeaderOf(world_.Get("/items/10"), "ETag");
  EXPECT_EQ(Patch("/items/10", R"({"year": 2001})", {{"If-Match", tag}}).status, 200);
  ExpectProblem(Patch("/items/10", R"({"year": 2002})", {{"If-Match", tag}}), 412,
                "If-Match is \"0\": it is \"1\" by now");
  EXPECT_EQ(world_.GetJson("/items/10").GetInt("year"), 2001);
}

TEST_F(ResourcesTest, AnotherProcessSeesTheChange) {
  RecommendEngine other(MakeTestBundle());
  RecordStore records(world_.folder.path() / "records.db", world_.clock);
  LiveCatalog live(other, records);
  Patch("/items/10", R"({"title": "Matrix I"})");
  live.Refresh();
  EXPECT_EQ(other.bundle()->catalog->at(0).title, "Matrix I");
}

TEST_F(ResourcesTest, UsersAreListedAddedAndChanged) {
  const http::Response added =
      world_.Post("/users", R"({"user_id": 7, "name": "Ada", "age": 36, "gender": "F"})");
  EXPECT_EQ(added.status, 201) << added.body;
  world_.Post("/log_interaction", R"({"user_id": "6", "item_id": "10"})");
  EXPECT_THAT(Paged("/users?", "users", "user_id"), ElementsAre("u0", "u1", "u2", "u3", "6", "7"));
  Patch("/users/7", R"({"age": null, "occupation": "writer"})");
  Patch("/users/u1", R"({"name": "Una"})");
  const Json ada = world_.GetJson("/users/7");
  EXPECT_EQ(ada.GetString("name"), "Ada");
  EXPECT_TRUE(ada.At("age").is_null());
  EXPECT_EQ(ada.GetString("occupation"), "writer");
  EXPECT_EQ(ada.GetInt("num_interactions"), 0);
  EXPECT_EQ(world_.GetJson("/users/u1").GetInt("num_interactions"), 2);
  EXPECT_EQ(world_.GetJson("/users/u1").GetString("name"), "Una");
  ExpectProblem(world_.Post("/users", R"({"user_id": "u1"})"), 409, "user 'u1' exists");
  ExpectProblem(Patch("/users/7", R"({"aeg": 1})"), 400,
                "unknown field 'aeg'; did you mean 'age'?");
  ExpectProblem(Patch("/users/8", R"({"age": 1})"), 404, "no user '8'");
  ExpectProblem(world_.Get("/users?cursor=zz"), 400, "cursor 'zz' is broken, or of another list");
}

TEST_F(ResourcesTest, AnErasedPersonIsKnownToNobody) {
  world_.Post("/users", R"({"user_id": 7, "name": "Ada"})");
  world_.Post("/log_interaction", R"({"user_id": 7, "item_id": "10"})");
  RecommendEngine other(MakeTestBundle());
  RecordStore records(world_.folder.path() / "records.db", world_.clock);
  LiveCatalog live(other, records);
  other.Observe({.user_id = "7", .item_id = "10", .time_ms = 1000});
  for (const std::string user_id : {"7", "u1"}) {
    EXPECT_EQ(world_.Get("/recommend/" + user_id).status, 200);
    EXPECT_EQ(Delete("/users/" + user_id).status, 200);
    EXPECT_EQ(world_.GetJson("/recommend/" + user_id).GetString("rung"), "popular");
    ExpectProblem(world_.Get("/users/" + user_id), 404, "no user '" + user_id + "'");
    EXPECT_EQ(world_.Get("/users/" + user_id + "/history").status, 404);
    EXPECT_EQ(Delete("/users/" + user_id).status, 200) << "again";
  }
  EXPECT_THAT(Ids("/users", "users", "user_id"), ElementsAre("u0", "u2", "u3"));
  live.Refresh();
  EXPECT_EQ(other.Recommend("7", 2).rung, "popular") << "another process on the same home";
  EXPECT_EQ(other.Recommend("u1", 2).rung, "popular");
  world_.Post("/log_interaction", R"({"user_id": 7, "item_id": "10"})");
  EXPECT_EQ(world_.GetJson("/recommend/7").GetString("rung"), "personal") << "somebody new";
}

TEST_F(ResourcesTest, RatingsAreEventsAndTheNextListFollowsThem) {
  const http::Response added =
      world_.Post("/ratings", R"({"user_id": 1, "movie_id": "10", "rating": 4.5})");
  EXPECT_EQ(added.status, 201) << added.body;
  EXPECT_EQ(HeaderOf(added, "Location"), "/ratings/1%3A10");
  EXPECT_EQ(world_.GetJson("/recommend/1").GetString("rung"), "personal");
  EXPECT_EQ(world_.GetJson("/ratings/1:10").At("rating").AsDouble(), 4.5);
  world_.clock.Advance(5000);
  EXPECT_EQ(Patch("/ratings/1:10", R"({"rating": 2})").status, 200);
  EXPECT_EQ(world_.GetJson("/ratings/1:10").At("rating").AsDouble(), 2);
  EXPECT_EQ(Delete("/ratings/1:10").status, 204);
  EXPECT_THAT(Ids("/recommend/1"), Contains("10"));
  ExpectProblem(world_.Get("/ratings/1:10"), 404, "no rating '1:10'");
  ExpectProblem(world_.Get("/ratings/110"), 400, "rating_id '110' is no id of a rating");
  EXPECT_EQ(Delete("/ratings/u1:10").status, 204) << "a loaded one";
  EXPECT_THAT(Ids("/ratings?user_id=u1", "ratings"), ElementsAre("a/b"));
  ExpectProblem(world_.Post("/ratings", R"({"user_id": 1, "item_id": "10"})"), 400,
                "field 'rating' is missing");
}

TEST_F(ResourcesTest, RatingsArePagedOverAllPeople) {
  world_.Post("/ratings", R"({"user_id": "a:b", "item_id": "a/b", "rating": 3})");
  EXPECT_THAT(
      Paged("/ratings?", "ratings", "rating_id"),
      ElementsAre("u0:10", "u1:10", "u1:a/b", "u2:10", "u2:a/b", "u2:40", "u3:40", "a%3Ab:a/b"));
  EXPECT_THAT(Paged("/ratings?user_id=u2&", "ratings", "item_id"), ElementsAre("10", "a/b", "40"));
  EXPECT_EQ(world_.GetJson("/ratings/a%253Ab:a%2Fb").At("rating").AsDouble(), 3);
}

}  // namespace
}  // namespace marquee
