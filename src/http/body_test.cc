#include "http/body.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include "base/error_matchers.h"

namespace marquee::http {
namespace {

using testing::HasSubstr;

std::string Gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

Request Packed(std::string body, std::string encoding = "gzip") {
  Request request;
  request.body = std::move(body);
  request.headers = {{"Content-Encoding", std::move(encoding)}};
  return request;
}

TEST(DecodedBody, UnpacksGzipAndLeavesTheRest) {
  std::string text(200'000, 'x');
  text += "end";
  EXPECT_EQ(DecodedBody(Packed(Gzip(text)), 1 << 20), text);
  EXPECT_EQ(DecodedBody(Packed(Gzip(""), " GZIP "), 10), "");
  EXPECT_EQ(DecodedBody(Packed("as it is", "identity"), 3), "as it is");
  Request plain;
  plain.body = "plain";
  EXPECT_EQ(DecodedBody(plain, 3), "plain");
}

TEST(DecodedBody, StopsABombAtTheLimit) {
  const std::string bomb = Gzip(std::string(64 << 20, '\0'));
  EXPECT_LT(bomb.size(), 100'000u);
  EXPECT_THAT([&] { DecodedBody(Packed(bomb), 1 << 20); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("unpacks to more than 1048576 bytes")));
}

TEST(DecodedBody, RefusesWhatIsBroken) {
  const std::string packed = Gzip("some text that is long enough to be cut");
  for (size_t size = 0; size < packed.size(); ++size) {
    EXPECT_THAT([&] { DecodedBody(Packed(packed.substr(0, size)), 1000); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("not whole gzip")))
        << size;
  }
  EXPECT_THAT([&] { DecodedBody(Packed(packed + "more"), 1000); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("not whole gzip")));
  EXPECT_THAT([&] { DecodedBody(Packed("no gzip"), 1000); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("not whole gzip")));
  EXPECT_THAT([&] { DecodedBody(Packed("x", "br"), 1000); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("Content-Encoding is 'br'")));
}

}  // namespace
}  // namespace marquee::http
