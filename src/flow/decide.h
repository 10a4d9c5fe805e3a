// Internal: brings one run forward by what its tasks have come to.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "flow/dag.h"
#include "flow/dag_catalogue.h"
#include "flow/entities.h"
#include "flow/journal.h"
#include "flow/sql.h"

namespace marquee::flow {

// What is to be done once the transaction stands.
struct Outcome {
  struct Change {
    DagRun run;
    std::optional<TaskInstance> task;
  };
  struct Line {
    DagRun run;
    std::string task_id;
    int try_number;
    std::string text;
  };
  std::vector<Change> changes;
  std::vector<Line> log;
  std::vector<JournalEntry> journal;
};

// The end of the latest try of `task`: it is tried again, or is `state`. Writes the try, not the
// task. `dag`: null when it is no longer declared.
void EndTry(Session& session, const Dag* dag, const DagRun& run, TaskState state,
            TaskInstance* task);

class Decider {
 public:
  struct Context {
    Session& session;
    const DagSet& dags;
    int64_t now_us;
    std::string hostname;
    std::string home;
    const std::function<std::optional<int64_t>(const std::string&)>& table_version;
    Outcome* outcome;
  };
  // All must outlive it.
  Decider(const Context& context, const Dag& dag, DagRun run);

  // REQUIRES: the run is running. Writes all that changed; gives when to look again by itself.
  std::optional<int64_t> Decide();

 private:
  void SyncTasks();
  void CheckSla(const Task& task, const TaskInstance& instance);
  bool TimeIsUp();
  void DecideTask(const Task& task, TaskInstance* instance);
  void Consider(const Task& task, TaskInstance* instance);
  bool PastAllows(const Task& task);
  void Begin(const Task& task, TaskInstance* instance);
  void BeginTry(TaskInstance* instance);
  void StartTrigger(const Task& task, TaskInstance* instance);
  void LookAtTriggered(TaskInstance* instance);
  void Look(const Task& task, TaskInstance* instance);
  TaskState Sense(const Task& task, TaskInstance* instance);
  TaskState SenseTable(const std::string& table, TaskInstance* instance);
  TaskState SenseDag(const Task& task);
  void Finish(TaskState state, std::string reason, TaskInstance* instance);
  void Pass(TaskState state, TaskInstance* instance);
  void EndRun();
  void WakeAt(int64_t us);
  void Say(const TaskInstance& instance, std::string text);
  void Note(JournalEntry::Kind kind, const TaskInstance& instance);
  TaskInstance& Instance(const Task& task);
  RunState EndState();

  const Context& context_;
  const Dag& dag_;
  DagRun run_;
  std::vector<TaskInstance> instances_;  // in the order of the DAG's tasks
  std::vector<TaskInstance> before_;
  std::optional<int64_t> wake_us_;
};

}  // namespace marquee::flow
