#include "app/built_in_dags.h"

#include <string>
#include <utility>

#include "flow/schedule.h"
#include "pipelines/titles/dags.h"

namespace marquee {
namespace {

flow::Task TaskOf(const titles::DagDefinition& dag, const titles::TaskDefinition& definition) {
  flow::Task task{.id = definition.id, .needs = definition.upstream};
  task.retry.retries = dag.retries;
  task.retry.delay_ms = int64_t{1000} * dag.retry_delay_s;
  if (definition.run == nullptr) {
    task.kind = flow::Task::Kind::kTrigger;
    task.trigger.dag_id = definition.triggers;
  } else {
    task.kind = flow::Task::Kind::kMarquee;
    task.command = {"task",     "run",    dag.id,       definition.id, "--date",
                    "{{ ds }}", "--conf", "{{ conf }}", "--run-id",    "{{ run_id }}"};
  }
  return task;
}

}  // namespace

std::vector<flow::DagPtr> BuiltInDags() {
  std::vector<flow::DagPtr> dags;
  for (const titles::DagDefinition& definition : titles::BuiltInDags()) {
    flow::Dag dag{.id = definition.id,
                  .description = definition.about,
                  .tags = definition.tags,
                  .max_active_runs = 1};
    if (!definition.schedule.empty())
      dag.schedule = flow::Schedule(definition.schedule, flow::TimeZone("UTC"));
    for (const titles::TaskDefinition& task : definition.tasks)
      dag.tasks.push_back(TaskOf(definition, task));
    dags.push_back(flow::MakeDag(std::move(dag)));
  }
  return dags;
}

}  // namespace marquee
