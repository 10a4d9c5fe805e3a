#include "auth/guard.h"

#include <gmock/gmock.h>

#include "auth/test_people.h"
#include "base/text.h"
#include "http/dispatcher.h"

namespace marquee::auth {
namespace {

using http::Role;
using testing::Contains;
using testing::FieldsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class GuardTest : public testing::Test {
 protected:
  http::Router MakeRouter() {
    http::Router router;
    const auto tell = [](const http::Request& request) {
      return http::Json(Json::MakeObject({{"caller", request.caller.name}}));
    };
    router.Add("GET", "/open", Role::kPublic, tell);
    router.Add("GET", "/films/{id}", Role::kViewer, tell);
    router.Add("POST", "/films/{id}", Role::kOperator, tell);
    router.Add("DELETE", "/films/{id}", Role::kOperator,
               [](const auto&) -> http::Response { throw Error(Code::kNotFound, "no such film"); });
    router.Add("POST", "/asked", Role::kViewer, tell);
    router.LeaveUnaudited({"POST /asked"});
    return router;
  }
  // REQUIRES: options_ are set.
  http::Response Ask(const std::string& method, const std::string& target, const std::string& key,
                     const std::string& address = "10.0.0.7") {
    if (!guard_) {
      guard_ = std::make_unique<Guard>(people_.authenticator, people_.audit, options_);
      dispatcher_ = std::make_unique<http::Dispatcher>(
          MakeRouter(), http::StandardMiddleware(probe_, {}, {guard_->Entry()}));
    }
    http::Request request;
    request.method = method;
    request.target = target;
    request.remote_address = address;
    if (!key.empty()) request.headers = {{"X-API-Key", key}, {"X-Request-Id", "r1"}};
    return dispatcher_->Handle(request);
  }

  TestPeople people_;
  http::NoProbe probe_;
  Guard::Options options_;
  std::unique_ptr<Guard> guard_;
  std::unique_ptr<http::Dispatcher> dispatcher_;
};

TEST_F(GuardTest, WithoutCredentialsOnlyPublicRoutesAnswer) {
  EXPECT_EQ(Ask("GET", "/open", "").status, 200);
  EXPECT_EQ(Ask("GET", "/open", "mq_wrong").status, 200);
  EXPECT_EQ(Ask("GET", "/nowhere", "").status, 404);
  EXPECT_EQ(Ask("OPTIONS", "/films/1", "").status, 204);
  const http::Response response = Ask("GET", "/films/1", "");
  EXPECT_EQ(response.status, 401);
  EXPECT_THAT(response.headers,
              Contains(FieldsAre("WWW-Authenticate", R"(Bearer realm="marquee")")));
  EXPECT_EQ(Json::Parse(response.body).GetString("code"), "unauthenticated");
}

TEST_F(GuardTest, ALowerRoleIsToldWhichItNeeds) {
  const auto made = people_.MakeKey(Role::kService);
  EXPECT_EQ(Ask("GET", "/films/1", made.key).status, 200);
  const http::Response response = Ask("POST", "/films/1", made.key);
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.headers,
              Contains(FieldsAre("WWW-Authenticate", HasSubstr(R"(scope="operator")"))));
  EXPECT_EQ(Json::Parse(response.body).GetString("message"),
            "POST /films/{id} needs the role operator; yours is service");
}

TEST_F(GuardTest, HandlersSeeWhoAsks) {
  const auto made = people_.MakeKey(Role::kAdmin);
  const http::Response response = Ask("GET", "/films/1", made.key);
  EXPECT_EQ(Json::Parse(response.body).GetString("caller"), "key:" + made.info.id);
  EXPECT_THAT(response.headers, Contains(FieldsAre("Cache-Control", "private")));
}

TEST_F(GuardTest, AKeyForSomeRoutesIsForNoOthers) {
  const auto made = people_.MakeKey(Role::kAdmin, {"/films"});
  EXPECT_EQ(Ask("POST", "/films/1", made.key).status, 200);
  const http::Response response = Ask("POST", "/asked", made.key);
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr("this key is for /films only"));
}

