// Runs what is due: makes runs by schedule, starts tasks as soon as what they need is done, and
// keeps the books.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/clock.h"
#include "flow/dag_catalogue.h"
#include "flow/flow_store.h"
#include "flow/pass.h"
#include "flow/scheduler_options.h"
#include "flow/task_process.h"

namespace marquee::flow {

// Any number of schedulers may share a database: each task is claimed by one of them, and its
// claim lasts until its process is known to have ended. What a scheduler that was killed left
// running is taken over by the next: at once by one with the same folder, which sees the processes,
// and by another after orphan_ms, when they have ended by themselves. A graceful end leaves them
// running too. Not thread-safe but for Wake.
class Scheduler {
 public:
  // `clock`: the time of day, which may jump; `steady`: for what must not. What is passed in must
  // outlive it.
  Scheduler(FlowStore& store, DagCatalogue& dags, SchedulerOptions options, const Clock& clock,
            const Clock& steady);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Does all that is due now; whether it did anything. An error of the database is logged, and what
  // was to be done is done by a later call.
  bool Turn();
  // Until a process ends, Wake is called, something is due, or the time is over.
  void Wait(std::chrono::milliseconds at_most);
  // Turn and Wait until asked to stop.
  void Run(const CancelToken& stop);
  // Something changed: look at once. Thread-safe.
  void Wake();

  int running() const { return static_cast<int>(processes_.size()); }
  const std::string& id() const { return id_; }

 private:
  struct Running {
    TaskProcess process;
    int64_t run;
    std::string task_id;
  };
  // What is known of another scheduler.
  struct Other {
    int64_t beat = -1;
    int64_t changed_ms = 0;  // of the steady clock
  };

  bool IsDue();
  bool ChangedOutside();
  bool CollectEnds();
  void NoteRoom(TaskExit::Kind kind);
  int FreePlaces();
  void ReadDatasetsOf(const TryFiles& files, EndedTask* ended) const;
  void AddDags();
  void Beat();
  void TakeOver();
  bool IsDead(const std::string& id, const std::string& place, int64_t beat);
  void TakeOverTask(const TaskInstance& task, bool same_place);
  void DoTurn();
  void Finish(PassResult result);
  void Start(const PassResult::Start& start);
  void WriteLog(const Outcome& outcome);
  std::filesystem::path LockOf(const std::string& id) const;

  FlowStore& store_;
  DagCatalogue& dags_;
  const SchedulerOptions options_;
  const Clock& clock_;
  const Clock& steady_;
  const std::string id_;
  const std::string hostname_;
  const std::string place_;
  int lock_fd_ = -1;  // held for as long as this scheduler lives
  int wake_fd_ = -1;
  std::map<int64_t, Running> processes_;  // by claim
  std::vector<EndedTask> ended_;
  std::map<std::string, Other> others_;
  std::atomic<bool> woken_{true};
  std::optional<int64_t> wake_us_;
  std::optional<int64_t> create_us_;
  int64_t next_beat_ms_ = 0;
  int64_t next_take_over_ms_ = 0;
  int64_t next_look_ms_ = 0;
  int64_t next_create_ms_ = 0;
  int64_t next_start_ms_ = 0;
  int64_t no_room_ms_ = 0;  // how long to wait after the next try; 0: there is room
  int64_t known_generation_ = -1;
  int64_t known_created_ = -1;
  bool held_back_ = false;
  bool failing_ = false;
};

}  // namespace marquee::flow
