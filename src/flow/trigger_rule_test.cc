#include "flow/trigger_rule.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/text.h"

namespace marquee::flow {
namespace {

// What a task becomes by what the tasks it needs came to: S success, F failed, K skipped, U
// upstream_failed; run, K or U. As Airflow 2.11 and 3.3 do.
constexpr const char* kTable = R"(
rule                         S   F   K   U   SF  SK  FK  SFK
all_success                  run U   K   U   U   K   U   U
all_failed                   K   run K   run K   K   K   K
all_done                     run run run run run run run run
always                       run run run run run run run run
all_done_min_one_success     run U   K   U   run K   K   K
all_skipped                  K   K   run K   K   K   K   K
one_failed                   K   run K   run run K   run run
one_success                  run U   K   U   run run U   run
one_done                     run run K   K   run run run run
none_failed                  run U   run U   U   run U   U
none_failed_min_one_success  run U   K   U   U   run U   U
none_skipped                 run run K   run run K   K   K
)";

std::vector<std::string_view> Cells(std::string_view line) {
  std::vector<std::string_view> cells;
  for (const std::string_view cell : Split(line, " ")) {
    if (!cell.empty()) cells.push_back(cell);
  }
  return cells;
}

std::vector<TaskState> StatesOf(std::string_view letters) {
  const std::map<char, TaskState> states = {{'S', TaskState::kSuccess},
                                            {'F', TaskState::kFailed},
                                            {'K', TaskState::kSkipped},
                                            {'U', TaskState::kUpstreamFailed}};
  std::vector<TaskState> all;
  for (const char letter : letters) all.push_back(states.at(letter));
  return all;
}

std::string_view NameOf(Verdict verdict) {
  const std::map<Verdict, std::string_view> names = {{Verdict::kRun, "run"},
                                                     {Verdict::kSkip, "K"},
                                                     {Verdict::kUpstreamFailed, "U"},
                                                     {Verdict::kWait, "wait"}};
  return names.at(verdict);
}

TEST(TriggerRule, BecomesWhatTheTableSays) {
  std::vector<std::string_view> lines = Split(Trim(kTable), "\n");
  const std::vector<std::string_view> heads = Cells(lines[0]);
  ASSERT_EQ(lines.size(), 13u);
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string_view> cells = Cells(lines[i]);
    ASSERT_EQ(cells.size(), heads.size());
    const TriggerRule rule = ParseTriggerRule(cells[0]).value();
    for (size_t column = 1; column < cells.size(); ++column) {
      std::vector<TaskState> states = StatesOf(heads[column]);
      do {
        EXPECT_EQ(NameOf(Judge(rule, states)), cells[column]) << cells[0] << " " << heads[column];
      } while (std::ranges::next_permutation(states).found);
    }
  }
}

TEST(TriggerRule, EveryRuleIsInTheTable) {
  for (const std::string& name : TriggerRuleNames()) {
    EXPECT_THAT(kTable, testing::HasSubstr("\n" + name + " ")) << name;
    EXPECT_EQ(TriggerRuleName(ParseTriggerRule(name).value()), name);
  }
}

TEST(TriggerRule, ATaskThatNeedsNoneRuns) {
  for (const std::string& name : TriggerRuleNames()) {
    EXPECT_EQ(Judge(ParseTriggerRule(name).value(), {}), Verdict::kRun) << name;
  }
}

TEST(TriggerRule, RulesOfOneDoNotWaitForTheRest) {
  const auto judge = [](TriggerRule rule, TaskState state) {
    return Judge(rule, std::vector{state, TaskState::kRunning});
  };
  EXPECT_EQ(judge(TriggerRule::kOneSuccess, TaskState::kSuccess), Verdict::kRun);
  EXPECT_EQ(judge(TriggerRule::kOneFailed, TaskState::kFailed), Verdict::kRun);
  EXPECT_EQ(judge(TriggerRule::kOneDone, TaskState::kFailed), Verdict::kRun);
  EXPECT_EQ(judge(TriggerRule::kOneSuccess, TaskState::kFailed), Verdict::kWait);
  EXPECT_EQ(judge(TriggerRule::kAllDone, TaskState::kFailed), Verdict::kWait);
}

TEST(TriggerRule, WhatIsCertainIsSaidAtOnce) {
  const std::vector failed = {TaskState::kFailed, TaskState::kNone};
  EXPECT_EQ(Judge(TriggerRule::kAllSuccess, failed), Verdict::kUpstreamFailed);
  EXPECT_EQ(Judge(TriggerRule::kNoneFailed, failed), Verdict::kUpstreamFailed);
  EXPECT_EQ(Judge(TriggerRule::kAllSkipped, failed), Verdict::kSkip);
}

TEST(TriggerRule, OldNamesAreTaken) {
  EXPECT_EQ(ParseTriggerRule("dummy"), TriggerRule::kAlways);
  EXPECT_EQ(ParseTriggerRule("none_failed_or_skipped"), TriggerRule::kNoneFailedMinOneSuccess);
  EXPECT_EQ(ParseTriggerRule("all_good"), std::nullopt);
}

}  // namespace
}  // namespace marquee::flow
