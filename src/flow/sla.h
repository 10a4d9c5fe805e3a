// Tasks that were to be done by a certain time.
#pragma once

#include <cstdint>
#include <optional>

#include "flow/dag.h"
#include "flow/entities.h"

namespace marquee::flow {

// When a task with an SLA is to be done at the latest: that counts from the end of the run's data
// interval.
inline int64_t DueUs(const Task& task, const DagRun& run) {
  return (run.interval ? run.interval->end_us : run.date_us()) + task.sla_ms * 1000;
}

// By how much `instance` missed its SLA: in microseconds, of one that is not done yet so far.
// Nothing when it has none, or kept it.
inline std::optional<int64_t> LateBy(const Task& task, const DagRun& run,
                                     const TaskInstance& instance, int64_t now_us) {
  if (task.sla_ms == 0) return std::nullopt;
  const int64_t due_us = DueUs(task, run);
  const bool done = instance.state == TaskState::kSuccess || instance.state == TaskState::kSkipped;
  const int64_t at_us = done ? instance.end_us.value_or(now_us) : now_us;
  return at_us > due_us ? std::optional<int64_t>(at_us - due_us) : std::nullopt;
}

}  // namespace marquee::flow
