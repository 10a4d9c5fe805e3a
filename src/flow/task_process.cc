#include "flow/task_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "flow/supervisor_image.h"

namespace marquee::flow {
namespace {

// Closes with the object.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// The supervisor as a file that is nowhere on the disk; made once.
int SupervisorFile() {
  static const int file = [] {
    const int fd = memfd_create("marquee-task", MFD_CLOEXEC);
    if (fd < 0) ThrowFileError(errno, "make", "marquee-task");
    std::string_view rest = SupervisorImage();
    while (!rest.empty()) {
      const ssize_t written = write(fd, rest.data(), rest.size());
      if (written < 0) ThrowFileError(errno, "write", "marquee-task");
      rest.remove_prefix(static_cast<size_t>(written));
    }
    return fd;
  }();
  return file;
}

int OpenPidFd(int pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

// Whether the lock was free and is now ours.
bool TryLock(int fd) { return flock(fd, LOCK_EX | LOCK_NB) == 0; }

struct ProcessIds {
  int64_t claim = 0;
  int supervisor = 0;
  int command = 0;
};

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : Split(Trim(text), " ")) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::optional<std::string> ReadIfThere(const std::filesystem::path& file) {
  try {
    return ReadFile(file);
  } catch (const Error& error) {
    if (error.code() == Code::kNotFound) return std::nullopt;
    throw;
  }
}

std::optional<ProcessIds> ReadIds(const std::filesystem::path& file) {
  const std::optional<std::string> text = ReadIfThere(file);
  if (!text) return std::nullopt;
  const std::vector<std::string_view> words = Words(*text);
  if (words.size() != 3) return ProcessIds{};
  return ProcessIds{ParseInt(words[0]).value_or(0),
                    static_cast<int>(ParseInt(words[1]).value_or(0)),
                    static_cast<int>(ParseInt(words[2]).value_or(0))};
}

std::string ClaimVariable(int64_t claim) { return StrCat("MARQUEE_TASK_CLAIM=", claim); }

std::vector<std::string> ProcessEnvironment(const TaskCommand& command) {
  std::map<std::string, std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    merged[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : command.env) merged[name] = value;
  std::vector<std::string> entries;
  for (const auto& [name, value] : merged) entries.push_back(StrCat(name, "=", value));
  entries.push_back(ClaimVariable(command.claim));
  return entries;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> SupervisorArguments(const TaskCommand& command, int lock) {
  std::vector<std::string> arguments = {"marquee-task",
                                        std::to_string(lock),
                                        command.files.log().string(),
                                        command.files.exit().string(),
                                        std::to_string(command.claim),
                                        std::to_string(command.nice),
                                        std::to_string(command.memory_limit_bytes),
                                        std::to_string(command.timeout_ms),
                                        std::to_string(command.grace_ms),
                                        command.heartbeat.string(),
                                        std::to_string(command.orphan_ms),
                                        command.folder.string()};
  arguments.insert(arguments.end(), command.argv.begin(), command.argv.end());
  return arguments;
}

class SpawnSettings {
 public:
  explicit SpawnSettings(int lock) {
    posix_spawn_file_actions_init(&actions_);
    // Onto itself: it stays open in the new process.
    posix_spawn_file_actions_adddup2(&actions_, lock, lock);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

int Spawn(const TaskCommand& command, int lock) {
  std::vector<std::string> arguments = SupervisorArguments(command, lock);
  std::vector<std::string> environment = ProcessEnvironment(command);
  const SpawnSettings settings(lock);
  const std::string program = StrCat("/proc/self/fd/", SupervisorFile());
  pid_t pid = 0;
  const int problem = posix_spawn(&pid, program.c_str(), settings.actions(), settings.attributes(),
                                  Pointers(arguments).data(), Pointers(environment).data());
  if (problem == 0) return pid;
  throw Error(Code::kUnavailable,
              StrCat("cannot start ", command.argv.front(), ": ", std::strerror(problem)),
              "look at the limits of processes and memory");
}

// Every process of the try carries its claim in its environment.
void KillLeftovers(int64_t claim) {
  const std::string variable = ClaimVariable(claim);
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const auto pid = ParseInt(entry.path().filename().string());
    if (!pid) continue;
    const Descriptor process(OpenPidFd(static_cast<int>(*pid)));
    if (process.get() < 0) continue;
    std::string environment;
    try {
      environment = ReadFile(entry.path() / "environ");
    } catch (const Error&) {
      continue;  // another user's, or gone
    }
    for (const std::string_view each : Split(environment, std::string_view("\0", 1))) {
      if (each == variable) syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
    }
  }
}

std::optional<TaskExit> ParseExit(const std::string& text, int64_t claim) {
  const std::vector<std::string_view> words = Words(text);
  if (words.size() != 6 || ParseInt(words[0]) != claim) return std::nullopt;
  using Kind = TaskExit::Kind;
  constexpr std::array kReasons =
      std::to_array<std::pair<std::string_view, Kind>>({{"exited", Kind::kExited},
                                                        {"signal", Kind::kSignalled},
                                                        {"timeout", Kind::kTimedOut},
                                                        {"cancelled", Kind::kCancelled},
                                                        {"orphaned", Kind::kOrphaned}});
  for (const auto& [reason, kind] : kReasons) {
    if (words[1] != reason) continue;
    return TaskExit{.kind = kind,
                    .code = static_cast<int>(ParseInt(words[2]).value_or(0)),
                    .cpu_ms = ParseInt(words[3]).value_or(0),
                    .peak_rss_bytes = ParseInt(words[4]).value_or(0) * 1024,
                    .end_us = ParseInt(words[5]).value_or(0) * 1000};
  }
  return std::nullopt;
}

}  // namespace

TaskProcess::TaskProcess(TryFiles files, int64_t claim, int pid, int fd)
    : files_(std::move(files)), claim_(claim), pid_(pid), fd_(fd) {}

TaskProcess::TaskProcess(TaskProcess&& other) noexcept
    : files_(std::move(other.files_)),
      claim_(other.claim_),
      pid_(other.pid_),
      fd_(std::exchange(other.fd_, -1)) {}

TaskProcess& TaskProcess::operator=(TaskProcess&& other) noexcept {
  std::swap(files_, other.files_);
  std::swap(claim_, other.claim_);
  std::swap(pid_, other.pid_);
  std::swap(fd_, other.fd_);
  return *this;
}

TaskProcess::~TaskProcess() {
  if (fd_ >= 0) close(fd_);
}

TaskProcess TaskProcess::Start(const TaskCommand& command) {
  const TryFiles& files = command.files;
  std::error_code problem;
  std::filesystem::create_directories(files.folder, problem);
  if (problem) ThrowFileError(problem.value(), "make", files.folder);
  const Descriptor lock(open(files.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (lock.get() < 0) ThrowFileError(errno, "open", files.lock());
  if (!TryLock(lock.get())) {
    throw Error(Code::kFailedPrecondition,
                StrCat("a process of this try runs already: ", files.lock().string()),
                "wait for its end");
  }
  if (ftruncate(lock.get(), 0) != 0) ThrowFileError(errno, "empty", files.lock());
  std::filesystem::remove(files.exit(), problem);
  const int pid = Spawn(command, lock.get());
  const int fd = OpenPidFd(pid);
  if (fd < 0) ThrowFileError(errno, "watch process", std::to_string(pid));
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  return TaskProcess(files, command.claim, pid, fd);
}

std::optional<TaskProcess> TaskProcess::Adopt(const TryFiles& files, int64_t claim) {
  const Descriptor lock(open(files.lock().c_str(), O_RDWR | O_CLOEXEC));
  if (lock.get() < 0 || TryLock(lock.get())) return std::nullopt;
  const ProcessIds ids = ReadIds(files.lock()).value_or(ProcessIds{});
  const int fd = ids.claim == claim ? OpenPidFd(ids.supervisor) : -1;
  // The lock is still held, so the number is still that of its holder.
  if (fd >= 0 && !TryLock(lock.get())) return TaskProcess(files, claim, ids.supervisor, fd);
  if (fd >= 0) {
    close(fd);
    return std::nullopt;
  }
  if (TryLock(lock.get())) return std::nullopt;
  throw Error(Code::kUnavailable, StrCat("the process of ", files.lock().string(), " just began"),
              "try again");
}

bool TaskProcess::HasEnded() const {
  pollfd entry{.fd = fd_, .events = POLLIN, .revents = 0};
  return poll(&entry, 1, 0) == 1;
}

void TaskProcess::Cancel() const { syscall(SYS_pidfd_send_signal, fd_, SIGTERM, nullptr, 0); }

TaskExit TaskProcess::Collect() {
  constexpr int kNoRoom = 121;  // as supervisor.cc has it
  // Only a child of this process has a status to be taken away.
  siginfo_t info{};
  waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(fd_), &info, WEXITED | WNOHANG);
  TaskExit exit = ReadExit(files_, claim_);
  const bool is_full = info.si_code == CLD_EXITED && info.si_status == kNoRoom;
  if (is_full && exit.kind == TaskExit::Kind::kNotStarted) exit.kind = TaskExit::Kind::kNoRoom;
  return exit;
}

std::optional<int64_t> PidOf(const TryFiles& files, int64_t claim) {
  const std::optional<ProcessIds> ids = ReadIds(files.lock());
  if (!ids || ids->claim != claim || ids->command == 0) return std::nullopt;
  return ids->command;
}

TaskExit ReadExit(const TryFiles& files, int64_t claim) {
  if (const std::optional<std::string> text = ReadIfThere(files.exit())) {
    if (const std::optional<TaskExit> exit = ParseExit(*text, claim)) return *exit;
  }
  const std::optional<ProcessIds> ids = ReadIds(files.lock());
  if (!ids || ids->claim != claim) return {.kind = TaskExit::Kind::kNotStarted};
  KillLeftovers(claim);
  return {.kind = TaskExit::Kind::kLost};
}

}  // namespace marquee::flow
