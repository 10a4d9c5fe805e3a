// The DAGs of the program itself, as the scheduler takes them.
#pragma once

#include <vector>

#include "flow/dag.h"

namespace marquee {

// Those of pipelines/titles/dags.h: a task is `marquee task run`, or triggers another of them. None
// catches up.
std::vector<flow::DagPtr> BuiltInDags();

}  // namespace marquee
