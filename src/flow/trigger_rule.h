// What a task waits for.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "flow/states.h"

namespace marquee::flow {

enum class TriggerRule {
  kAllSuccess,
  kAllFailed,
  kAllDone,
  kAllDoneMinOneSuccess,
  kAllSkipped,
  kOneFailed,
  kOneSuccess,
  kOneDone,
  kNoneFailed,
  kNoneFailedMinOneSuccess,
  kNoneSkipped,
  kAlways,
};

std::string_view TriggerRuleName(TriggerRule rule);
// The old names "dummy" and "none_failed_or_skipped" too.
std::optional<TriggerRule> ParseTriggerRule(std::string_view name);
// All names, in the order of the enumeration.
std::span<const std::string> TriggerRuleNames();

enum class Verdict { kWait, kRun, kSkip, kUpstreamFailed };

// What `rule` says while the tasks it needs are in these states, as Airflow decides: as soon as
// the outcome is certain. Without any, the task runs.
Verdict Judge(TriggerRule rule, std::span<const TaskState> upstream);

}  // namespace marquee::flow
