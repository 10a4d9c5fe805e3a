// Marquee's own DAGs as the scheduler runs them.
#pragma once

#include <vector>

#include "flow/dag.h"

namespace marquee {

// One for each of titles::BuiltInDags: a task is the command `marquee task run`, with the date, id
// and conf of the run.
std::vector<flow::DagPtr> BuiltInDags();

}  // namespace marquee
