#include "app/built_in_dags.h"

#include <utility>

#include "titles/dags.h"

namespace marquee {
namespace {

flow::Task FlowTaskOf(const titles::DagDefinition& dag, const titles::TaskDefinition& task) {
  flow::Task made{.id = task.id, .needs = task.upstream};
  made.retry.retries = dag.retries;
  made.retry.delay_ms = int64_t{dag.retry_delay_s} * 1000;
  if (task.run == nullptr) {
    made.kind = flow::Task::Kind::kTrigger;
    made.trigger.dag_id = task.triggers;
    return made;
  }
  made.kind = flow::Task::Kind::kMarquee;
  made.command = {"task",     "run",      dag.id,         task.id,  "--date",
                  "{{ ds }}", "--run-id", "{{ run_id }}", "--conf", "{{ conf }}"};
  return made;
}

flow::DagPtr FlowDagOf(const titles::DagDefinition& dag) {
  flow::Dag made{.id = dag.id, .description = dag.about, .tags = dag.tags};
  if (!dag.schedule.empty()) made.schedule = flow::Schedule(dag.schedule, flow::TimeZone());
  made.max_active_runs = 1;  // they write the same files
  for (const titles::TaskDefinition& task : dag.tasks) made.tasks.push_back(FlowTaskOf(dag, task));
  return flow::MakeDag(std::move(made));
}

}  // namespace

std::vector<flow::DagPtr> BuiltInDags() {
  std::vector<flow::DagPtr> dags;
  for (const titles::DagDefinition& dag : titles::BuiltInDags()) dags.push_back(FlowDagOf(dag));
  return dags;
}

}  // namespace marquee
