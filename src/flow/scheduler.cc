#include "flow/scheduler.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <fstream>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/text.h"
#include "flow/datasets.h"
#include "flow/launch.h"
#include "flow/rows.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

constexpr int64_t kLookMs = 250;        // at what other processes changed, and at files
constexpr int64_t kCreateMs = 1'000;    // how often at the longest to look for runs by schedule
constexpr int64_t kTakeOverMs = 5'000;  // how often to look for what others left
constexpr int64_t kNoRoomMs = 1'000;    // on a full disk, before a task is started again; doubled
constexpr int64_t kMaxNoRoomMs = 30'000;
constexpr int64_t kMarginMs = 60'000;  // beyond orphan_ms, before another machine takes over

std::string HostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : "localhost";
}

// Where a scheduler's processes and files can be seen: the same boot of the same machine, and the
// same folder.
std::string PlaceOf(const std::filesystem::path& folder) {
  std::string boot = "unknown";
  try {
    boot = Trim(ReadFile("/proc/sys/kernel/random/boot_id"));
  } catch (const Error&) {
    // Without /proc all boots look the same; the locks still tell.
  }
  std::error_code ignored;
  return StrCat(boot, " ", std::filesystem::weakly_canonical(folder, ignored).string());
}

int LockFile(const std::filesystem::path& file) {
  std::filesystem::create_directories(file.parent_path());
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) ThrowFileError(errno, "make", file);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) ThrowFileError(errno, "lock", file);
  return fd;
}

bool IsLocked(const std::filesystem::path& file) {
  const int fd = open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  const bool locked = flock(fd, LOCK_EX | LOCK_NB) != 0;
  close(fd);
  return locked;
}

void TouchFile(const std::filesystem::path& file) {
  std::ofstream out(file, std::ios::app);
  out.close();
  std::error_code ignored;
  std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now(), ignored);
}

}  // namespace

Scheduler::Scheduler(FlowStore& store, DagCatalogue& dags, SchedulerOptions options,
                     const Clock& clock, const Clock& steady)
    : store_(store),
      dags_(dags),
      options_(std::move(options)),
      clock_(clock),
      steady_(steady),
      id_(NewUuid()),
      hostname_(HostName()),
      place_(PlaceOf(options_.folder)) {
  lock_fd_ = LockFile(LockOf(id_));
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  store_.OnChange([this] { Wake(); });
}

Scheduler::~Scheduler() {
  store_.OnChange({});
  std::error_code ignored;
  std::filesystem::remove(LockOf(id_), ignored);
  close(lock_fd_);
  close(wake_fd_);
}

std::filesystem::path Scheduler::LockOf(const std::string& id) const {
  return options_.folder / "schedulers" / (id + ".lock");
}

void Scheduler::Wake() {
  woken_ = true;
  const uint64_t one = 1;
  if (write(wake_fd_, &one, sizeof one) < 0) {
    // It is full: somebody woke it already.
  }
}

void Scheduler::Run(const CancelToken& stop) {
  while (!stop.requested()) {
    const bool busy = Turn();
    if (!busy) Wait(std::chrono::milliseconds(kLookMs));
  }
}

void Scheduler::Wait(std::chrono::milliseconds at_most) {
  std::vector<pollfd> entries = {{.fd = wake_fd_, .events = POLLIN, .revents = 0}};
  for (const auto& [claim, running] : processes_) {
    entries.push_back({.fd = running.process.fd(), .events = POLLIN, .revents = 0});
  }
  int64_t wait_ms = at_most.count();
  if (wake_us_) wait_ms = std::min(wait_ms, (*wake_us_ - NowUs(clock_)) / 1000 + 1);
  if (create_us_) wait_ms = std::min(wait_ms, (*create_us_ - NowUs(clock_)) / 1000 + 1);
  if (failing_) wait_ms = at_most.count();
  poll(entries.data(), entries.size(), static_cast<int>(std::max<int64_t>(wait_ms, 0)));
  uint64_t count = 0;
  if (read(wake_fd_, &count, sizeof count) < 0) {
    // Nobody woke it.
  }
}

bool Scheduler::Turn() {
  try {
    if (!CollectEnds() && !IsDue()) return false;
    woken_ = false;
    DoTurn();
    failing_ = false;
    return woken_ || !ended_.empty();
  } catch (const std::exception& error) {
    if (!failing_) LogWarning(StrCat("scheduler: ", error.what(), "; it tries again"));
    failing_ = true;
    woken_ = true;
    return false;
  }
}

bool Scheduler::CollectEnds() {
  for (auto it = processes_.begin(); it != processes_.end();) {
    Running& running = it->second;
    if (!running.process.HasEnded()) {
      ++it;
      continue;
    }
    ended_.push_back({running.run, running.task_id, it->first, running.process.Collect(),
                      "its process could not begin: its log says why"});
    ReadDatasetsOf(running.process.files(), &ended_.back());
    NoteRoom(ended_.back().exit.kind);
    it = processes_.erase(it);
  }
  return !ended_.empty();
}

