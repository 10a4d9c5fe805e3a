// One try of a task as a process that outlives whoever started it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::flow {

// Where a try writes: "1.log", "1.lock", ... in the folder of its task.
struct TryFiles {
  std::filesystem::path folder;
  int try_number = 1;

  std::filesystem::path log() const { return Named(".log"); }
  std::filesystem::path lock() const { return Named(".lock"); }
  std::filesystem::path exit() const { return Named(".exit"); }
  // What the try says that it read and wrote.
  std::filesystem::path lineage() const { return Named(".lineage"); }

 private:
  std::filesystem::path Named(const char* ending) const {
    return folder / (std::to_string(try_number) + ending);
  }
};

struct TaskCommand {
  std::vector<std::string> argv;
  std::map<std::string, std::string> env = {};  // beside that of this process
  std::filesystem::path folder = ".";           // where it runs
  TryFiles files;
  int64_t claim = 0;  // tells this try from all others; > 0
  int nice = 0;
  int64_t memory_limit_bytes = 0;  // of address space, a process; 0: none
  int64_t timeout_ms = 0;          // then SIGTERM for its group, and after the grace SIGKILL
  int64_t grace_ms = 10'000;
  std::filesystem::path heartbeat = {};  // a file that schedulers touch
  int64_t orphan_ms = 0;                 // after so long without that the try is ended; 0: never
};

struct TaskExit {
  enum class Kind {
    kExited,     // with `code`
    kSignalled,  // by signal `code`
    kTimedOut,
    kCancelled,
    kOrphaned,
    kLost,        // its supervisor was killed: nobody knows
    kNotStarted,  // no process of it ever was
    kNoRoom,      // likewise, since the disk is full
  };
  Kind kind = Kind::kLost;
  int code = 0;
  int64_t cpu_ms = 0;          // of all its processes
  int64_t peak_rss_bytes = 0;  // of the largest
  int64_t end_us = 0;          // 0: unknown
};

// Movable, not thread-safe. A process goes on when its handle is destroyed.
class TaskProcess {
 public:
  // Starts it; throws unavailable when it cannot, failed_precondition when a process of this try
  // runs already, and what file operations throw.
  static TaskProcess Start(const TaskCommand& command);
  // The process of this try that somebody else started, if it still runs. Throws unavailable when
  // it runs and is too young to be named: try again.
  static std::optional<TaskProcess> Adopt(const TryFiles& files, int64_t claim);

  ~TaskProcess();
  TaskProcess(TaskProcess&& other) noexcept;
  TaskProcess& operator=(TaskProcess&& other) noexcept;

  int64_t claim() const { return claim_; }
  int pid() const { return pid_; }  // of the supervisor
  const TryFiles& files() const { return files_; }
  // Readable, for poll(), once it has ended.
  int fd() const { return fd_; }
  bool HasEnded() const;
  // Asks it to end its task: SIGTERM, later SIGKILL.
  void Cancel() const;
  // REQUIRES: HasEnded().
  TaskExit Collect();

 private:
  TaskProcess(TryFiles files, int64_t claim, int pid, int fd);

  TryFiles files_;
  int64_t claim_;
  int pid_;
  int fd_;
};

// Of the command, once it began, as long as its files are there; whether it still runs or not.
std::optional<int64_t> PidOf(const TryFiles& files, int64_t claim);

// How the try ended, of which no process runs any more: kLost or kNotStarted without a record. What
// a lost one left running is killed first.
TaskExit ReadExit(const TryFiles& files, int64_t claim);

}  // namespace marquee::flow
