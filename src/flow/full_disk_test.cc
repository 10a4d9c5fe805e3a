// A disk that gets full while a DAG runs: a small file system of the test's own.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "flow/test_flow.h"

namespace marquee::flow {
namespace {

// A file system of 2 MiB at `folder`, which this process alone sees; false where it must not be.
bool MountSmallDisk(const std::filesystem::path& folder) {
  if (unshare(CLONE_NEWNS) != 0) return false;
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  return mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=2m") == 0;
}

class FullDiskTest : public FlowContract {
 protected:
  void SetUp() override {
    if (!MountSmallDisk(folder_.path())) {
      GTEST_SKIP() << "no small disk can be mounted (" << strerror(errno) << "): needs root";
    }
    mounted_ = true;
    FlowContract::SetUp();
  }
  void TearDown() override {
    dags_.reset();
    store_.reset();
    database_.reset();
    if (mounted_) umount2(folder_.path().c_str(), MNT_DETACH);
  }

  // To the last byte.
  void Fill() {
    const int fd = open((folder_.path() / "filler").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ASSERT_GE(fd, 0);
    const std::string block(4096, 'x');
    while (write(fd, block.data(), block.size()) > 0) {
    }
    EXPECT_EQ(errno, ENOSPC);
    close(fd);
    struct statvfs disk {};
    ASSERT_EQ(statvfs(folder_.path().c_str(), &disk), 0);
    ASSERT_EQ(disk.f_bfree, 0);
  }
  void MakeRoom() { std::filesystem::remove(folder_.path() / "filler"); }

  // A task that says outside of the disk that it began, and ends when it is told to.
  Task Outside(const std::string& id, std::vector<std::string> needs) {
    return ShellTask(id, std::move(needs),
                     StrCat("echo ", id, " >> ", Place("began"), "; ", Await(Place("go").c_str())));
  }
  std::string Place(const char* name) { return (outside_.path() / name).string(); }
  std::string Began() {
    return std::filesystem::exists(Place("began")) ? ReadFile(Place("began")) : "";
  }
  static void ExpectSound(database::Database& database) {
    if (database.dialect() != database::Dialect::kSqlite) return;
    database.Read([](database::Session& session) {
      database::Rows rows = session.Query("pragma integrity_check", {});
      ASSERT_TRUE(rows.Next());
      EXPECT_EQ(rows.Text(0), "ok");
    });
  }

  TempDir outside_;
  bool mounted_ = false;
};

INSTANTIATE_TEST_SUITE_P(Databases, FullDiskTest, testing::Values("Sqlite", "Postgres"),
                         DatabaseName);

TEST_P(FullDiskTest, ATaskThatEndsMeanwhileIsToldOfAndTheNextWaitsForRoom) {
  Add({{.id = "d", .tasks = {Outside("a", {}), Outside("b", {"a"})}}});
  SchedulerOptions options = Options();
  int changes = 0;
  options.observe = [&](const DagRun&, const TaskInstance*) { ++changes; };
  const auto scheduler = NewScheduler(options);
  const DagRun run = store_->Trigger(Named("d"), {});
  Until(*scheduler, [&] { return Began() == "a\n"; });
  Fill();
  WriteFileAtomic(Place("go"), "");
  const auto exit = FilesOf(options.folder, run, "a", 1).exit();
  Until(*scheduler, [&] { return std::filesystem::exists(exit); });
  // Many turns, some of them after what a scheduler waits for when there was no room.
  for (int i = 0; i < 20; ++i) {
    steady_.Advance(10'000);
    scheduler->Turn();
    scheduler->Wait(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(Began(), "a\n");
  EXPECT_FALSE(IsFinished(store_->GetRun(run.run).state));
  MakeRoom();
  for (int i = 0; i < 2'000 && !IsFinished(store_->GetRun(run.run).state); ++i) {
    steady_.Advance(10'000);
    if (!scheduler->Turn()) scheduler->Wait(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(store_->GetRun(run.run).state, RunState::kSuccess);
  EXPECT_EQ(States(run), "a:success b:success");
  EXPECT_EQ(Began(), "a\nb\n");
  EXPECT_EQ(TaskOf(run, "a").try_number, 1);
  EXPECT_EQ(TaskOf(run, "b").try_number, 1);
  EXPECT_EQ(store_->Tries(run, "b").size(), 1);
  ExpectSound(*database_);
}

TEST_P(FullDiskTest, ASchedulerThatBeginsOnItGoesOnWithWhatRan) {
  Add({{.id = "d", .tasks = {Outside("a", {}), Outside("b", {"a"})}}});
  auto scheduler = NewScheduler();
  const DagRun run = store_->Trigger(Named("d"), {});
  Until(*scheduler, [&] { return Began() == "a\n"; });
  Fill();
  scheduler.reset();
  WriteFileAtomic(Place("go"), "");
  scheduler = NewScheduler();
  for (int i = 0; i < 20; ++i) {
    steady_.Advance(10'000);
    scheduler->Turn();
  }
  MakeRoom();
  for (int i = 0; i < 2'000 && !IsFinished(store_->GetRun(run.run).state); ++i) {
    steady_.Advance(10'000);
    if (!scheduler->Turn()) scheduler->Wait(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(States(run), "a:success b:success");
  EXPECT_EQ(Began(), "a\nb\n");
  ExpectSound(*database_);
}

// Where the books are in a file nobody elsewhere takes a task over, and so none must be ended.
TEST_P(FullDiskTest, TasksOfAFileAreKeptAlive) {
  if (std::string_view(GetParam()) != "Sqlite") GTEST_SKIP() << "of a file alone";
  Add({{.id = "d", .tasks = {EmptyTask("a")}}});
  const auto scheduler = NewScheduler();
  scheduler->Turn();
  Fill();
  const auto heartbeat = folder_.path() / "flow" / "heartbeat";
  const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  std::filesystem::last_write_time(heartbeat, old);
  steady_.Advance(10'000);
  scheduler->Turn();
  EXPECT_GT(std::filesystem::last_write_time(heartbeat), old);
}

}  // namespace
}  // namespace marquee::flow
