#include "http/range.h"

#include "base/error_matchers.h"

namespace marquee::http {
namespace {

using testing::HasSubstr;

std::optional<ByteRange> Asked(std::string range, uint64_t size_bytes = 10,
                               std::string method = "GET") {
  Request request;
  request.method = std::move(method);
  request.headers = {{"Range", std::move(range)}};
  return RangeOf(request, size_bytes);
}

TEST(Range, ReadsEachForm) {
  EXPECT_EQ(Asked("bytes=2-4"), (ByteRange{2, 3}));
  EXPECT_EQ(Asked("bytes=2-"), (ByteRange{2, 8}));
  EXPECT_EQ(Asked("bytes=-3"), (ByteRange{7, 3}));
  EXPECT_EQ(Asked("bytes=-30"), (ByteRange{0, 10}));
  EXPECT_EQ(Asked("bytes=9-99"), (ByteRange{9, 1}));
}

TEST(Range, PassesOverWhatIsNotOne) {
  for (const char* text : {"", "bytes=", "bytes=-", "bytes=4-2", "bytes=0-1,3-4", "items=0-1",
                           "bytes=a-b", "bytes=1-x", "bytes=--3", "bytes=+1-2"}) {
    EXPECT_EQ(Asked(text), std::nullopt) << text;
  }
  EXPECT_EQ(Asked("bytes=0-1", 10, "HEAD"), std::nullopt);
}

TEST(Range, RefusesWhatLiesBeyondTheEnd) {
  for (const char* text : {"bytes=10-", "bytes=10-11", "bytes=-0"}) {
    EXPECT_THAT([&] { Asked(text); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("there are 10 bytes")))
        << text;
  }
  EXPECT_THAT([] { Asked("bytes=0-", 0); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("there are 0 bytes")));
}

TEST(Range, SaysWhichPartItIs) { EXPECT_EQ(ContentRange({2, 3}, 6), "bytes 2-4/6"); }

}  // namespace
}  // namespace marquee::http
