#include "http/wire.h"

#include <gmock/gmock.h>

#include "base/text.h"

namespace marquee::http {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::FieldsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using State = RequestParser::State;

// Feeds `bytes` in pieces of `step` as the server does; returns what was not used.
std::string FeedAll(RequestParser& parser, std::string_view bytes, size_t step) {
  std::string unused;
  for (size_t at = 0; at < bytes.size(); at += step) {
    unused += bytes.substr(at, step);
    if (parser.state() == State::kHead || parser.state() == State::kBody) {
      unused.erase(0, parser.Feed(unused));
    }
  }
  return unused;
}

struct Refused {
  int status;
  std::string message;
};

Refused RefusalOf(std::string_view bytes, const ServerOptions& options = {}) {
  RequestParser parser(options);
  FeedAll(parser, bytes, bytes.size());
  if (!parser.refusal()) return {0, "not refused"};
  return {parser.refusal()->status(), parser.refusal()->message()};
}

const std::string kGet = "GET /a?b=c HTTP/1.1\r\nHost: h\r\nX-One: 1\r\n\r\n";
const std::string kPost = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
const std::string kChunked =
    "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: t\r\n\r\n";

TEST(RequestParser, ReadsTheSameFromPiecesOfAnyLength) {
  for (const size_t step : {1, 2, 3, 7, 1000}) {
    const ServerOptions options;
    RequestParser parser(options);
    EXPECT_EQ(FeedAll(parser, kGet, step), "") << step;
    ASSERT_EQ(parser.state(), State::kDone) << step;
    const Request request = parser.Take();
    EXPECT_EQ(request.method, "GET");
    EXPECT_EQ(request.target, "/a?b=c");
    EXPECT_THAT(request.headers, ElementsAre(FieldsAre("Host", "h"), FieldsAre("X-One", "1")));
  }
}

TEST(RequestParser, ReadsBodiesByLengthAndByChunk) {
  for (const std::string& bytes : {kPost, kChunked}) {
    for (const size_t step : {1, 4, 1000}) {
      const ServerOptions options;
      RequestParser parser(options);
      FeedAll(parser, bytes, step);
      ASSERT_EQ(parser.state(), State::kDone) << bytes << step;
      EXPECT_EQ(parser.Take().body, "hello");
    }
  }
}

TEST(RequestParser, LeavesTheNextRequestUnused) {
  const ServerOptions options;
  RequestParser parser(options);
  EXPECT_EQ(FeedAll(parser, kPost + kGet, 1000), kGet);
  EXPECT_EQ(parser.state(), State::kDone);
}

TEST(RequestParser, ForgivesBlankLinesBeforeARequest) {
  const ServerOptions options;
  RequestParser parser(options);
  FeedAll(parser, "\r\n\r\n" + kGet, 1);
  EXPECT_EQ(parser.state(), State::kDone);
}

TEST(RequestParser, SaysWhenTheClientWaitsToContinue) {
  const ServerOptions options;
  RequestParser parser(options);
  parser.Feed("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_TRUE(parser.wants_continue());
  parser.Feed("hello");
  EXPECT_FALSE(parser.wants_continue());
}

TEST(RequestParser, KeepsConnectionsOfHttp11Only) {
  const struct {
    const char* bytes;
    bool keep_alive;
  } kCases[] = {{"GET / HTTP/1.1\r\nHost: h\r\n\r\n", true},
                {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false},
                {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false}};
  for (const auto& [bytes, keep_alive] : kCases) {
    const ServerOptions options;
    RequestParser parser(options);
    parser.Feed(bytes);
    ASSERT_EQ(parser.state(), State::kDone) << bytes;
    EXPECT_EQ(parser.keep_alive(), keep_alive) << bytes;
  }
}

TEST(RequestParser, RefusesLargeHeadersWith431) {
  const std::string large =
      "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n";
  EXPECT_THAT(RefusalOf(large), FieldsAre(431, "the header is larger than 16.0 KiB"));
  // Before its end has come, too.
  EXPECT_EQ(RefusalOf(large.substr(0, 17'000)).status, 431);
}

TEST(RequestParser, RefusesManyHeadersWith431) {
  std::string bytes = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 100; ++i) bytes += StrCat("X", i, ": 1\r\n");
  EXPECT_THAT(RefusalOf(bytes + "\r\n"), FieldsAre(431, "the header has 101 fields"));
}

TEST(RequestParser, RefusesLargeBodiesWith413BeforeTheyCome) {
  EXPECT_THAT(RefusalOf("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n"),
              FieldsAre(413, "the body is larger than 1.0 MiB"));
}

TEST(RequestParser, RefusesLargeBodiesInChunks) {
  ServerOptions options;
  options.max_body_bytes = 4;
  EXPECT_EQ(RefusalOf(kChunked, options).status, 413);
}

TEST(RequestParser, RefusesAChunkHeaderWithoutEnd) {
  EXPECT_EQ(RefusalOf("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n").status,
            0);
  const ServerOptions options;
  RequestParser parser(options);
  FeedAll(parser,
          "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;" +
              std::string(20'000, 'x'),
          1000);
  ASSERT_EQ(parser.state(), State::kRefused);
  EXPECT_EQ(parser.refusal()->status(), 431);
}

TEST(RequestParser, RefusesWhatCouldBeReadTwoWays) {
  for (const char* fields : {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                             "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                             "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: -1\r\n",
                             "Content-Length: 5x\r\n", "Content-Length: 99999999999999999999\r\n",
                             "Bad Name: 1\r\n", "X : 1\r\n"}) {
    const Refused refused =
        RefusalOf(StrCat("POST / HTTP/1.1\r\nHost: h\r\n", fields, "\r\nhello"));
    EXPECT_EQ(refused.status, 400) << fields;
    EXPECT_THAT(refused.message, HasSubstr("the request is not HTTP")) << fields;
  }
}

TEST(RequestParser, RefusesTransferCodingsItCannotRead) {
  EXPECT_THAT(RefusalOf("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n"),
              FieldsAre(501, "transfer encoding 'gzip' is not known"));
}

TEST(RequestParser, RefusesOtherExpectations) {
  EXPECT_EQ(RefusalOf("GET / HTTP/1.1\r\nHost: h\r\nExpect: cake\r\n\r\n").status, 417);
}

TEST(RequestParser, RequiresOneHost) {
  EXPECT_THAT(RefusalOf("GET / HTTP/1.1\r\n\r\n"),
              FieldsAre(400, "the request has 0 Host headers"));
  EXPECT_THAT(RefusalOf("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
              FieldsAre(400, "the request has 2 Host headers"));
}

TEST(RequestParser, RefusesOtherProtocolsAtTheFirstByte) {
  EXPECT_EQ(RefusalOf("\x16\x03\x01").status, 400);
  EXPECT_EQ(RefusalOf(std::string_view("\0", 1)).status, 400);
}

TEST(RequestParser, RefusesOtherVersions) {
  EXPECT_EQ(RefusalOf("PRI * HTTP/2.0\r\n\r\n").status, 505);
}

TEST(ResponseHead, SaysLengthTypeAndDate) {
  Response response = Json(marquee::Json::MakeObject({{"a", 1}}));
  EXPECT_EQ(ResponseHead(response, true, "D"),
            "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: application/json\r\n"
            "Content-Length: 7\r\n\r\n");
}

TEST(ResponseHead, SaysWhenTheConnectionEnds) {
  EXPECT_THAT(ResponseHead(Response(), false, "D"), EndsWith("Connection: close\r\n\r\n"));
}

TEST(ResponseHead, GivesNoLengthWithoutABody) {
  Response response;
  response.status = 204;
  EXPECT_THAT(ResponseHead(response, true, "D"),
              AllOf(StartsWith("HTTP/1.1 204 No Content\r\n"), Not(HasSubstr("Content-Length"))));
}

TEST(ResponseHead, KeepsAHeaderOnItsLine) {
  Response response;
  response.headers = {{"Location", "/a\r\nSet-Cookie: b"}};
  EXPECT_THAT(ResponseHead(response, true, "D"), HasSubstr("Location: /a  Set-Cookie: b\r\n"));
}

TEST(HttpDate, WritesTheExampleOfTheStandard) {
  EXPECT_EQ(HttpDate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 CET"), std::nullopt);
  EXPECT_EQ(ParseHttpDate("soon"), std::nullopt);
}

}  // namespace
}  // namespace marquee::http
