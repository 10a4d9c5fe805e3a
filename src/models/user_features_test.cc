#include "models/user_features.h"

#include <gmock/gmock.h>

namespace marquee::user_features_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(UserFeatureIndex, HoldsWhatUsersWithInteractionsHave) {
  InteractionsBuilder builder;
  for (const char* user : {"a", "b", "c"}) builder.AddUser(user);
  builder.AddItem("i");
  builder.Add(0, 0, 1, 0);
  builder.Add(1, 0, 1, 0);
  builder.SetUserContent({{{"age=25", "gender=M"}, {"age=18", "gender=M"}, {"gender=F"}}});
  EXPECT_THAT(UserFeatureIndex(builder.Build()).names(),
              ElementsAre("age=18", "age=25", "gender=M"));
}

TEST(UserFeatureIndex, FindsEachKnownOneOnce) {
  const UserFeatureIndex index({"age=18", "age=25", "gender=M"});
  const std::vector<std::string> features = {"gender=M", "age=1", "age=25", "gender=M", ""};
  EXPECT_THAT(index.Find(features), ElementsAre(1, 2));
  EXPECT_THAT(UserFeatureIndex().Find(features), IsEmpty());
}

}  // namespace
}  // namespace marquee::user_features_test
