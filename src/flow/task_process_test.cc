// Tries of tasks as real processes: how they end, what they used, and what outlives whom.
#include "flow/task_process.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/text.h"

namespace marquee::flow {
namespace {

using testing::HasSubstr;
using Kind = TaskExit::Kind;

class TaskProcessTest : public testing::Test {
 protected:
  TaskCommand Shell(std::string script) {
    TaskCommand command;
    command.argv = {"/bin/sh", "-c", std::move(script)};
    command.folder = folder_.path();
    command.files = {folder_.path() / "try", 1};
    command.claim = 7;
    return command;
  }
  static void AwaitEnd(const TaskProcess& process) {
    pollfd entry{.fd = process.fd(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(poll(&entry, 1, 60'000), 1);
  }
  TaskExit Finish(const TaskCommand& command) {
    TaskProcess process = TaskProcess::Start(command);
    AwaitEnd(process);
    return process.Collect();
  }
  // What a process of the test writes to the file, once it has.
  std::string Await(const char* name) {
    const auto file = folder_.path() / name;
    std::string text;
    for (int i = 0; i < 60'000 && text.empty(); ++i) {
      usleep(1'000);
      if (std::filesystem::exists(file)) text = Trim(ReadFile(file));
    }
    return text;
  }
  std::string Log() { return ReadFile(folder_.path() / "try" / "1.log"); }
  static bool Lives(const std::string& pid) {
    const std::string status = StrCat("/proc/", pid, "/stat");
    if (!std::filesystem::exists(status)) return false;
    try {
      return ReadFile(status).find(") Z") == std::string::npos;
    } catch (const Error&) {
      return false;
    }
  }

  TempDir folder_;
};

TEST_F(TaskProcessTest, ItsEndIsTold) {
  EXPECT_EQ(Finish(Shell("exit 0")).code, 0);
  const TaskExit exit = Finish(Shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(exit.kind, Kind::kExited);
  EXPECT_EQ(exit.code, 3);
  EXPECT_GT(exit.end_us, 0);
  EXPECT_THAT(Log(), HasSubstr("out\nerr\n"));
  const TaskExit killed = Finish(Shell("kill -9 $$"));
  EXPECT_EQ(killed.kind, Kind::kSignalled);
  EXPECT_EQ(killed.code, 9);
}

TEST_F(TaskProcessTest, WhatItUsedIsCountedWithoutWhatItsStarterHas) {
  const std::string large(200 << 20, 'x');  // in memory while the child is made
  const TaskExit small = Finish(Shell("exit 0"));
  EXPECT_LT(small.peak_rss_bytes, 20 << 20);
  EXPECT_EQ(large[large.size() / 2], 'x');
  TaskCommand busy = Shell("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done");
  EXPECT_GT(Finish(busy).cpu_ms, 0);
}

TEST_F(TaskProcessTest, WhatCannotRunSaysWhy) {
  TaskCommand command = Shell("");
  command.argv = {"/no/such/program"};
  EXPECT_EQ(Finish(command).code, 127);
  EXPECT_THAT(Log(), HasSubstr("cannot run /no/such/program: No such file or directory"));
}

TEST_F(TaskProcessTest, ItHasItsFolderPriorityGroupAndEnvironment) {
  TaskCommand command = Shell("pwd; nice; echo $WHO; ps -o pgid= -p $$; echo $$; cat");
  command.env["WHO"] = "Ada";
  command.nice = 7;
  EXPECT_EQ(Finish(command).code, 0);
  const std::vector<std::string_view> lines = Split(Log(), "\n");
  const std::string log = Log();
  EXPECT_THAT(log, HasSubstr(folder_.path().string() + "\n"));
  EXPECT_THAT(log, HasSubstr("\nAda\n"));
}

TEST_F(TaskProcessTest, AProcessBeyondItsMemoryFails) {
  TaskCommand command = Shell("");
  command.argv = {"/usr/bin/env", "python3", "-c", "x = bytearray(300_000_000)"};
  command.memory_limit_bytes = 200'000'000;
  EXPECT_NE(Finish(command).code, 0);
  command.memory_limit_bytes = 0;
  EXPECT_EQ(Finish(command).code, 0);
}

TEST_F(TaskProcessTest, PastItsTimeItAndAllItStartedAreEnded) {
  TaskCommand command = Shell("sleep 1000 & echo $! > child; wait");
  command.timeout_ms = 200;
  command.grace_ms = 100;
  EXPECT_EQ(Finish(command).kind, Kind::kTimedOut);
  EXPECT_FALSE(Lives(Await("child")));
}

TEST_F(TaskProcessTest, WhoIgnoresTheRequestIsKilled) {
  TaskCommand command = Shell("trap '' TERM; echo 1 > ready; while :; do sleep 1000; done");
  command.grace_ms = 50;
  TaskProcess process = TaskProcess::Start(command);
  Await("ready");
  process.Cancel();
  AwaitEnd(process);
  EXPECT_EQ(process.Collect().kind, Kind::kCancelled);
}

TEST_F(TaskProcessTest, NothingIsLeftBehindAtTheEnd) {
  const TaskExit exit = Finish(Shell("setsid sleep 1000 & echo $! > child; exit 0"));
  EXPECT_EQ(exit.code, 0);
  EXPECT_FALSE(Lives(Await("child")));
}

TEST_F(TaskProcessTest, ATryDoesNotRunTwice) {
  TaskProcess first = TaskProcess::Start(Shell("echo 1 > ready; sleep 1000"));
  Await("ready");
  EXPECT_THAT([&] { TaskProcess::Start(Shell("exit 0")); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("runs already")));
  first.Cancel();
  AwaitEnd(first);
  EXPECT_EQ(Finish(Shell("exit 4")).code, 4);
}

// A scheduler that starts `script` and is killed at once.
void StartAndDie(const TaskCommand& command) {
  const pid_t scheduler = fork();
  if (scheduler == 0) {
    TaskProcess::Start(command);
    raise(SIGKILL);
  }
  int status = 0;
  waitpid(scheduler, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
}

TEST_F(TaskProcessTest, ItOutlivesItsStarterAndIsAdopted) {
  const TaskCommand command =
      Shell("echo $$ > ready; while [ ! -e go ]; do sleep 0.01; done; exit 5");
  StartAndDie(command);
  Await("ready");
  std::optional<TaskProcess> adopted = TaskProcess::Adopt(command.files, command.claim);
  ASSERT_TRUE(adopted.has_value());
  EXPECT_FALSE(adopted->HasEnded());
  WriteFileAtomic(folder_.path() / "go", "");
  AwaitEnd(*adopted);
  const TaskExit exit = adopted->Collect();
  EXPECT_EQ(exit.kind, Kind::kExited);
  EXPECT_EQ(exit.code, 5);
}

TEST_F(TaskProcessTest, AnEndThatNobodySawIsStillThere) {
  const TaskCommand command = Shell("echo 1 > ready; exit 6");
  StartAndDie(command);
  Await("ready");
  while (TaskProcess::Adopt(command.files, command.claim)) usleep(1'000);
  EXPECT_EQ(ReadExit(command.files, command.claim).code, 6);
  EXPECT_EQ(ReadExit(command.files, 8).kind, Kind::kNotStarted);  // another claim
}

TEST_F(TaskProcessTest, OneWhoseSupervisorIsKilledIsLostAndLeavesNothing) {
  const TaskCommand command = Shell("setsid sleep 1000 & echo $! > child; wait");
  TaskProcess process = TaskProcess::Start(command);
  const std::string child = Await("child");
  kill(process.pid(), SIGKILL);
  AwaitEnd(process);
  EXPECT_EQ(process.Collect().kind, Kind::kLost);
  for (int i = 0; i < 10'000 && Lives(child); ++i) usleep(1'000);
  EXPECT_FALSE(Lives(child));
}

TEST_F(TaskProcessTest, WithoutAnySchedulerItEnds) {
  TaskCommand command = Shell("sleep 1000");
  command.heartbeat = folder_.path() / "heartbeat";
  command.orphan_ms = 100;
  command.grace_ms = 100;
  EXPECT_EQ(Finish(command).kind, Kind::kOrphaned);
}

}  // namespace
}  // namespace marquee::flow
