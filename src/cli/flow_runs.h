// marquee flow run, test and call: what runs something here.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "flow/entities.h"

namespace marquee::cli {

// Declares the three below `group`.
void AddFlowRun(CLI::App& group, Context& context);

// {"dag_id", "dag_run_id", "state", ..., "tasks": [...]}
Json FlowRunJson(const flow::DagRun& run, const std::vector<flow::TaskInstance>& tasks);
std::string FlowTasksText(const std::vector<flow::TaskInstance>& tasks);

}  // namespace marquee::cli
