// Whatever a writer does when it dies, the last version is readable and the next write succeeds.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/text.h"
#include "lake/lake.h"
#include "storage/faulty_store.h"
#include "storage/local_store.h"

namespace marquee::lake {
namespace {

using storage::FaultyStore;
using Fault = FaultyStore::Fault;
using Mode = WriteRequest::Mode;

constexpr char kTable[] = "silver.ratings";

class LakeCrashTest : public ::testing::Test {
 protected:
  // Ten versions of one row each, so that the next write makes a checkpoint too. Made once, then
  // copied.
  void SetUp() override {
    Lake lake(origin_.path(), clock_);
    for (int i = 0; i < 10; ++i) Append(lake, i);
  }
  void Prepare(const std::filesystem::path& root) {
    namespace fs = std::filesystem;
    fs::copy(origin_.path(), root, fs::copy_options::recursive);
    for (const auto& entry : fs::recursive_directory_iterator(origin_.path())) {
      if (!entry.is_regular_file()) continue;
      fs::last_write_time(root / entry.path().lexically_relative(origin_.path()),
                          fs::last_write_time(entry.path()));
    }
  }

  void Append(Lake& lake, int id) {
    clock_.Advance(1000);
    lake.Write(*session_, {.table = kTable,
                           .select = StrCat("select ", id, " as id, 'p", id % 2, "' as part"),
                           .mode = Mode::kAppend,
                           .partition_column = "part"});
  }

  // The ids of the newest version.
  std::string Ids(const std::filesystem::path& root) {
    Lake lake(root, clock_);
    lake.CreateView(*session_, kTable);
    return session_->QueryText(
        "select string_agg(id::varchar, ' ' order by id) from silver.ratings");
  }

  // The last version is whole, with or without the row that the dying writer added; then the write
  // succeeds, and so does a vacuum.
  void ExpectSound(const std::filesystem::path& root) {
    const std::string before = "0 1 2 3 4 5 6 7 8 9";
    const std::string ids = Ids(root);
    const bool published = ids == before + " 10";
    EXPECT_TRUE(published || ids == before) << ids;
    Lake lake(root, clock_);
    Append(lake, 11);
    const std::string expected = published ? before + " 10 11" : before + " 11";
    EXPECT_EQ(Ids(root), expected);
    clock_.Advance(1000);
    lake.Vacuum(kTable, 0, false);
    EXPECT_EQ(Ids(root), expected);
  }

  // How many calls of the store a write makes.
  int64_t CallsOfAWrite() {
    const TempDir dir;
    Prepare(dir.path());
    auto counting = std::make_shared<FaultyStore>(std::make_shared<storage::LocalStore>(dir.path()),
                                                  0, Fault::kFailBefore);
    Lake lake(dir.path(), clock_, counting);
    Append(lake, 10);
    const int64_t calls = counting->calls();
    EXPECT_EQ(lake.Read(kTable).version, 10);
    EXPECT_TRUE(std::filesystem::exists(dir.path() / "silver/ratings/_delta_log/_last_checkpoint"));
    return calls;
  }

  TempDir origin_;
  ManualClock clock_{1'700'000'000'000};
  Engine engine_{EngineOptions{.threads = 1}};
  std::unique_ptr<Session> session_ = engine_.NewSession();
};

class StoreFaults : public LakeCrashTest, public ::testing::WithParamInterface<Fault> {};

TEST_P(StoreFaults, AtEveryCallLeaveTheTableSound) {
  const int64_t calls = CallsOfAWrite();
  ASSERT_GE(calls, 5);
  for (int64_t call = 1; call <= calls; ++call) {
    SCOPED_TRACE(StrCat("fault at call ", call, " of ", calls));
    const TempDir dir;
    Prepare(dir.path());
    Lake lake(dir.path(), clock_,
              std::make_shared<FaultyStore>(std::make_shared<storage::LocalStore>(dir.path()), call,
                                            GetParam()));
    // A fault after the commit spoils the checkpoint only, which is no error.
    try {
      Append(lake, 10);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kUnavailable) << error.message();
    }
    ExpectSound(dir.path());
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, StoreFaults,
                         ::testing::Values(Fault::kFailBefore, Fault::kFailAfter,
                                           Fault::kCrashBefore, Fault::kCrashAfter));

// Runs `work` in a process that is expected to be killed; returns whether it was.
bool IsKilled(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      work();
    } catch (...) {
      _exit(3);
    }
    _exit(0);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

void KillThisProcess() { kill(getpid(), SIGKILL); }

// The child makes an engine of its own: threads do not survive a fork.
void AppendInChild(const std::filesystem::path& root, const Clock& clock,
                   std::shared_ptr<storage::ObjectStore> store) {
  Engine engine(EngineOptions{.threads = 1});
  const auto session = engine.NewSession();
  Lake lake(root, clock, std::move(store));
  lake.Write(*session, {.table = kTable,
                        .select = "select 10 as id, 'p0' as part",
                        .mode = Mode::kAppend,
                        .partition_column = "part"});
}

TEST_F(LakeCrashTest, KilledBetweenAnyTwoCallsOfTheStore) {
  const int64_t calls = CallsOfAWrite();
  for (const Fault fault : {Fault::kCrashBefore, Fault::kCrashAfter}) {
    for (int64_t call = 1; call <= calls; ++call) {
      SCOPED_TRACE(StrCat("killed at call ", call, " of ", calls));
      const TempDir dir;
      Prepare(dir.path());
      clock_.Advance(1000);
      EXPECT_TRUE(IsKilled([&] {
        AppendInChild(
            dir.path(), clock_,
            std::make_shared<FaultyStore>(std::make_shared<storage::LocalStore>(dir.path()), call,
                                          fault, KillThisProcess));
      }));
      ExpectSound(dir.path());
    }
  }
}

// Gives rows, and kills the process at one of them.
class KillingSource : public RowSource {
 public:
  std::vector<ColumnInfo> Columns() const override {
    return {{"id", "BIGINT"}, {"part", "VARCHAR"}};
  }
  size_t Fill(RowSink& sink) override {
    if (++chunks_ == 200) KillThisProcess();
    for (size_t row = 0; row < sink.capacity(); ++row) {
      sink.SetInt(row, 0, static_cast<int64_t>(row));
      sink.SetText(row, 1, "p0");
    }
    return sink.capacity();
  }

 private:
  int chunks_ = 0;
};

TEST_F(LakeCrashTest, KilledWhileTheRowsAreWritten) {
  const TempDir dir;
  Prepare(dir.path());
  EXPECT_TRUE(IsKilled([&] {
    Engine engine(EngineOptions{.threads = 1});
    const auto session = engine.NewSession();
    session->AddSource("rows", std::make_shared<KillingSource>());
    Lake lake(dir.path(), clock_);
    lake.Write(*session, {.table = kTable,
                          .select = "select id::integer as id, part from rows",
                          .mode = Mode::kAppend,
                          .partition_column = "part"});
  }));
  ExpectSound(dir.path());
}

}  // namespace
}  // namespace marquee::lake
