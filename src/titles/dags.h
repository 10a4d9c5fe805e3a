// Marquee's own DAGs: their tasks, what waits for what, and the function that each task is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "titles/task.h"

namespace marquee::titles {

struct TaskDefinition {
  std::string id;
  std::vector<std::string> upstream;    // ids of tasks that come before it
  void (*run)(TaskContext&) = nullptr;  // null: it triggers `triggers`, and waits for that run
  std::string triggers = {};            // id of a DAG; it gets the conf of this run
};

struct DagDefinition {
  std::string id;
  std::string about;
  std::string schedule;  // "" by hand only, "@daily", ...
  std::vector<std::string> tags;
  int retries = 0;
  int retry_delay_s = 300;
  std::vector<TaskDefinition> tasks;  // each after its upstream
};

// netflix_data_ingestion, netflix_data_processing, netflix_data_analysis, netflix_master_pipeline,
// netflix_mlops_pipeline. None catches up.
const std::vector<DagDefinition>& BuiltInDags();

// Throws not_found, naming the nearest.
const DagDefinition& DagNamed(std::string_view dag);
const TaskDefinition& TaskNamed(std::string_view dag, std::string_view task);

// Runs one task to its end. A task can be run again at any time: what it writes replaces what an
// earlier run wrote, as a whole. Throws failed_precondition for a task that triggers a DAG, which
// the scheduler does; otherwise what the task throws.
void RunTask(std::string_view dag, std::string_view task, TaskContext& context);

}  // namespace marquee::titles
