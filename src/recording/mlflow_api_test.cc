#include "recording/mlflow_api.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"

namespace marquee {
namespace {

TEST(MlflowUrl, TellsTheLoginFromTheServer) {
  const MlflowServer server = ParseMlflowUrl("https://ada:p%40ss@tracking.example:5000/mlflow/");
  EXPECT_EQ(server.url, "https://tracking.example:5000/mlflow");
  EXPECT_EQ(server.username, "ada");
  EXPECT_EQ(server.password, "p@ss");
  EXPECT_EQ(ParseMlflowUrl("http://localhost:5000").username, "");
}

TEST(MlflowUrl, WhatIsNoneIsRefusedWithoutShowingIt) {
  EXPECT_THAT([&] { ParseMlflowUrl("sqlite:///secret.db"); },
              ThrowsError(Code::kInvalidArgument,
                          testing::HasSubstr("tracking.uri is no http or https URL")));
  EXPECT_THAT(
      [&] { ParseMlflowUrl("http://ada:secret@/"); },
      ThrowsError(Code::kInvalidArgument, testing::HasSubstr("tracking.uri names no host")));
}

}  // namespace
}  // namespace marquee
