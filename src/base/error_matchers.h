// For tests: EXPECT_THAT([&] { F(); }, ThrowsError(Code::kInvalidArgument, HasSubstr("factors is
// 0")));
#pragma once

#include <gmock/gmock.h>

#include "base/error.h"

namespace marquee {

template <typename MessageMatcher>
auto ThrowsError(Code code, MessageMatcher message) {
  return testing::Throws<Error>(
      testing::AllOf(testing::Property("code", &Error::code, testing::Eq(code)),
                     testing::Property("message", &Error::message, message)));
}

}  // namespace marquee
