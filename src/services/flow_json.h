// DAGs, runs and task instances as Airflow's API writes them: version 1 as Airflow 2, version 2 as
// Airflow 3. A key is always there; what is not known is null.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "flow/dag.h"
#include "flow/dag_catalogue.h"
#include "flow/entities.h"
#include "flow/flow_store.h"

namespace marquee {

enum class FlowApi { kV1, kV2 };

// What a DAG is and what is kept of it.
struct FlowDag {
  flow::DagPtr dag;
  flow::DagRecord record;
  bool has_errors = false;  // its file has changed and can no longer be read
  int64_t parsed_us = 0;
  int64_t now_us = 0;
  int64_t running_runs = 0;  // looked for by RenderFlowDagDetails alone
};

Json RenderFlowDag(FlowApi api, const FlowDag& dag);
// With what the list leaves out.
Json RenderFlowDagDetails(FlowApi api, const FlowDag& dag);
Json RenderFlowTask(FlowApi api, const flow::Dag& dag, const flow::Task& task);
Json RenderFlowRun(FlowApi api, const flow::DagRun& run);
// `dag`: the run's as it is declared now; null: it is gone, and with it the SLA of the task.
Json RenderFlowTaskInstance(FlowApi api, const flow::TaskOfRun& of, const flow::Dag* dag,
                            int64_t now_us);
Json RenderFlowPool(FlowApi api, const flow::Pool& pool);
// [{"task_id", "tries", "success_rate", ..., "latest_seconds", "before_seconds", "change",
// "runs"}]: each task's tries, and how it went from run to run.
Json RenderFlowStatistics(const std::vector<flow::TaskStatistics>& tasks,
                          const std::vector<flow::TaskHistory>& history);
Json RenderFlowError(FlowApi api, const flow::DagError& error, int64_t id);

// "2026-11-21T03:01:15.852778+00:00", or with Z; null.
Json FlowTime(FlowApi api, const std::optional<int64_t>& us);

}  // namespace marquee
