#include "flow/journal_pump.h"

#include "flow/test_flow.h"

namespace marquee::flow {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Pump : public FlowContract {
 protected:
  void SetUp() override {
    FlowContract::SetUp();
    if (database_) pump_ = NewPump();
  }
  std::unique_ptr<JournalPump> NewPump() {
    return std::make_unique<JournalPump>(
        *database_, clock_, steady_, "pump",
        [this](const JournalEntry& entry) {
          ++calls_;
          if (entry.task_id == broken_) throw Error(Code::kUnavailable, "nobody is there");
          told_.push_back(StrCat(JournalKindName(entry.kind), " ", entry.task_id));
        },
        stop_);
  }
  void RunOneTask() {
    Add({{.id = "d", .tasks = {EmptyTask("a")}}});
    RunOnce("d");
  }

  std::string broken_ = "none";
  int calls_ = 0;
  std::vector<std::string> told_;
  CancelToken stop_;
  std::unique_ptr<JournalPump> pump_;
};

INSTANTIATE_TEST_SUITE_P(Databases, Pump, testing::Values("Sqlite"), DatabaseName);

TEST_P(Pump, TellsAllInOrderAndOnce) {
  RunOneTask();
  while (pump_->Turn()) {
  }
  EXPECT_THAT(told_,
              ElementsAre("run_started ", "task_started a", "task_succeeded a", "run_succeeded "));
  told_.clear();
  EXPECT_FALSE(pump_->Turn());
  EXPECT_THAT(told_, IsEmpty());
}

TEST_P(Pump, WhatFailsIsToldAgainAfterGrowingPauses) {
  RunOneTask();
  broken_ = "a";
  EXPECT_FALSE(pump_->Turn());
  EXPECT_THAT(told_, ElementsAre("run_started "));
  for (const int64_t pause_ms : {1'000, 2'000, 4'000}) {
    const int calls = calls_;
    steady_.Advance(pause_ms - 1);
    EXPECT_FALSE(pump_->Turn());
    EXPECT_EQ(calls_, calls) << "before the pause of " << pause_ms << " ms was over";
    steady_.Advance(1);
    EXPECT_FALSE(pump_->Turn());
    EXPECT_EQ(calls_, calls + 1);
  }
  broken_ = "none";
  pump_->Drain(1'000, CancelToken());
  EXPECT_THAT(told_,
              ElementsAre("run_started ", "task_started a", "task_succeeded a", "run_succeeded "));
}

TEST_P(Pump, WhatWasNotToldComesAtTheNextStart) {
  RunOneTask();
  broken_ = "a";
  pump_->Turn();
  pump_.reset();
  broken_ = "none";
  told_.clear();
  NewPump()->Drain(1'000, CancelToken());
  EXPECT_THAT(told_, ElementsAre("task_started a", "task_succeeded a", "run_succeeded "));
}

TEST_P(Pump, InAPauseAnotherProcessMayGoOn) {
  RunOneTask();
  const auto other = NewPump();
  broken_ = "a";
  pump_->Turn();
  broken_ = "none";
  other->Turn();
  EXPECT_THAT(told_,
              ElementsAre("run_started ", "task_started a", "task_succeeded a", "run_succeeded "));
  RunOnce("d");
  told_.clear();
  pump_->Drain(1'000, CancelToken());
  EXPECT_THAT(told_, testing::SizeIs(4));
}

TEST_P(Pump, AStopEndsATurn) {
  RunOneTask();
  stop_.Request();
  EXPECT_FALSE(pump_->Turn());
  EXPECT_THAT(told_, IsEmpty());
}

}  // namespace
}  // namespace marquee::flow
