// What a real server does only when it pleases: answers of S3 by a script, over a real socket.
#include <gmock/gmock.h>

#include <deque>
#include <functional>
#include <mutex>

#include "base/error_matchers.h"
#include "base/text.h"
#include "http/server.h"
#include "http/test_probe.h"
#include "storage/s3_store.h"

namespace marquee::storage {
namespace {

using http::Request;
using http::Response;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::Not;

constexpr const char* kWriter = "x-amz-meta-marquee-writer";

Response Answer(int status, std::string body = "", std::vector<http::Header> headers = {}) {
  Response response;
  response.status = status;
  response.content_type = body.empty() ? "" : "application/xml";
  response.headers = std::move(headers);
  response.body = std::move(body);
  return response;
}

Response Fault(int status, std::string_view code, std::string_view message = "no") {
  return Answer(status,
                StrCat("<Error><Code>", code, "</Code><Message>", message, "</Message></Error>"));
}

Response Head(const std::string& writer) {
  return Answer(
      200, "12345",
      {{"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"ETag", "\"t\""}, {kWriter, writer}});
}

class ScriptedS3Test : public testing::Test {
 protected:
  ScriptedS3Test() {
    http::Router router;
    for (const char* method : {"GET", "PUT", "POST", "DELETE"}) {
      for (const char* path : {"/films", "/films/{key*}", "/{key*}"}) {
        router.Add(method, path, http::Role::kPublic,
                   [this](const Request& request) { return Next(request); });
      }
    }
    server_.emplace(http::ServerOptions{.io_threads = 1}, std::move(router), probe_);
    server_->Start();
    options_ = {.bucket = "films",
                .endpoint = StrCat("http://127.0.0.1:", server_->port()),
                .credentials = {"ada", "byron"},
                .part_bytes = 10,
                .wait = [this](int64_t ms) { waits_.push_back(ms); }};
  }

  // What was asked: "PUT /films/a?partNumber=1"; the writer it named is kept.
  Response Next(const Request& request) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(StrCat(request.method, " ", request.target));
    hosts_.emplace_back(request.FindHeader("Host").value_or(""));
    if (const auto writer = request.FindHeader(kWriter)) writer_ = *writer;
    if (script_.empty()) return Fault(418, "NotInTheScript");
    const auto answer = std::move(script_.front());
    script_.pop_front();
    return answer();
  }

  void Say(Response response) {
    script_.push_back([response = std::move(response)] { return response; });
  }
  void SayHeadOfThatWriter() {
    script_.push_back([this] { return Head(writer_); });
  }

  S3Store Store() { return S3Store(options_, clock_); }

