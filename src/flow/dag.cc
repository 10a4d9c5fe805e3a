#include "flow/dag.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "base/error.h"
#include "base/text.h"

namespace marquee::flow {
namespace {

constexpr std::array kKindNames =
    std::to_array<std::string_view>({"empty", "command", "marquee", "http", "trigger", "sensor"});

std::vector<std::string> TaskIds(const Dag& dag) {
  std::vector<std::string> ids;
  for (const Task& task : dag.tasks) ids.push_back(task.id);
  return ids;
}

bool HasOnly(std::string_view id, std::string_view marks, size_t max) {
  const auto allowed = [marks](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  };
  return !id.empty() && id.size() <= max && id != "." && id != ".." &&
         std::ranges::all_of(id, allowed);
}

std::optional<DagProblem> CheckNames(const Dag& dag) {
  constexpr const char* kRule = "': letters, digits, '_', '-' and '.', at most 200";
  if (!IsDagName(dag.id)) return DagProblem{{}, "id", StrCat("the id is '", dag.id, kRule)};
  if (dag.tasks.empty()) return DagProblem{{}, "tasks", "it has no tasks"};
  std::set<std::string_view> ids;
  for (size_t i = 0; i < dag.tasks.size(); ++i) {
    const std::string& id = dag.tasks[i].id;
    if (!IsDagName(id)) return DagProblem{i, "id", StrCat("the id is '", id, kRule)};
    if (!ids.insert(id).second) {
      return DagProblem{i, "id", StrCat("two tasks have the id '", id, "'")};
    }
  }
  return std::nullopt;
}

std::optional<DagProblem> CheckNeeds(const Dag& dag) {
  const std::vector<std::string> ids = TaskIds(dag);
  for (size_t i = 0; i < dag.tasks.size(); ++i) {
    std::set<std::string_view> seen;
    for (const std::string& need : dag.tasks[i].needs) {
      if (dag.Find(need) == nullptr) {
        return DagProblem{
            i, "needs",
            StrCat("it needs '", need, "', which is no task of the DAG", DidYouMean(need, ids))};
      }
      if (!seen.insert(need).second) {
        return DagProblem{i, "needs", StrCat("it needs '", need, "' twice")};
      }
    }
  }
  return std::nullopt;
}

// "a -> b -> a": the first cycle there is, from what is needed to what needs it.
std::vector<std::string> FindCycle(const Dag& dag) {
  enum class Mark { kNew, kOpen, kDone };
  std::vector<Mark> marks(dag.tasks.size(), Mark::kNew);
  std::vector<size_t> path;
  std::vector<std::string> cycle;
  const std::function<bool(size_t)> visit = [&](size_t at) {
    if (marks[at] == Mark::kDone) return false;
    path.push_back(at);
    if (marks[at] == Mark::kOpen) {
      const auto first = std::ranges::find(path, at);
      cycle.push_back(dag.tasks[at].id);
      for (auto it = path.end() - 2; it != first; --it) cycle.push_back(dag.tasks[*it].id);
      return true;
    }
    marks[at] = Mark::kOpen;
    for (const std::string& need : dag.tasks[at].needs) {
      if (visit(dag.PlaceOf(*dag.Find(need)))) return true;
    }
    marks[at] = Mark::kDone;
    path.pop_back();
    return false;
  };
  for (size_t i = 0; i < dag.tasks.size(); ++i) {
    if (visit(i)) break;
  }
  return cycle;
}

// Kahn's algorithm; of those that may come next, the first in the old order does.
void SortTasks(Dag* dag) {
  std::set<std::string> placed;
  std::vector<Task> sorted;
  std::vector<Task>& rest = dag->tasks;
  while (!rest.empty()) {
    const auto next = std::ranges::find_if(rest, [&](const Task& task) {
      return std::ranges::all_of(task.needs,
                                 [&](const std::string& need) { return placed.contains(need); });
    });
    placed.insert(next->id);
    sorted.push_back(std::move(*next));
    rest.erase(next);
  }
  dag->tasks = std::move(sorted);
}

void Link(Dag* dag) {
  for (size_t i = 0; i < dag->tasks.size(); ++i) {
    for (const std::string& need : dag->tasks[i].needs) {
      const size_t upstream = dag->PlaceOf(*dag->Find(need));
      dag->tasks[i].upstream.push_back(upstream);
      dag->tasks[upstream].downstream.push_back(i);
    }
  }
  for (size_t i = 0; i < dag->tasks.size(); ++i) {
    int64_t weight = 0;
    for (const size_t place : dag->WithDownstream({i})) weight += dag->tasks[place].priority;
    dag->tasks[i].priority_weight = weight;
    if (dag->tasks[i].owner.empty()) dag->tasks[i].owner = dag->owner;
  }
}

std::vector<size_t> Closure(const Dag& dag, const std::vector<size_t>& places,
                            std::vector<size_t> Task::*next) {
  std::set<size_t> found;
  std::vector<size_t> open = places;
  while (!open.empty()) {
    const size_t at = open.back();
    open.pop_back();
    if (!found.insert(at).second) continue;
    for (const size_t place : dag.tasks[at].*next) open.push_back(place);
  }
  return {found.begin(), found.end()};
}

}  // namespace

std::string_view TaskKindName(Task::Kind kind) { return kKindNames[static_cast<size_t>(kind)]; }

std::string_view OperatorName(const Task& task) {
  switch (task.kind) {
    case Task::Kind::kEmpty:
      return "EmptyOperator";
    case Task::Kind::kHttp:
      return "HttpOperator";
    case Task::Kind::kTrigger:
      return "TriggerDagRunOperator";
    case Task::Kind::kSensor:
      return task.sensor.kind == Sensor::Kind::kFile   ? "FileSensor"
             : task.sensor.kind == Sensor::Kind::kHttp ? "HttpSensor"
             : task.sensor.kind == Sensor::Kind::kDag  ? "ExternalTaskSensor"
                                                       : "TableSensor";
    default:
      return "BashOperator";
  }
}

const Task* Dag::Find(std::string_view task_id) const {
  const auto found = std::ranges::find(tasks, task_id, &Task::id);
  return found == tasks.end() ? nullptr : &*found;
}

const Task& Dag::Named(std::string_view task_id) const {
  if (const Task* task = Find(task_id)) return *task;
  throw Error(
      Code::kNotFound,
      StrCat("DAG ", id, " has no task '", task_id, "'", DidYouMean(task_id, TaskIds(*this))),
      StrCat("it has ", Join(TaskIds(*this), ", ")));
}

std::vector<size_t> Dag::WithDownstream(std::vector<size_t> places) const {
  return Closure(*this, places, &Task::downstream);
}

std::vector<size_t> Dag::WithUpstream(std::vector<size_t> places) const {
  return Closure(*this, places, &Task::upstream);
}

std::vector<size_t> Dag::Leaves() const {
  std::vector<size_t> leaves;
  for (size_t i = 0; i < tasks.size(); ++i) {
    if (tasks[i].downstream.empty()) leaves.push_back(i);
  }
  return leaves;
}

std::optional<DagProblem> CompleteDag(Dag* dag) {
  if (auto problem = CheckNames(*dag)) return problem;
  if (auto problem = CheckNeeds(*dag)) return problem;
  if (std::vector<std::string> cycle = FindCycle(*dag); !cycle.empty()) {
    const size_t place = dag->PlaceOf(*dag->Find(cycle.front()));
    cycle.push_back(cycle.front());
    return DagProblem{place, "needs", StrCat("its tasks need each other: ", Join(cycle, " -> "))};
  }
  SortTasks(dag);
  Link(dag);
  return std::nullopt;
}

DagPtr MakeDag(Dag dag) {
  if (const auto problem = CompleteDag(&dag)) {
    const std::string task =
        problem->task ? StrCat(", task ", dag.tasks[*problem->task].id) : std::string();
    throw Error(Code::kInvalidArgument, StrCat("DAG ", dag.id, task, ": ", problem->message));
  }
  return std::make_shared<const Dag>(std::move(dag));
}

bool IsDagName(std::string_view id) { return HasOnly(id, "_-.", 200); }
bool IsRunId(std::string_view run_id) { return HasOnly(run_id, "_-.~:+", 250); }

}  // namespace marquee::flow
