// marquee flow run, test, call, stats, export and notify: what does more than ask.
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

// How the tasks of the DAG fare, and how that changed over its latest `runs`; as a picture into
// `svg` unless that is "".
void ShowFlowStatistics(Context& context, const std::string& dag, int64_t runs,
                        const std::string& svg);

}  // namespace marquee::cli
