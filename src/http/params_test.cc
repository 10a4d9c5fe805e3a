#include "http/params.h"

#include "base/error_matchers.h"

namespace marquee::http {
namespace {

using testing::HasSubstr;

Request WithQuery(std::vector<Param> query) {
  Request request;
  request.query = std::move(query);
  return request;
}

int64_t K(std::string value) {
  return QueryInt(WithQuery({{"k", std::move(value)}}), "k", 10, 1, 1000);
}

TEST(QueryInt, ReadsWithinTheRange) {
  EXPECT_EQ(K("1"), 1);
  EXPECT_EQ(K("1000"), 1000);
}

TEST(QueryInt, FallsBackWhenNotGiven) { EXPECT_EQ(QueryInt(WithQuery({}), "k", 10, 1, 1000), 10); }

TEST(QueryInt, RefusesNumbersOutOfRange) {
  EXPECT_THAT([] { K("0"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("k is 0: must be 1 to 1000")));
  EXPECT_THAT([] { K("1001"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("k is 1001: must be 1 to 1000")));
}

TEST(QueryInt, RefusesWhatIsNoWholeNumber) {
  for (const char* text : {"", "x", "1.5", " 1", "99999999999999999999"}) {
    EXPECT_THAT([text] { K(text); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("must be a whole number")))
        << text;
  }
}

TEST(QueryInt, RefusesAParameterGivenTwice) {
  const Request request = WithQuery({{"k", "1"}, {"k", "2"}});
  EXPECT_THAT([&] { QueryInt(request, "k", 10, 1, 1000); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("'k' is given 2 times")));
}

TEST(RequireKnownQuery, NamesTheNearest) {
  const Request request = WithQuery({{"num_recomendations", "1"}});
  EXPECT_THAT(
      [&] {
        RequireKnownQuery(request, {"user_id", "num_recommendations"});
      },
      ThrowsError(Code::kInvalidArgument,
                  HasSubstr("unknown query parameter 'num_recomendations'; did you mean "
                            "'num_recommendations'?")));
}

TEST(RequireKnownQuery, TakesKnownOnes) {
  EXPECT_NO_THROW(RequireKnownQuery(WithQuery({{"k", ""}}), {"k"}));
}

double Share(std::string value) {
  return QueryNumber(WithQuery({{"share", std::move(value)}}), "share", 0.5, 0, 1);
}

TEST(QueryNumber, ReadsWithinTheRange) {
  EXPECT_EQ(Share("0"), 0);
  EXPECT_EQ(Share("0.25"), 0.25);
  EXPECT_EQ(QueryNumber(WithQuery({}), "share", 0.5, 0, 1), 0.5);
}

TEST(QueryNumber, RefusesOthers) {
  for (const char* text : {"", "x", "1.1", "-0.1", "nan", "inf"}) {
    EXPECT_THAT([text] { Share(text); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("must be a number from 0 to 1")))
        << text;
  }
}

TEST(QueryList, IsTheTextBetweenCommas) {
  const auto list = [](std::string value) {
    return QueryList(WithQuery({{"ids", std::move(value)}}), "ids");
  };
  EXPECT_THAT(list("a, b c ,,d"), testing::ElementsAre("a", "b c", "d"));
  EXPECT_THAT(list(""), testing::IsEmpty());
  EXPECT_THAT(QueryList(WithQuery({}), "ids"), testing::IsEmpty());
}

}  // namespace
}  // namespace marquee::http
