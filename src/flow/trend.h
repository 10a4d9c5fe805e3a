// How the time that tasks take changes from run to run.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flow/entities.h"

namespace marquee::flow {

// What a task came to in one run: its last try there.
struct TaskPast {
  std::string run_id;
  int64_t date_us = 0;
  TaskState state = TaskState::kNone;
  int tries = 0;
  double seconds = 0;  // of the last try
  Usage usage = {};
};

struct TaskHistory {
  std::string task_id;
  std::vector<TaskPast> runs;  // in which it ended, the oldest first
};

// Medians of the times of those runs that went well: of the latest, at most kTrendRuns, and of all
// before them. Nothing where there is none.
struct Trend {
  std::optional<double> latest_seconds;
  std::optional<double> before_seconds;

  // 0.25: the latest take a quarter longer. Nothing without both, or when those before took none.
  std::optional<double> change() const;
};
inline constexpr size_t kTrendRuns = 5;
Trend TrendOf(const TaskHistory& task);

// The seconds of the runs that went well, oldest first.
std::vector<double> SecondsOf(const TaskHistory& task);

// A bar of eight heights a value, the highest for the largest: "▁▃█".
std::string SparkLine(std::span<const double> values);

// The seconds of each task by the date of its run; runs that failed leave a gap.
std::string HistorySvg(std::string_view dag_id, std::span<const TaskHistory> tasks);

}  // namespace marquee::flow