TEST_F(GuardTest, WhereNothingIsDemandedWhatIsSentIsStillChecked) {
  options_.demanded = false;
  const auto made = people_.MakeKey(Role::kViewer);
  const http::Response response = Ask("POST", "/films/1", "");
  EXPECT_EQ(Json::Parse(response.body).GetString("caller"), "local");
  EXPECT_EQ(Ask("POST", "/films/1", made.key).status, 403);
  EXPECT_EQ(Ask("GET", "/films/1", "mq_wrong").status, 401);
}

TEST_F(GuardTest, AKeyHasSoManyRequests) {
  options_.per_caller = 0.001;  // and a burst of twice that, so none
  const auto made = people_.MakeKey(Role::kViewer);
  const http::Response response = Ask("GET", "/films/1", made.key);
  EXPECT_EQ(response.status, 429);
  EXPECT_THAT(response.headers, Contains(FieldsAre("Retry-After", testing::Ne(""))));
  EXPECT_THAT(response.body, HasSubstr("too many requests of key:" + made.info.id));
}

TEST_F(GuardTest, AnAddressHasSoManyRequestsWhateverItAsks) {
  options_.per_address = 1;
  EXPECT_EQ(Ask("GET", "/nowhere", "").status, 404);
  EXPECT_EQ(Ask("GET", "/open", "").status, 200);
  EXPECT_EQ(Ask("GET", "/open", "").status, 429);
  EXPECT_EQ(Ask("GET", "/open", "", "10.0.0.8").status, 200);
}

TEST_F(GuardTest, ThisMachineMayBeLeftUnlimited) {
  options_.per_address = 1;
  options_.limits_loopback = false;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Ask("GET", "/open", "", "127.0.0.1").status, 200);
}

TEST_F(GuardTest, ChangesAreRecordedWithWhoMadeThem) {
  const auto made = people_.MakeKey(Role::kOperator);
  Ask("POST", "/films/7?token=secret", made.key);
  const std::vector<AuditEntry> entries = people_.audit.Page(0, 10);
  ASSERT_EQ(entries.size(), 1);
  const AuditEntry& entry = entries[0];
  EXPECT_EQ(StrCat(entry.who, " ", entry.role, " ", entry.address, " ", entry.method, " ",
                   entry.route, " ", entry.target, " ", entry.status, " ", entry.request_id),
            StrCat("key:", made.info.id, " operator 10.0.0.7 POST /films/{id} /films/7 200 r1"));
  EXPECT_EQ(entry.at_ms, kTestNowMs);
}

TEST_F(GuardTest, AttemptsThatFailedAreRecordedToo) {
  const auto made = people_.MakeKey(Role::kOperator);
  Ask("DELETE", "/films/7", made.key);
  EXPECT_EQ(people_.audit.Page(0, 1)[0].status, 404);
  const auto viewer = people_.MakeKey(Role::kViewer);
  Ask("DELETE", "/films/7", viewer.key);
  EXPECT_EQ(people_.audit.Page(0, 1)[0].status, 403);
  for (int i = 0; i < 50; ++i) Ask("DELETE", "/films/7", viewer.key);
  EXPECT_EQ(people_.audit.Page(0, 100).size(), 21);  // 20 refusals of one caller, then it stops
}

TEST_F(GuardTest, WhatChangesNothingIsNotRecorded) {
  const auto made = people_.MakeKey(Role::kOperator);
  Ask("GET", "/films/7", made.key);
  Ask("POST", "/asked", made.key);
  Ask("DELETE", "/films/7", "");
  EXPECT_THAT(people_.audit.Page(0, 10), IsEmpty());
}

}  // namespace
}  // namespace marquee::auth
