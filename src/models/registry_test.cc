#include "models/registry.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"

namespace marquee::registry_test {
namespace {

using testing::HasSubstr;
using testing::StrEq;

TEST(Registry, AnUnknownTypeNamesTheNearest) {
  EXPECT_THAT([] { FindModelType("most-populr"); },
              ThrowsError(Code::kNotFound,
                          StrEq("unknown model 'most-populr'; did you mean 'most-popular'?")));
}

TEST(Registry, AnUnknownSettingNamesTheNearestAndListsAll) {
  const TrainRequest request{.type = "most-popular", .settings = {{"window_day", "3"}}};
  EXPECT_THAT([&] { ResolveSettings(request); },
              ThrowsError(Code::kInvalidArgument,
                          StrEq("unknown setting 'window_day' of model most-popular; did you mean "
                                "'window_days'?")));
  try {
    ResolveSettings(request);
  } catch (const Error& error) {
    EXPECT_EQ(error.hint(), "most-popular takes: window_days, seed");
  }
}

TEST(Registry, AValueOfTheWrongTypeOrOutOfRangeIsRefusedByName) {
  TrainRequest request{.type = "most-popular", .settings = {{"window_days", "a week"}}};
  EXPECT_THAT([&] { ResolveSettings(request); },
              ThrowsError(Code::kInvalidArgument,
                          StrEq("window_days is 'a week': must be a whole number")));
  request.settings["window_days"] = "-1";
  EXPECT_THAT([&] { ResolveSettings(request); },
              ThrowsError(Code::kInvalidArgument, StrEq("window_days is -1: must be 0 to 36500")));
}

TEST(Registry, SettingsComeInFullAndTyped) {
  EXPECT_EQ(ResolveSettings({.type = "most-popular", .seed = 7}).Dump(),
            R"({"window_days":0,"seed":7})");
}

TEST(Registry, DataWithoutInteractionsIsRefused) {
  InteractionsBuilder builder;
  builder.AddUser("u");
  builder.AddItem("i");
  const Interactions data = builder.Build();
  for (const ModelType& type : ModelTypes()) {
    NoTrainObserver observer;
    EXPECT_THAT([&] { TrainModel({.type = type.name}, data, observer); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("the data has no interactions")))
        << type.name;
  }
}

}  // namespace
}  // namespace marquee::registry_test
