// DAGs and runs as pictures: text for the terminal, SVG for a page.
#pragma once

#include <string>
#include <vector>

#include "flow/dag.h"
#include "flow/entities.h"

namespace marquee::flow {

// A task a line, those that need it below it and indented; one that needs several stands below the
// last of them, with the others named.
std::string GraphText(const Dag& dag);
// Boxes in columns, each right of those it needs; with the colours of `tasks`, which may be none.
std::string GraphSvg(const Dag& dag, const std::vector<TaskInstance>& tasks);

// When each task ran: a bar a task. `now_us`: the end of those that still run.
std::string GanttText(const std::vector<TaskInstance>& tasks, int64_t now_us, size_t width = 60);
std::string GanttSvg(const std::vector<TaskInstance>& tasks, int64_t now_us);

}  // namespace marquee::flow
