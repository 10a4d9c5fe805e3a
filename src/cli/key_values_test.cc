#include "cli/key_values.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"

namespace marquee::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(KeyValues, CommasAndRepeatedFlagsAreOneList) {
  EXPECT_THAT(ParseKeyValues("--set", {"a=1,b = x=y", "c="}),
              ElementsAre(Pair("a", "1"), Pair("b", "x=y"), Pair("c", "")));
}

TEST(KeyValues, APartWithoutValueIsNamed) {
  EXPECT_THAT([] { ParseKeyValues("--map", {"user=u,item"}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("--map: 'item' has no key and value")));
}

TEST(KeyValues, ARepeatedKeyIsNamed) {
  EXPECT_THAT(
      [] {
        ParseKeyValues("--set", {"a=1", "a=2"});
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("'a' stands twice")));
}

}  // namespace
}  // namespace marquee::cli