void Scheduler::ReadDatasetsOf(const TryFiles& files, EndedTask* ended) const {
  std::string problem;
  ended->datasets = ReadDatasets(files.lineage(), &problem);
  if (!problem.empty()) AppendToLog(files, NowUs(clock_), problem);
}

// On a full disk tasks wait, and one of them at a time tries whether there is room again.
void Scheduler::NoteRoom(TaskExit::Kind kind) {
  if (kind != TaskExit::Kind::kNoRoom) {
    no_room_ms_ = 0;
    return;
  }
  if (no_room_ms_ == 0)
    LogWarning("scheduler: no room on the disk for what tasks write: they wait");
  no_room_ms_ = no_room_ms_ == 0 ? kNoRoomMs : std::min(2 * no_room_ms_, kMaxNoRoomMs);
  next_start_ms_ = steady_.NowMs() + no_room_ms_;
}

int Scheduler::FreePlaces() {
  if (steady_.NowMs() < next_start_ms_) return 0;
  next_start_ms_ = 0;
  const int free = options_.parallelism - running();
  return no_room_ms_ > 0 ? std::min(free, 1) : free;
}

bool Scheduler::IsDue() {
  const int64_t now_us = NowUs(clock_);
  if (woken_ || steady_.NowMs() >= next_beat_ms_) return true;
  if (next_start_ms_ > 0 && steady_.NowMs() >= next_start_ms_) return true;
  if ((wake_us_ && *wake_us_ <= now_us) || (create_us_ && *create_us_ <= now_us)) return true;
  if (steady_.NowMs() < next_look_ms_) return false;
  next_look_ms_ = steady_.NowMs() + kLookMs;
  return dags_.Refresh() || ChangedOutside();
}

bool Scheduler::ChangedOutside() {
  return store_.database().Read([this](Session& session) {
    const bool dirty = session
                           .Query(
                               "select 1 from dag_runs where dirty = 1 and "
                               "state in ('queued', 'running') limit 1")
                           .Next();
    return dirty || session
                        .Query(
                            "select 1 from task_instances where claim <> 0 and owner = ? and "
                            "state not in ('running', 'queued') limit 1",
                            {id_})
                        .Next();
  });
}

void Scheduler::AddDags() {
  const std::shared_ptr<const DagSet> dags = dags_.Current();
  if (dags->generation == known_generation_) return;
  if (!options_.only_root) {
    std::vector<std::string> ids;
    for (const auto& [id, dag] : dags->dags) ids.push_back(id);
    store_.AddDags(ids, options_.paused_at_creation);
    store_.database().Write([](Session& session) {
      session.Run("update dag_runs set dirty = 1 where state in ('queued', 'running')");
    });
  }
  for (const DagError& error : dags->errors) LogWarning(StrCat("DAG: ", error.message));
  known_generation_ = dags->generation;
}

void Scheduler::Beat() {
  if (steady_.NowMs() < next_beat_ms_) return;
  const int64_t now_us = NowUs(clock_);
  // Nobody elsewhere takes over what is in a file, even while it cannot be written.
  const bool is_file = store_.database().dialect() == database::Dialect::kSqlite;
  if (is_file) TouchFile(options_.folder / "heartbeat");
  store_.database().Write([&](Session& session) {
    session.Run(
        "insert into schedulers (id, place, hostname, started_us, beat, beat_us) "
        "values (?, ?, ?, ?, 0, ?) on conflict (id) do update set "
        "beat = schedulers.beat + 1, beat_us = excluded.beat_us",
        {id_, place_, hostname_, now_us, now_us});
  });
  // Only now: with the database gone its tasks end in time.
  if (!is_file) TouchFile(options_.folder / "heartbeat");
  next_beat_ms_ = steady_.NowMs() + options_.beat_ms;
}

void Scheduler::DoTurn() {
  Beat();
  dags_.Refresh();
  AddDags();
  if (steady_.NowMs() >= next_take_over_ms_) {
    TakeOver();
    next_take_over_ms_ = steady_.NowMs() + kTakeOverMs;
  }
  const std::shared_ptr<const DagSet> dags = dags_.Current();
  const int64_t now_us = NowUs(clock_);
  const bool creates = !create_us_ || *create_us_ <= now_us || known_created_ != dags->generation ||
                       steady_.NowMs() >= next_create_ms_;
  PassResult result = store_.database().Write([&](Session& session) {
    const Pass::Input input{.session = session,
                            .dags = *dags,
                            .options = options_,
                            .id = id_,
                            .hostname = hostname_,
                            .now_us = now_us,
                            .free_places = FreePlaces(),
                            .creates_runs = creates};
    return Pass(input).Run(ended_);
  });
  ended_.clear();
  if (creates) {
    create_us_ = result.create_us;
    held_back_ = result.held_back;
    known_created_ = dags->generation;
    next_create_ms_ = steady_.NowMs() + kCreateMs;
  }
  Finish(std::move(result));
}

