#include "flow/states.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

template <typename Enum, size_t n>
using StateNames = std::array<std::pair<Enum, std::string_view>, n>;

constexpr StateNames<TaskState, 13> kTaskStates = {{
    {TaskState::kNone, "none"},
    {TaskState::kScheduled, "scheduled"},
    {TaskState::kQueued, "queued"},
    {TaskState::kRunning, "running"},
    {TaskState::kSuccess, "success"},
    {TaskState::kFailed, "failed"},
    {TaskState::kSkipped, "skipped"},
    {TaskState::kUpstreamFailed, "upstream_failed"},
    {TaskState::kUpForRetry, "up_for_retry"},
    {TaskState::kUpForReschedule, "up_for_reschedule"},
    {TaskState::kDeferred, "deferred"},
    {TaskState::kRestarting, "restarting"},
    {TaskState::kRemoved, "removed"},
}};
constexpr StateNames<RunState, 4> kRunStates = {{{RunState::kQueued, "queued"},
                                                 {RunState::kRunning, "running"},
                                                 {RunState::kSuccess, "success"},
                                                 {RunState::kFailed, "failed"}}};
constexpr StateNames<RunType, 5> kRunTypes = {{{RunType::kScheduled, "scheduled"},
                                               {RunType::kManual, "manual"},
                                               {RunType::kBackfill, "backfill"},
                                               {RunType::kTable, "table"},
                                               {RunType::kTriggered, "triggered"}}};

template <typename Enum, size_t n>
std::optional<Enum> StateNamed(const StateNames<Enum, n>& table, std::string_view name) {
  for (const auto& [state, known] : table) {
    if (known == name) return state;
  }
  return std::nullopt;
}

// The number in hex `digits` modulo `divisor`.
int64_t HexModulo(std::string_view digits, int64_t divisor) {
  int64_t rest = 0;
  for (const char c : digits) {
    rest = (rest * 16 + (c <= '9' ? c - '0' : c - 'a' + 10)) % divisor;
  }
  return rest;
}

}  // namespace

std::string_view TaskStateName(TaskState state) {
  return kTaskStates[static_cast<size_t>(state)].second;
}
std::string_view RunStateName(RunState state) {
  return kRunStates[static_cast<size_t>(state)].second;
}
std::string_view RunTypeName(RunType type) { return kRunTypes[static_cast<size_t>(type)].second; }

std::optional<TaskState> ParseTaskState(std::string_view name) {
  return StateNamed(kTaskStates, name);
}
std::optional<RunState> ParseRunState(std::string_view name) {
  return StateNamed(kRunStates, name);
}
std::optional<RunType> ParseRunType(std::string_view name) { return StateNamed(kRunTypes, name); }

bool IsFinished(TaskState state) {
  switch (state) {
    case TaskState::kSuccess:
    case TaskState::kFailed:
    case TaskState::kSkipped:
    case TaskState::kUpstreamFailed:
    case TaskState::kRemoved:
      return true;
    default:
      return false;
  }
}

RunState StateOfRun(std::span<const TaskState> leaves) {
  const bool failed = std::ranges::any_of(leaves, [](TaskState state) {
    return state == TaskState::kFailed || state == TaskState::kUpstreamFailed;
  });
  return failed ? RunState::kFailed : RunState::kSuccess;
}

std::string RunIdOf(RunType type, int64_t logical_us) {
  const std::string_view prefix = type == RunType::kScheduled  ? "scheduled"
                                  : type == RunType::kBackfill ? "backfill"
                                  : type == RunType::kTable    ? "dataset_triggered"
                                                               : "manual";
  return StrCat(prefix, "__", FormatTime(logical_us));
}

int64_t RetryDelayMs(const RetryPolicy& policy, int try_number, std::string_view key) {
  constexpr double kDayMs = 86'400'000;
  if (!policy.exponential) return policy.delay_ms;
  // In whole seconds, as Airflow counts.
  const double seconds =
      std::ceil(static_cast<double>(policy.delay_ms) / 1000 * std::pow(2.0, try_number - 1));
  const int64_t base = static_cast<int64_t>(std::clamp(seconds, 1.0, kDayMs / 1000));
  const std::string hash = HashHex(HashKind::kSha1, StrCat(key, "#", try_number));
  const int64_t delay_ms = (base + HexModulo(hash, base)) * 1000;
  return std::min({delay_ms, static_cast<int64_t>(kDayMs), policy.max_delay_ms});
}

}  // namespace marquee::flow
