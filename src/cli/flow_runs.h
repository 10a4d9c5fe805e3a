// marquee flow run, test and call: what runs something here; and export: what runs it elsewhere.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "flow/dag.h"
#include "flow/entities.h"

namespace marquee::cli {

// Declares the three below `group`.
void AddFlowRun(CLI::App& group, Context& context);
// marquee flow notify, likewise.
void AddFlowNotify(CLI::App& group, Context& context);

// Declares `export`, in flow_export.cc.
void AddFlowExport(CLI::App& group, Context& context);

// {"dag_id", "dag_run_id", "state", ..., "tasks": [...]}, both with what is late by its SLA, where
// `dag`, which may be null, says so.
Json FlowRunJson(const flow::Dag* dag, const flow::DagRun& run,
                 const std::vector<flow::TaskInstance>& tasks, int64_t now_us);
std::string FlowTasksText(const flow::Dag* dag, const flow::DagRun& run,
                          const std::vector<flow::TaskInstance>& tasks, int64_t now_us);

}  // namespace marquee::cli
