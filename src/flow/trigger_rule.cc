#include "flow/trigger_rule.h"

#include <algorithm>
#include <array>
#include <vector>

namespace marquee::flow {
namespace {

const std::vector<std::string>& RuleNames() {
  static const std::vector<std::string> names = {"all_success",  "all_failed",
                                                 "all_done",     "all_done_min_one_success",
                                                 "all_skipped",  "one_failed",
                                                 "one_success",  "one_done",
                                                 "none_failed",  "none_failed_min_one_success",
                                                 "none_skipped", "always"};
  return names;
}

struct UpstreamCounts {
  size_t total = 0;
  size_t success = 0;
  size_t failed = 0;  // without the next
  size_t upstream_failed = 0;
  size_t skipped = 0;

  size_t bad() const { return failed + upstream_failed; }
  size_t done() const { return success + bad() + skipped; }
  bool all_done() const { return done() == total; }
};

UpstreamCounts Count(std::span<const TaskState> upstream) {
  UpstreamCounts counts;
  for (const TaskState state : upstream) {
    if (state == TaskState::kRemoved) continue;
    ++counts.total;
    counts.success += state == TaskState::kSuccess;
    counts.failed += state == TaskState::kFailed;
    counts.upstream_failed += state == TaskState::kUpstreamFailed;
    counts.skipped += state == TaskState::kSkipped;
  }
  return counts;
}

Verdict RunOnce(bool run) { return run ? Verdict::kRun : Verdict::kWait; }

Verdict JudgeAll(TriggerRule rule, const UpstreamCounts& n) {
  switch (rule) {
    case TriggerRule::kAllSuccess:
      if (n.bad() > 0) return Verdict::kUpstreamFailed;
      if (n.skipped > 0) return Verdict::kSkip;
      return RunOnce(n.success == n.total);
    case TriggerRule::kAllFailed:
      if (n.success + n.skipped > 0) return Verdict::kSkip;
      return RunOnce(n.bad() == n.total);
    case TriggerRule::kAllDoneMinOneSuccess:
      if (n.skipped > 0) return Verdict::kSkip;
      if (!n.all_done()) return Verdict::kWait;
      return n.success > 0 ? Verdict::kRun : Verdict::kUpstreamFailed;
    case TriggerRule::kAllSkipped:
      if (n.success + n.bad() > 0) return Verdict::kSkip;
      return RunOnce(n.skipped == n.total);
    default:
      return RunOnce(n.all_done());  // kAllDone
  }
}

Verdict JudgeOne(TriggerRule rule, const UpstreamCounts& n) {
  switch (rule) {
    case TriggerRule::kOneFailed:
      if (n.bad() > 0) return Verdict::kRun;
      return n.all_done() ? Verdict::kSkip : Verdict::kWait;
    case TriggerRule::kOneSuccess:
      if (n.success > 0) return Verdict::kRun;
      if (!n.all_done()) return Verdict::kWait;
      return n.skipped == n.total ? Verdict::kSkip : Verdict::kUpstreamFailed;
    default:  // kOneDone
      if (n.success + n.failed > 0) return Verdict::kRun;
      return n.all_done() ? Verdict::kSkip : Verdict::kWait;
  }
}

Verdict JudgeNone(TriggerRule rule, const UpstreamCounts& n) {
  if (rule == TriggerRule::kNoneSkipped) {
    return n.skipped > 0 ? Verdict::kSkip : RunOnce(n.all_done());
  }
  if (n.bad() > 0) return Verdict::kUpstreamFailed;
  if (!n.all_done()) return Verdict::kWait;
  const bool wants_one = rule == TriggerRule::kNoneFailedMinOneSuccess;
  return wants_one && n.success == 0 ? Verdict::kSkip : Verdict::kRun;
}

}  // namespace

std::string_view TriggerRuleName(TriggerRule rule) {
  return RuleNames()[static_cast<size_t>(rule)];
}

std::optional<TriggerRule> ParseTriggerRule(std::string_view name) {
  if (name == "dummy") return TriggerRule::kAlways;
  if (name == "none_failed_or_skipped") return TriggerRule::kNoneFailedMinOneSuccess;
  const auto found = std::ranges::find(RuleNames(), name);
  if (found == RuleNames().end()) return std::nullopt;
  return static_cast<TriggerRule>(found - RuleNames().begin());
}

std::span<const std::string> TriggerRuleNames() { return RuleNames(); }

Verdict Judge(TriggerRule rule, std::span<const TaskState> upstream) {
  const UpstreamCounts counts = Count(upstream);
  if (counts.total == 0 || rule == TriggerRule::kAlways) return Verdict::kRun;
  switch (rule) {
    case TriggerRule::kOneFailed:
    case TriggerRule::kOneSuccess:
    case TriggerRule::kOneDone:
      return JudgeOne(rule, counts);
    case TriggerRule::kNoneFailed:
    case TriggerRule::kNoneFailedMinOneSuccess:
    case TriggerRule::kNoneSkipped:
      return JudgeNone(rule, counts);
    default:
      return JudgeAll(rule, counts);
  }
}

}  // namespace marquee::flow
