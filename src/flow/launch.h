// From a task of a run to the process that does it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "flow/dag.h"
#include "flow/entities.h"
#include "flow/scheduler_options.h"
#include "flow/task_process.h"

namespace marquee::flow {

// Where its tries write.
TryFiles FilesOf(const std::filesystem::path& folder, const DagRun& run, std::string_view task_id,
                 int try_number);

// The process of the latest try of `instance`. Throws invalid_argument for a template that cannot
// be filled in. REQUIRES: a kind with a process: command, marquee, http, sensor.
TaskCommand CommandOf(const Dag& dag, const Task& task, const DagRun& run,
                      const TaskInstance& instance, const SchedulerOptions& options);

// What follows the program's name for a request, with its templates as they are: "flow", "call",
// ...
std::vector<std::string> HttpArguments(const HttpCall& call);

// "[2026-11-21T02:40:06+00:00] marquee: <text>" at the end of the log, which is made if need be.
// What cannot be written is left out: a full disk must not stop the scheduler.
void AppendToLog(const TryFiles& files, int64_t now_us, std::string_view text);

}  // namespace marquee::flow
