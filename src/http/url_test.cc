#include "http/url.h"

#include "base/error_matchers.h"

namespace marquee::http {
namespace {

using testing::ElementsAre;
using testing::FieldsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Request Parsed(std::string target) {
  Request request;
  request.target = std::move(target);
  ParseTarget(&request);
  return request;
}

TEST(PercentDecode, TakesEscapesOfEitherCase) {
  EXPECT_EQ(PercentDecode("a%20b%C3%a9", "path"), "a b\xC3\xA9");
}

TEST(PercentDecode, LeavesPlusAlone) { EXPECT_EQ(PercentDecode("a+b", "path"), "a+b"); }

TEST(PercentDecode, RefusesBadEscapesByPlace) {
  EXPECT_THAT(
      [] { PercentDecode("ab%zz", "path"); },
      ThrowsError(Code::kInvalidArgument, HasSubstr("path: '%zz' at byte 2 is no percent escape")));
  for (const char* text : {"%", "%4", "x%4", "%%41", "%g1", "%1g"}) {
    EXPECT_THAT([text] { PercentDecode(text, "path"); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("no percent escape")))
        << text;
  }
}

TEST(PercentDecode, TakesAnEscapeAtTheEnd) { EXPECT_EQ(PercentDecode("a%41", "path"), "aA"); }

TEST(PercentDecode, RefusesZeroBytes) {
  EXPECT_THAT([] { PercentDecode("a%00b", "path"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("zero byte")));
}

TEST(PercentDecode, RefusesWhatIsNotUtf8) {
  EXPECT_THAT([] { PercentDecode("%ff", "query parameter 'q'"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("query parameter 'q' is not UTF-8")));
}

TEST(PercentEncode, IsUndoneByPercentDecode) {
  const std::string text = "a/b c%+\xC3\xA9~";
  EXPECT_EQ(PercentEncode(text), "a%2Fb%20c%25%2B%C3%A9~");
  EXPECT_EQ(PercentDecode(PercentEncode(text), "path"), text);
}

TEST(ParseQuery, KeepsOrderAndRepetition) {
  EXPECT_THAT(ParseQuery("b=2&a=1&b=3"),
              ElementsAre(FieldsAre("b", "2"), FieldsAre("a", "1"), FieldsAre("b", "3")));
}

TEST(ParseQuery, DecodesAfterSplitting) {
  EXPECT_THAT(ParseQuery("q=a%26b%3Dc+d&x%3D=%2B"),
              ElementsAre(FieldsAre("q", "a&b=c d"), FieldsAre("x=", "+")));
}

TEST(ParseQuery, TakesMissingAndEmptyValues) {
  EXPECT_THAT(ParseQuery("a&b=&=c"),
              ElementsAre(FieldsAre("a", ""), FieldsAre("b", ""), FieldsAre("", "c")));
  EXPECT_THAT(ParseQuery(""), IsEmpty());
  EXPECT_THAT(ParseQuery("&&"), IsEmpty());
}

TEST(ParseQuery, KeepsEqualsSignsOfAValue) {
  EXPECT_THAT(ParseQuery("a=b=c"), ElementsAre(FieldsAre("a", "b=c")));
}

TEST(ParseTarget, PartsPathAndQuery) {
  const Request request = Parsed("/items/4%202?k=3?x");
  EXPECT_EQ(request.path, "/items/4%202");
  EXPECT_THAT(request.query, ElementsAre(FieldsAre("k", "3?x")));
}

TEST(ParseTarget, TakesTheFormThatProxiesSend) {
  EXPECT_EQ(Parsed("http://host:80/a?b=c").path, "/a");
  EXPECT_EQ(Parsed("http://host").path, "/");
  EXPECT_THAT(Parsed("https://host?b=c").query, ElementsAre(FieldsAre("b", "c")));
}

TEST(ParseTarget, RefusesOtherForms) {
  for (const char* target : {"host:443", "", "items", "?a=b"}) {
    EXPECT_THAT([target] { Parsed(target); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("is no path")))
        << target;
  }
}

}  // namespace
}  // namespace marquee::http