  const SystemClock clock_;
  http::CountingProbe probe_;
  std::mutex mutex_;
  std::deque<std::function<Response()>> script_;
  std::vector<std::string> asked_;
  std::vector<std::string> hosts_;
  std::string writer_;
  std::vector<int64_t> waits_;
  S3Options options_;
  std::optional<http::Server> server_;
};

TEST_F(ScriptedS3Test, WhatPassesIsTriedAgainLaterAndLater) {
  Say(Fault(503, "SlowDown"));
  Say(Fault(500, "InternalError"));
  Say(Fault(400, "RequestTimeout"));
  Say(Answer(200));
  Store().Put("a", "1");
  EXPECT_THAT(asked_, ElementsAre("PUT /films/a", "PUT /films/a", "PUT /films/a", "PUT /films/a"));
  EXPECT_THAT(waits_, ElementsAre(AllOf(Ge(50), Le(100)), AllOf(Ge(100), Le(200)),
                                  AllOf(Ge(200), Le(400))));
}

TEST_F(ScriptedS3Test, WhatDoesNotPassEndsAfterTheAttempts) {
  options_.attempts = 3;
  for (int i = 0; i < 3; ++i) Say(Fault(503, "SlowDown", "please"));
  EXPECT_THAT([&] { Store().Get("a"); },
              ThrowsError(Code::kUnavailable,
                          HasSubstr("s3://films/a: GET was answered SlowDown: please")));
  EXPECT_EQ(asked_.size(), 3U);
}

TEST_F(ScriptedS3Test, AServerThatIsNotThereIsUnavailable) {
  server_->Stop();
  EXPECT_THAT([&] { Store().Put("a", "1"); },
              ThrowsError(Code::kUnavailable, HasSubstr(options_.endpoint)));
  EXPECT_EQ(waits_.size(), 5U);
}

TEST_F(ScriptedS3Test, EachFaultHasItsCodeAndIsNotRepeated) {
  const std::vector<std::pair<Response, Code>> faults = {
      {Fault(403, "AccessDenied"), Code::kPermissionDenied},
      {Fault(403, "SignatureDoesNotMatch"), Code::kPermissionDenied},
      {Fault(403, "SomethingNew"), Code::kPermissionDenied},
      {Fault(404, "NoSuchKey"), Code::kNotFound},
      {Fault(404, "NoSuchBucket"), Code::kFailedPrecondition},
      {Fault(301, "PermanentRedirect"), Code::kFailedPrecondition},
      {Fault(507, "XMinioStorageFull"), Code::kResourceExhausted},
      {Fault(403, "QuotaExceeded"), Code::kResourceExhausted},
      {Fault(501, "NotImplemented"), Code::kUnimplemented},
      {Fault(400, "InvalidArgument"), Code::kFailedPrecondition},
  };
  for (const auto& [fault, code] : faults) {
    Say(fault);
    EXPECT_THAT([&] { Store().Get("a"); }, ThrowsError(code, HasSubstr("GET was answered ")))
        << fault.body;
  }
  EXPECT_EQ(asked_.size(), faults.size());
}

TEST_F(ScriptedS3Test, NoMessageHasTheSecret) {
  Say(Fault(403, "SignatureDoesNotMatch"));
  EXPECT_THAT([&] { Store().Get("a"); },
              ThrowsError(Code::kPermissionDenied, Not(HasSubstr("byron"))));
}

TEST_F(ScriptedS3Test, OfTwoWritersTheLaterLosesAfterAConflict) {
  Say(Fault(409, "ConditionalRequestConflict"));
  Say(Fault(412, "PreconditionFailed"));
  Say(Head("another"));
  EXPECT_FALSE(Store().PutIfAbsent("a", "1", 0));
  EXPECT_THAT(asked_, ElementsAre("PUT /films/a", "PUT /films/a", "HEAD /films/a"));
}

TEST_F(ScriptedS3Test, AWriterWhoseAnswerWasLostFindsThatItWon) {
  Say(Fault(500, "InternalError"));
  Say(Fault(412, "PreconditionFailed"));
  SayHeadOfThatWriter();
  EXPECT_TRUE(Store().PutIfAbsent("a", "1", 0));
  EXPECT_THAT(asked_, ElementsAre("PUT /films/a", "PUT /films/a", "HEAD /films/a"));
}

TEST_F(ScriptedS3Test, AnUploadThatFailsAfterItsStatusIsCompletedAgain) {
  S3Store store = Store();
  const auto writer = store.Create("a");
  Say(Answer(200,
             "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
             "</InitiateMultipartUploadResult>"));
  Say(Answer(200, "", {{"ETag", "1"}}));
  writer->Write("0123456789");
  Say(Answer(200, "", {{"ETag", "2"}}));
  Say(Fault(200, "InternalError"));
  Say(Fault(404, "NoSuchUpload"));
  SayHeadOfThatWriter();
  writer->Write("more");
  writer->Commit();
  EXPECT_THAT(asked_,
              ElementsAre("POST /films/a?uploads=", "PUT /films/a?partNumber=1&uploadId=u",
                          "PUT /films/a?partNumber=2&uploadId=u", "POST /films/a?uploadId=u",
                          "POST /films/a?uploadId=u", "HEAD /films/a"));
}

TEST_F(ScriptedS3Test, AnUploadThatIsGoneIsAnError) {
  S3Store store = Store();
  auto writer = store.Create("a");
  Say(Answer(200,
             "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
             "</InitiateMultipartUploadResult>"));
  Say(Answer(200, "", {{"ETag", "1"}}));
  writer->Write("0123456789");
  Say(Fault(404, "NoSuchUpload"));
  Say(Head("another"));
  EXPECT_THAT([&] { writer->Commit(); }, ThrowsError(Code::kNotFound, HasSubstr("NoSuchUpload")));
  Say(Answer(204));
  writer.reset();
  EXPECT_EQ(asked_.back(), "DELETE /films/a?uploadId=u");
}

TEST_F(ScriptedS3Test, PartsGrowSoThatTenThousandSuffice) {
  options_.part_bytes = 1;
  S3Store store = Store();
  const auto writer = store.Create("a");
  Say(Answer(200,
             "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
             "</InitiateMultipartUploadResult>"));
  for (int i = 0; i < 1002; ++i) Say(Answer(200, "", {{"ETag", "t"}}));
  writer->Write(std::string(1000, 'x') + "2nd4");
  EXPECT_EQ(asked_.size(), 1003U) << "parts 1001 and 1002 have two bytes";
  EXPECT_EQ(asked_.back(), "PUT /films/a?partNumber=1002&uploadId=u");
  Say(Answer(204));
}

TEST_F(ScriptedS3Test, AnObjectReplacedWhileItIsReadIsDataLoss) {
  S3Store store = Store();
  Say(Head(""));
  const auto reader = store.Open("a");
  EXPECT_EQ(reader->info(), (ObjectInfo{"a", 5, 784'111'777'000}));
  Say(Fault(412, "PreconditionFailed"));
  EXPECT_THAT([&] { reader->Read(0, 5); },
              ThrowsError(Code::kDataLoss, HasSubstr("replaced while it was read")));
}

TEST_F(ScriptedS3Test, AnObjectThatLooksLikeAFaultIsRead) {
  Say(Fault(200, "NoSuchKey"));
  EXPECT_THAT(Store().Get("a"), HasSubstr("NoSuchKey"));
}

TEST_F(ScriptedS3Test, ACancellationEndsTheWaits) {
  CancelToken cancel;
  options_.cancel = &cancel;
  options_.wait = [&](int64_t) { cancel.Request(); };
  Say(Fault(503, "SlowDown"));
  EXPECT_THAT([&] { Store().Get("a"); }, ThrowsError(Code::kCancelled, HasSubstr("cancelled")));
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(ScriptedS3Test, ABucketMayBeAHost) {
  options_.path_style = false;
  options_.endpoint = StrCat("http://localhost:", server_->port(), "/");
  Say(Answer(200, "bytes"));
  EXPECT_EQ(Store().Get("a b"), "bytes");
  EXPECT_THAT(asked_, ElementsAre("GET /a%20b"));
  EXPECT_THAT(hosts_, Each(StrCat("films.localhost:", server_->port())));
}

TEST_F(ScriptedS3Test, ConnectionsAreKept) {
  S3Store store = Store();
  for (int i = 0; i < 5; ++i) {
    Say(Answer(200));
    store.Put("a", "1");
  }
  EXPECT_EQ(probe_.opened, 1);
}

TEST(S3Store, DemandsCredentialsAndAnEndpoint) {
  const SystemClock clock;
  EXPECT_THAT([&] { S3Store({.bucket = "films"}, clock); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("no credentials")));
  for (const char* endpoint :
       {"minio:9000", "ftp://minio", "http://minio/path", "http://a@minio"}) {
    EXPECT_THAT(([&] {
                  S3Store(
                      {.bucket = "films", .endpoint = endpoint, .credentials = {"ada", "byron"}},
                      clock);
                }),
                ThrowsError(Code::kInvalidArgument, HasSubstr("is no endpoint of S3")));
  }
}

TEST(S3Store, RefusesAKeyThatNoListWouldShow) {
  const SystemClock clock;
  S3Store store({.bucket = "films", .credentials = {"ada", "byron"}}, clock);
  for (const char* key : {"a\nb", "a\x01", "\xFF"}) {
    EXPECT_THAT([&] { store.Put(key, ""); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("control characters")));
  }
}

TEST(S3Store, RefusesAKeyThatIsTooLong) {
  const SystemClock clock;
  S3Store store({.bucket = "films", .prefix = "p", .credentials = {"ada", "byron"}}, clock);
  EXPECT_THAT([&] { store.Put(std::string(1023, 'k'), ""); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("has 1025 bytes in its bucket")));
}

}  // namespace
}  // namespace marquee::storage
