// The program that stands between the scheduler and one try of a task, and outlives the scheduler.
// It is small and static, so that starting it costs little and the memory of the scheduler does not
// count as the task's; it stands whole inside marquee (task_process.cc).
//
//   LOCK_FD LOG EXIT CLAIM NICE MEMORY TIMEOUT_MS GRACE_MS HEARTBEAT ORPHAN_MS FOLDER PROGRAM...
//
// LOCK_FD: an open file with a lock that lasts as long as this program; its two process ids are
// written there. EXIT: appears when the try has ended, whole or not at all; its room on the disk is
// taken before the try begins. TIMEOUT_MS, ORPHAN_MS, MEMORY: 0 is none. HEARTBEAT: when this file
// was not touched for ORPHAN_MS, no scheduler is left, and the try is ended.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <initializer_list>

namespace {

constexpr int kCannotStart = 120;
constexpr int kNoRoom = 121;  // the same, since the disk is full (task_process.cc)
constexpr size_t kRecordBytes = 256;

struct Options {
  int lock_fd;
  const char* log;
  const char* exit;
  const char* claim;
  int nice;
  unsigned long long memory;
  long long timeout_ms;
  long long grace_ms;
  const char* heartbeat;
  long long orphan_ms;
  const char* folder;
  char** command;
};

long long NowMs(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1'000'000;
}

void Say(const char* what, const char* about) {
  char line[4400];
  const int length =
      snprintf(line, sizeof line, "marquee: %s %s: %s\n", what, about, strerror(errno));
  if (length > 0) (void)!write(STDERR_FILENO, line, static_cast<size_t>(length));
}

[[noreturn]] void Fail(const char* what, const char* about) {
  const bool is_full = errno == ENOSPC || errno == EDQUOT;
  Say(what, about);
  _exit(is_full ? kNoRoom : kCannotStart);
}

// Everything but the standard streams and the lock, so that no file of the scheduler lives on.
void CloseOthers(int lock_fd) {
  if (lock_fd > 3) syscall(SYS_close_range, 3U, static_cast<unsigned>(lock_fd - 1), 0U);
  syscall(SYS_close_range, static_cast<unsigned>(lock_fd + 1), ~0U, 0U);
  fcntl(lock_fd, F_SETFD, FD_CLOEXEC);
}

void OpenStreams(const char* log) {
  const int in = open("/dev/null", O_RDONLY);
  const int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (in < 0 || out < 0) Fail("cannot open", log);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  if (in > 2) close(in);
  if (out > 2) close(out);
}

void WriteWhole(int fd, const char* text, size_t size, const char* name) {
  const ssize_t written = pwrite(fd, text, size, 0);
  if (written == static_cast<ssize_t>(size)) return;
  if (written >= 0) errno = ENOSPC;  // only a part had room
  Fail("cannot write", name);
}

// The record of the end, not yet in its place.
int ReserveRecord(const char* temporary) {
  const int fd = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) Fail("cannot make", temporary);
  char blank[kRecordBytes];
  memset(blank, ' ', sizeof blank);
  blank[kRecordBytes - 1] = '\n';
  WriteWhole(fd, blank, sizeof blank, temporary);
  return fd;
}

[[noreturn]] void RunCommand(const Options& options) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == 1) _exit(kCannotStart);
  if (options.nice > 0) setpriority(PRIO_PROCESS, 0, options.nice);
  if (options.memory > 0) {
    const rlimit limit{options.memory, options.memory};
    setrlimit(RLIMIT_AS, &limit);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (chdir(options.folder) != 0) Say("cannot change to", options.folder);
  execvp(options.command[0], options.command);
  Say("cannot run", options.command[0]);
  _exit(errno == ENOENT ? 127 : 126);
}

// Of the last change; -1 when it is not there.
long long TouchedAt(const char* file) {
  struct stat status;
  if (stat(file, &status) != 0) return -1;
  return status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec;
}

class Watch {
 public:
  Watch(const Options& options, pid_t command)
      : options_(options),
        command_(command),
        started_(NowMs(CLOCK_MONOTONIC)),
        seen_(TouchedAt(options.heartbeat)),
        seen_at_(started_) {}

