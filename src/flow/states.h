// What becomes of runs and their tasks, in Airflow's words.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace marquee::flow {

enum class TaskState {
  kNone,       // not looked at, or waiting for others
  kScheduled,  // waits for a place
  kQueued,
  kRunning,
  kSuccess,
  kFailed,
  kSkipped,
  kUpstreamFailed,
  kUpForRetry,
  kUpForReschedule,
  kDeferred,    // waits for something outside without a process
  kRestarting,  // was cleared while it ran; goes on when its process has ended
  kRemoved,     // its DAG has it no more
};

enum class RunState { kQueued, kRunning, kSuccess, kFailed };

enum class RunType { kScheduled, kManual, kBackfill, kTable, kTriggered };

// "success", "up_for_retry", ...; of kNone "none".
std::string_view TaskStateName(TaskState state);
std::string_view RunStateName(RunState state);
// "scheduled", "manual", "backfill", "table", "triggered"
std::string_view RunTypeName(RunType type);
std::optional<TaskState> ParseTaskState(std::string_view name);
std::optional<RunState> ParseRunState(std::string_view name);
std::optional<RunType> ParseRunType(std::string_view name);

// Success, failed, skipped, upstream_failed, removed.
bool IsFinished(TaskState state);
inline bool IsFinished(RunState state) {
  return state == RunState::kSuccess || state == RunState::kFailed;
}

// What a run is, once all its tasks have finished: failed when a leaf, a task that none needs, is
// failed or upstream_failed.
RunState StateOfRun(std::span<const TaskState> leaves);

// "scheduled__2026-11-21T02:00:00+00:00", "manual__2026-11-21T02:40:06.953631+00:00"
std::string RunIdOf(RunType type, int64_t logical_us);

// How a task is tried again.
struct RetryPolicy {
  int retries = 0;
  int64_t delay_ms = 300'000;
  bool exponential = false;
  int64_t max_delay_ms = 86'400'000;
};
// From the end of try `try_number` to the next: delay_ms, or with `exponential` something in
// [b, 2b), b = delay * 2^(try - 1), the same each time for the same `key` ("dag#task#logical
// date"), and at most a day and max_delay_ms.
int64_t RetryDelayMs(const RetryPolicy& policy, int try_number, std::string_view key);

}  // namespace marquee::flow
