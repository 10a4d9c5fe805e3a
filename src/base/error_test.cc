#include "base/error.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

TEST(Error, EveryCodeHasItsNameAndStatus) {
  EXPECT_EQ(CodeName(Code::kInvalidArgument), "invalid_argument");
  EXPECT_EQ(CodeName(Code::kInternal), "internal");
  EXPECT_EQ(HttpStatus(Code::kNotFound), 404);
  EXPECT_EQ(HttpStatus(Code::kUnavailable), 503);
}

TEST(Error, WrongUsageExitsWithTwoAndFailureWithOne) {
  EXPECT_EQ(ExitCode(Code::kInvalidArgument), 2);
  EXPECT_EQ(ExitCode(Code::kDataLoss), 1);
}

TEST(Error, ContextIsPutBeforeTheMessageAndKeepsTheRest) {
  const Error error = Error(Code::kNotFound, "no user 7", "list them").WithContext("recommend");
  EXPECT_EQ(error.message(), "recommend: no user 7");
  EXPECT_EQ(error.code(), Code::kNotFound);
  EXPECT_EQ(error.hint(), "list them");
}

}  // namespace
}  // namespace marquee
