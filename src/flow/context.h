// What templates of a task may speak of in one run.
#pragma once

#include <string>

#include "flow/dag.h"
#include "flow/entities.h"
#include "flow/template.h"

namespace marquee::flow {

inline RunContext ContextOf(const Dag& dag, const DagRun& run, const TaskInstance& instance,
                            const std::string& home) {
  return {.dag_id = run.dag_id,
          .task_id = instance.task_id,
          .run_id = run.run_id,
          .logical_us = run.date_us(),
          .interval = run.interval.value_or(DataInterval{run.date_us(), run.date_us()}),
          .try_number = instance.try_number,
          .conf = run.conf,
          .params = dag.params,
          .home = home};
}

}  // namespace marquee::flow
