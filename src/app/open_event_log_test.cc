#include "app/open_event_log.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"

namespace marquee {
namespace {

using testing::HasSubstr;

TEST(OpenEventLog, IsTheFileOfTheHomeUnlessTheSettingsSayKafka) {
  const TempDir dir;
  const Environment environment(dir.path(), {});
  EXPECT_FALSE(HasEventLog(environment));
  OpenEventLog(environment);
  EXPECT_TRUE(HasEventLog(environment));
  EXPECT_TRUE(std::filesystem::exists(environment.home().events()));
}

TEST(OpenEventLog, KafkaWantsBrokersByName) {
  const TempDir dir;
  const Environment environment(dir.path(), {"events.log=kafka"});
  EXPECT_TRUE(HasEventLog(environment));
  EXPECT_THAT([&] { OpenEventLog(environment); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("events.kafka.brokers is empty")));
}

}  // namespace
}  // namespace marquee