  // Until the command has ended.
  void Wait() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT}) sigaddset(&signals, signal);
    while (!ended_) {
      const long long wait = WaitMs();
      const timespec limit{static_cast<time_t>(wait / 1000), (wait % 1000) * 1'000'000};
      const int signal = sigtimedwait(&signals, nullptr, &limit);
      if (signal == SIGTERM || signal == SIGINT) End("cancelled");
      Reap(WNOHANG);
      LookAtTime();
    }
    EndLeftovers();
  }

  const char* reason() const {
    if (reason_ != nullptr) return reason_;
    return WIFSIGNALED(status_) ? "signal" : "exited";
  }
  int code() const { return WIFSIGNALED(status_) ? WTERMSIG(status_) : WEXITSTATUS(status_); }

 private:
  long long WaitMs() const {
    const long long now = NowMs(CLOCK_MONOTONIC);
    long long wait = 2'000;
    if (options_.orphan_ms > 0 && options_.orphan_ms < 4 * wait) wait = options_.orphan_ms / 4 + 1;
    const auto until = [&](long long at) {
      if (at - now < wait) wait = at - now > 1 ? at - now : 1;
    };
    if (kill_at_ > 0) until(kill_at_);
    if (options_.timeout_ms > 0 && reason_ == nullptr) until(started_ + options_.timeout_ms);
    return wait;
  }

  void LookAtTime() {
    if (ended_) return;
    const long long now = NowMs(CLOCK_MONOTONIC);
    if (kill_at_ > 0 && now >= kill_at_) {
      kill(-command_, SIGKILL);
      kill_at_ = now + 1'000;
    }
    if (reason_ != nullptr) return;
    if (options_.timeout_ms > 0 && now - started_ >= options_.timeout_ms) return End("timeout");
    if (options_.orphan_ms <= 0) return;
    const long long touched = TouchedAt(options_.heartbeat);
    if (touched != seen_) {
      seen_ = touched;
      seen_at_ = now;
    } else if (now - seen_at_ >= options_.orphan_ms) {
      End("orphaned");
    }
  }

  void End(const char* reason) {
    if (reason_ == nullptr) reason_ = reason;
    kill(-command_, SIGTERM);
    if (kill_at_ == 0) kill_at_ = NowMs(CLOCK_MONOTONIC) + options_.grace_ms;
  }

  void Reap(int flags) {
    int status = 0;
    for (pid_t pid = waitpid(-1, &status, flags); pid > 0; pid = waitpid(-1, &status, flags)) {
      if (pid != command_) continue;
      ended_ = true;
      status_ = status;
    }
  }

  // Those of its group, and those that left it: they are children of this program by then.
  void EndLeftovers() {
    for (int round = 0; round < 200; ++round) {
      kill(-command_, SIGKILL);
      KillChildren();
      Reap(WNOHANG);
      if (waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD) return;
      usleep(10'000);
    }
  }

  static void KillChildren() {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", static_cast<int>(getpid()));
    FILE* const children = fopen(path, "r");
    if (children == nullptr) return;
    int pid = 0;
    while (fscanf(children, "%d", &pid) == 1) kill(pid, SIGKILL);
    fclose(children);
  }

  const Options& options_;
  const pid_t command_;
  const long long started_;
  long long seen_;
  long long seen_at_;
  long long kill_at_ = 0;
  const char* reason_ = nullptr;
  bool ended_ = false;
  int status_ = 0;
};

void WriteRecord(const Options& options, const Watch& watch, int fd, const char* temporary) {
  rusage used;
  getrusage(RUSAGE_CHILDREN, &used);
  const long long cpu_ms = used.ru_utime.tv_sec * 1000LL + used.ru_utime.tv_usec / 1000 +
                           used.ru_stime.tv_sec * 1000LL + used.ru_stime.tv_usec / 1000;
  char record[kRecordBytes];
  memset(record, ' ', sizeof record);
  const int length =
      snprintf(record, sizeof record, "%s %s %d %lld %ld %lld", options.claim, watch.reason(),
               watch.code(), cpu_ms, used.ru_maxrss, NowMs(CLOCK_REALTIME));
  if (length > 0) record[length] = ' ';
  record[kRecordBytes - 1] = '\n';
  if (pwrite(fd, record, sizeof record, 0) < 0 || rename(temporary, options.exit) != 0) {
    Fail("cannot write", options.exit);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 13) return kCannotStart;
  const Options options{.lock_fd = atoi(argv[1]),
                        .log = argv[2],
                        .exit = argv[3],
                        .claim = argv[4],
                        .nice = atoi(argv[5]),
                        .memory = strtoull(argv[6], nullptr, 10),
                        .timeout_ms = atoll(argv[7]),
                        .grace_ms = atoll(argv[8]),
                        .heartbeat = argv[9],
                        .orphan_ms = atoll(argv[10]),
                        .folder = argv[11],
                        .command = argv + 12};
  CloseOthers(options.lock_fd);
  OpenStreams(options.log);
  char temporary[4096];
  snprintf(temporary, sizeof temporary, "%s.new", options.exit);
  const int record = ReserveRecord(temporary);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  char ids[kRecordBytes];
  const auto write_ids = [&](int command) {
    const int length =
        snprintf(ids, sizeof ids, "%s %d %d\n", options.claim, static_cast<int>(getpid()), command);
    WriteWhole(options.lock_fd, ids, static_cast<size_t>(length), "the lock");
  };
  write_ids(0);
  const pid_t command = fork();
  if (command < 0) Fail("cannot start", options.command[0]);
  if (command == 0) RunCommand(options);
  setpgid(command, command);
  Watch watch(options, command);
  write_ids(command);
  watch.Wait();
  WriteRecord(options, watch, record, temporary);
  return 0;
}
