#include "app/event_tail.h"

#include <gmock/gmock.h>

#include <thread>

#include "services/test_world.h"

namespace marquee {
namespace {

using std::chrono::milliseconds;

Event Like(std::string user) {
  return {.user_id = std::move(user), .item_id = "10", .kind = EventKind::kLike, .time_ms = 1000};
}

void WaitForUsers(const RecommendEngine& engine, int64_t count) {
  while (engine.live().num_users() < count) std::this_thread::yield();
}

TEST(EventTail, ObservesWhatAnotherProcessAddsAndPassesOverItsOwn) {
  TestWorld world;
  const auto other = OpenSqliteEventLog({.path = world.folder.path() / "events.db"});
  other->Append({{Like("before the start")}});
  const EventTail tail(*world.log, world.engine, world.log->end_offset(), milliseconds(1));
  world.log->Append({{Like("own")}});
  other->Append({{Like("theirs")}});
  WaitForUsers(world.engine, 1);
  EXPECT_EQ(world.engine.live().Entries("theirs").size(), 1);
  world.log->Append({{Like("own too")}});
  other->Append({{Like("theirs too")}});
  WaitForUsers(world.engine, 2);
  EXPECT_EQ(world.engine.live().Entries("theirs too").size(), 1);
  EXPECT_TRUE(world.engine.live().Entries("own").empty());
}

TEST(EventTail, GoesOnPastEventsThatWereRemoved) {
  TestWorld world;
  const auto other = OpenSqliteEventLog({.path = world.folder.path() / "events.db"});
  other->Append({{Like("gone"), Like("gone too")}});
  other->EraseUser("gone");
  other->EraseUser("gone too");
  const EventTail tail(*world.log, world.engine, 1, milliseconds(1));
  other->Append({{Like("stays")}});
  WaitForUsers(world.engine, 1);
  EXPECT_EQ(world.engine.live().Entries("stays").size(), 1);
}

}  // namespace
}  // namespace marquee
