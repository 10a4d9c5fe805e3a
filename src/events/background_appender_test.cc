#include "events/background_appender.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/files.h"
#include "events/sqlite_event_log.h"

namespace marquee {
namespace {

std::vector<Event> Clicks(int count) {
  return std::vector<Event>(static_cast<size_t>(count), {.user_id = "u", .item_id = "i"});
}

TEST(BackgroundAppender, WhatIsAddedReachesTheLog) {
  TempDir folder;
  const auto log = OpenSqliteEventLog({.path = folder.path() / "events.db"});
  BackgroundAppender appender(*log, 1000);
  for (int i = 0; i < 10; ++i) appender.Add(Clicks(10));
  appender.Flush();
  EXPECT_EQ(appender.appended(), 100);
  EXPECT_EQ(appender.dropped(), 0);
  EXPECT_EQ(log->Read(1, 1000).size(), 100);
}

TEST(BackgroundAppender, ItsEndAppendsWhatWaits) {
  TempDir folder;
  const auto log = OpenSqliteEventLog({.path = folder.path() / "events.db"});
  BackgroundAppender(*log, 1000).Add(Clicks(50));
  EXPECT_EQ(log->Read(1, 1000).size(), 50);
}

TEST(BackgroundAppender, BeyondTheBoundEventsAreDroppedAndCounted) {
  TempDir folder;
  const auto log = OpenSqliteEventLog({.path = folder.path() / "events.db"});
  BackgroundAppender appender(*log, 10);
  appender.Add(Clicks(11));
  appender.Flush();
  EXPECT_EQ(appender.dropped(), 11);
  EXPECT_EQ(appender.appended(), 0);
}

}  // namespace
}  // namespace marquee
