#include "lineage/transport.h"

#include <atomic>
#include <optional>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/text.h"
#include "http/server.h"
#include "http/test_probe.h"

namespace marquee::lineage {
namespace {

using testing::HasSubstr;

Json EventNumber(int n) { return Json::MakeObject({{"n", n}}); }

TEST(FileTransport, AppendsALineAnEventAndMakesTheFolder) {
  const TempDir folder;
  const ManualClock clock(0);
  const std::filesystem::path file = folder.path() / "new" / "events.jsonl";
  for (int n = 1; n <= 2; ++n) MakeFileTransport({file}, clock)->Send(EventNumber(n));
  EXPECT_EQ(ReadFile(file), "{\"n\":1}\n{\"n\":2}\n");
}

TEST(FileTransport, AFullFileIsKeptUnderAnotherName) {
  const TempDir folder;
  const ManualClock clock(1'700'000'000'123);
  const auto transport = MakeFileTransport({folder.path() / "e.jsonl", 10}, clock);
  for (int n = 1; n <= 3; ++n) transport->Send(EventNumber(n));
  EXPECT_EQ(ReadFile(folder.path() / "e.jsonl.2023-11-14T221320.123Z"), "{\"n\":1}\n{\"n\":2}\n");
  EXPECT_EQ(ReadFile(folder.path() / "e.jsonl"), "{\"n\":3}\n");
}

TEST(FileTransport, ThrowsWhereItCannotWrite) {
  const ManualClock clock(0);
  EXPECT_THAT([&] { MakeFileTransport({"/proc/none/file"}, clock)->Send(EventNumber(1)); },
              ThrowsError(Code::kNotFound, HasSubstr("cannot open /proc/none/file")));
}

class HttpTransport : public testing::Test {
 protected:
  HttpTransport() {
    http::Router router;
    router.Add("POST", "/api/v1/lineage", http::Role::kPublic, [this](const http::Request& got) {
      ++calls_;
      key_ = got.FindHeader("Authorization").value_or("none");
      type_ = got.FindHeader("Content-Type").value_or("none");
      body_ = got.body;
      http::Response response = http::JsonText("{}");
      response.status = status_;
      return response;
    });
    server_.emplace(http::ServerOptions{.io_threads = 1}, std::move(router), probe_);
    server_->Start();
  }
  std::string Url() const { return StrCat("http://127.0.0.1:", server_->port()); }

  CancelToken stop_;
  http::CountingProbe probe_;
  std::atomic<int> status_ = 201;
  std::atomic<int> calls_ = 0;
  std::string key_, type_, body_;  // read when the answer is there
  std::optional<http::Server> server_;
};

TEST_F(HttpTransport, PostsTheEventWithTheKey) {
  MakeHttpTransport({.url = Url() + "/", .api_key = "secret"}, stop_)->Send(EventNumber(1));
  EXPECT_EQ(body_, "{\"n\":1}");
  EXPECT_EQ(type_, "application/json");
  EXPECT_EQ(key_, "Bearer secret");
  MakeHttpTransport({.url = Url(), .endpoint = "/api/v1/lineage"}, stop_)->Send(EventNumber(2));
  EXPECT_EQ(key_, "none");
  EXPECT_EQ(body_, "{\"n\":2}");
}

TEST_F(HttpTransport, ARefusedEventIsPassedOver) {
  const auto transport = MakeHttpTransport({.url = Url()}, stop_);
  for (const int status : {400, 413, 422}) {
    status_ = status;
    EXPECT_NO_THROW(transport->Send(EventNumber(1))) << status;
  }
  EXPECT_EQ(calls_, 3);
}

TEST_F(HttpTransport, WhatMayGoBetterNextTimeThrows) {
  const auto transport = MakeHttpTransport({.url = Url()}, stop_);
  for (const int status : {302, 401, 404, 408, 429, 500, 503}) {
    status_ = status;
    EXPECT_THAT(
        [&] { transport->Send(EventNumber(1)); },
        ThrowsError(Code::kUnavailable, HasSubstr(StrCat("/api/v1/lineage answers ", status))));
  }
  const std::string url = Url();
  server_.reset();
  EXPECT_THAT([&] { transport->Send(EventNumber(1)); },
              ThrowsError(Code::kUnavailable, HasSubstr(url)));
}

TEST_F(HttpTransport, AUrlThatIsNoneIsToldAtOnce) {
  EXPECT_THAT([&] { MakeHttpTransport({.url = "localhost:5000"}, stop_); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("lineage.url is 'localhost:5000'")));
}

}  // namespace
}  // namespace marquee::lineage
