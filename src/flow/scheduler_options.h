// What a scheduler works with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/entities.h"

namespace marquee::flow {

struct SchedulerOptions {
  std::filesystem::path folder;  // logs, and what processes are known by; schedulers may share it
  std::filesystem::path home;    // {{ home }}, and where commands run
  // Where tasks of the program itself run, so that a path in a run's conf means what it means to
  // whoever starts the scheduler; "": the home.
  std::filesystem::path working_folder = {};
  std::vector<std::string> marquee = {};        // the program with its first arguments
  std::map<std::string, std::string> env = {};  // of its processes, beside that of this one
  int parallelism = 16;                         // processes at once
  int nice = 10;
  int64_t memory_limit_bytes = 0;  // of a task that names none; 0: none
  int64_t grace_ms = 10'000;       // between SIGTERM and SIGKILL
  // When no scheduler was there for so long, its tasks end by themselves: with more than one
  // machine a task that is given up must not go on. 0: never.
  int64_t orphan_ms = 300'000;
  int64_t beat_ms = 5'000;         // how often to say that it lives
  bool paused_at_creation = true;  // whether DAGs that are new wait until somebody says so
  // This run and those it triggers alone, paused or not; none: everything.
  std::optional<int64_t> only_root = {};
  // The latest version of a table; nothing when there is none.
  std::function<std::optional<int64_t>(const std::string& table)> table_version = {};
  // Called after each change of a run, or of a task; it must be quick.
  std::function<void(const DagRun& run, const TaskInstance* task)> observe = {};
};

}  // namespace marquee::flow
