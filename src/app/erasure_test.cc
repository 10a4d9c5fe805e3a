#include "app/erasure.h"

#include <gtest/gtest.h>

#include "app/open_event_log.h"
#include "base/files.h"

namespace marquee {
namespace {

TEST(Eraser, FinishesWhatWasCutOff) {
  const TempDir dir;
  Environment environment(dir.path(), {});
  const auto log = OpenEventLog(environment);
  for (const char* user : {"gone", "here"}) {
    const Event event{.user_id = user, .item_id = "1", .kind = EventKind::kLike, .time_ms = 1};
    log->Append({&event, 1});
  }
  RecordStore records(environment.home().records(), environment.clock());
  records.BeginErasure("gone");

  NoProgress progress;
  Eraser(environment, *log, records).FinishAll(progress, {});
  int left = 0;
  log->ForEach(0, [&](const StoredEvent& row) {
    EXPECT_EQ(row.event.user_id, "here");
    ++left;
  });
  EXPECT_EQ(left, 1);
  ASSERT_EQ(records.Erasures().size(), 1);
  EXPECT_GT(records.Erasures()[0].done_ms, 0);
}

}  // namespace
}  // namespace marquee