void Scheduler::Finish(PassResult result) {
  wake_us_ = result.wake_us;
  if (result.more) woken_ = true;
  for (const PassResult::Start& start : result.starts) Start(start);
  for (const int64_t claim : result.cancels) {
    const auto found = processes_.find(claim);
    if (found != processes_.end()) {
      found->second.process.Cancel();
    } else {
      // Its process was never there, or is gone.
      next_take_over_ms_ = 0;
    }
  }
  WriteLog(result.outcome);
  for (const Outcome::Change& change : result.outcome.changes) {
    if (change.task || !IsFinished(change.run.state)) continue;
    if (held_back_) next_create_ms_ = 0;  // there is room for another run
    woken_ = true;
  }
  if (!options_.observe) return;
  for (const Outcome::Change& change : result.outcome.changes) {
    options_.observe(change.run, change.task ? &*change.task : nullptr);
  }
}

void Scheduler::Start(const PassResult::Start& start) {
  const TaskInstance& task = start.task;
  try {
    const TaskCommand command =
        CommandOf(*start.dag, start.dag->Named(task.task_id), start.run, task, options_);
    AppendToLog(command.files, NowUs(clock_),
                StrCat("try ", task.try_number, ": ", Join(command.argv, " ")));
    std::error_code ignored;
    std::filesystem::remove(command.files.lineage(), ignored);  // of one that never began
    processes_.emplace(task.claim, Running{TaskProcess::Start(command), task.run, task.task_id});
  } catch (const Error& error) {
    const auto kind = error.code() == Code::kResourceExhausted ? TaskExit::Kind::kNoRoom
                                                               : TaskExit::Kind::kNotStarted;
    ended_.push_back({task.run, task.task_id, task.claim, {.kind = kind}, error.message()});
    NoteRoom(kind);
  }
}

void Scheduler::WriteLog(const Outcome& outcome) {
  for (const Outcome::Line& line : outcome.log) {
    AppendToLog(FilesOf(options_.folder, line.run, line.task_id, line.try_number), NowUs(clock_),
                line.text);
  }
}

bool Scheduler::IsDead(const std::string& id, const std::string& place, int64_t beat) {
  if (id == id_) return false;
  if (place == place_) return !IsLocked(LockOf(id));
  Other& other = others_[id];
  if (other.beat != beat) other = {beat, steady_.NowMs()};
  return options_.orphan_ms > 0 &&
         steady_.NowMs() - other.changed_ms > options_.orphan_ms + options_.grace_ms + kMarginMs;
}

// What schedulers that are gone have left running, and what this one has claimed and not started.
void Scheduler::TakeOver() {
  struct Dead {
    std::string id;
    bool same_place;
  };
  std::vector<Dead> dead = {{id_, true}};
  std::vector<TaskInstance> tasks;
  store_.database().Read([&](Session& session) {
    dead.resize(1);
    tasks.clear();
    {
      Rows rows = session.Query("select id, place, beat from schedulers");
      while (rows.Next()) {
        const bool same_place = rows.Text(1) == place_;
        if (IsDead(rows.Text(0), rows.Text(1), rows.Int(2)))
          dead.push_back({rows.Text(0), same_place});
      }
    }
    for (const Dead& each : dead) {
      Rows rows = session.Query(SelectTasks() + " where claim <> 0 and owner = ?", {each.id});
      while (rows.Next()) tasks.push_back(ReadTask(rows));
    }
  });
  for (const TaskInstance& task : tasks) {
    if (processes_.contains(task.claim)) continue;
    const bool waits = std::ranges::find(ended_, task.claim, &EndedTask::claim) != ended_.end();
    const auto owner = std::ranges::find(dead, task.owner, &Dead::id);
    if (!waits) TakeOverTask(task, owner->same_place);
  }
  for (const Dead& each : dead) {
    if (each.id == id_) continue;
    store_.database().Write([&](Session& session) {
      session.Run(
          "delete from schedulers where id = ? and not exists "
          "(select 1 from task_instances t where t.claim <> 0 and t.owner = ?)",
          {each.id, each.id});
    });
    std::error_code ignored;
    if (each.same_place) std::filesystem::remove(LockOf(each.id), ignored);
  }
}

void Scheduler::TakeOverTask(const TaskInstance& task, bool same_place) {
  const bool ours = store_.database().Write([&](Session& session) {
    return session.Run(
               "update task_instances set owner = ? where run = ? and task_id = ? and "
               "claim = ? and owner = ?",
               {id_, task.run, task.task_id, task.claim, task.owner}) == 1;
  });
  if (!ours) return;
  EndedTask ended{task.run, task.task_id, task.claim, {.kind = TaskExit::Kind::kLost}, ""};
  if (same_place) {
    const DagRun run = store_.GetRun(task.run);
    const TryFiles files = FilesOf(options_.folder, run, task.task_id, task.try_number);
    try {
      if (auto process = TaskProcess::Adopt(files, task.claim)) {
        AppendToLog(files, NowUs(clock_), "another scheduler goes on with it");
        processes_.emplace(task.claim, Running{*std::move(process), task.run, task.task_id});
        return;
      }
    } catch (const Error& error) {
      if (error.code() == Code::kUnavailable) return;  // it just began: the next time
      throw;
    }
    ended.exit = ReadExit(files, task.claim);
    ReadDatasetsOf(files, &ended);
  }
  ended_.push_back(std::move(ended));
}

}  // namespace marquee::flow
