// What is particular to the log in Kafka; the contract suite has the rest. On the broker that
// MARQUEE_KAFKA names: tests/compat/kafka.sh starts one. ThreadSanitizer does not follow the
// threads of librdkafka and must not see any of these.
#include "events/kafka_event_log.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <thread>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/text.h"
#include "events/kafka_topic.h"
#include "events/test_events.h"

namespace marquee {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class KafkaLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* brokers = std::getenv("MARQUEE_KAFKA");
    if (brokers == nullptr) GTEST_SKIP() << "no broker: tests/compat/kafka.sh starts one";
    brokers_ = brokers;
  }

  KafkaEventLogOptions Options(const char* view = "view.db") const {
    const char* properties = std::getenv("MARQUEE_KAFKA_PROPERTIES");
    return {.brokers = brokers_,
            .topic = topic_,
            .view = folder_.path() / view,
            .properties = properties == nullptr ? "" : properties};
  }
  std::unique_ptr<EventLog> Open(const char* view = "view.db") const {
    return OpenKafkaEventLog(Options(view));
  }
  static std::vector<std::string> Items(const EventLog& log) {
    std::vector<std::string> items;
    log.ForEach(0, [&](const StoredEvent& row) { items.push_back(row.event.item_id); });
    return items;
  }

  TempDir folder_;
  std::string brokers_;
  const std::string topic_ = StrCat("test-", NewUuid());
};

TEST(KafkaProperties, ALineThatIsRefusedIsNamedWithoutItsValue) {
  const TempDir folder;
  const auto open = [&](std::string_view properties) {
    WriteFileAtomic(folder.path() / "client.properties", properties);
    OpenKafkaEventLog({.brokers = "127.0.0.1:1",
                       .topic = "t",
                       .view = folder.path() / "view.db",
                       .properties = folder.path() / "client.properties"});
  };
  EXPECT_THAT([&] { open("# how\n\nsasl.passwort = secret\n"); },
              ThrowsError(Code::kInvalidArgument,
                          AllOf(HasSubstr("line 3: sasl.passwort: "), Not(HasSubstr("secret")))));
  EXPECT_THAT([&] { open("acks=0"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("line 1: acks: is not to be changed")));
  EXPECT_THAT([&] { open("nothing"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("must be key=value")));
}

TEST_F(KafkaLogTest, SaysWhereNoBrokerAnswers) {
  KafkaEventLogOptions options = Options();
  options.brokers = "127.0.0.1:1";
  options.timeout_ms = 300;
  EXPECT_THAT([&] { OpenKafkaEventLog(options); },
              ThrowsError(Code::kUnavailable, HasSubstr("Kafka at 127.0.0.1:1, topic test-")));
}

TEST_F(KafkaLogTest, LogsThatShareAViewTakeEachMessageInOnce) {
  const auto first = Open();
  const auto second = Open();
  const auto append = [](EventLog& log, const char* name) {
    for (int i = 0; i < 50; ++i) {
      Event event = Click("u", StrCat(name, i));
      event.idempotency_key = event.item_id;
      EXPECT_FALSE(log.Append({{event}}).at(0).duplicate);
      EXPECT_TRUE(log.Append({{event}}).at(0).duplicate);
    }
  };
  std::thread beside([&] { append(*second, "b"); });
  append(*first, "a");
  beside.join();
  EXPECT_EQ(Items(*first).size(), 100);
  EXPECT_EQ(second->ReadUser("u", kEnd, 1000).size(), 100);
}

TEST_F(KafkaLogTest, AViewThatIsLostIsMadeAnewTheSame) {
  std::vector<int64_t> offsets;
  {
    const auto log = Open();
    log->Append({{Click("u", "a"), Click("erased", "b")}});
    EXPECT_EQ(log->EraseUser("erased"), 1);
    log->Append({{Click("erased", "c"), Click("u", "d")}});
    log->ForEach(0, [&](const StoredEvent& row) { offsets.push_back(row.offset); });
  }
  const auto log = Open("another.db");
  EXPECT_THAT(Items(*log), ElementsAre("a", "c", "d"));
  std::vector<int64_t> again;
  log->ForEach(0, [&](const StoredEvent& row) { again.push_back(row.offset); });
  EXPECT_EQ(again, offsets);
}

TEST_F(KafkaLogTest, ErasureReachesOtherMachinesAndTheFilesOfTheirViews) {
  const auto log = Open();
  const auto other = Open("another.db");
  log->Append({{Click("to-be-erased", "a"), Click("stays", "b")}});
  while (other->ReadUser("to-be-erased", kEnd, 1).empty()) std::this_thread::yield();
  log->EraseUser("to-be-erased");
  while (!other->ReadUser("to-be-erased", kEnd, 1).empty()) std::this_thread::yield();
  other->Append({{Click("stays", "c")}});  // what came before is done with
  std::string bytes;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    bytes += ReadFile(entry.path());
  EXPECT_THAT(bytes, HasSubstr("stays"));
  EXPECT_THAT(bytes, Not(HasSubstr("to-be-erased")));
}

TEST_F(KafkaLogTest, WhatIsNoEventIsPassedOver) {
  const auto log = Open();
  KafkaTopic topic({.brokers = brokers_, .topic = topic_, .properties = Options().properties});
  topic.Produce("", "{broken");
  topic.Produce("", R"({"user_id":"u","item_id":"good","event":"click","time_ms":1})");
  log->Append({{Click("u", "after")}});
  EXPECT_THAT(Items(*log), ElementsAre("good", "after"));
}

TEST_F(KafkaLogTest, RefusesAViewThatIsAheadOfItsTopic) {
  Open()->Append({{Click("u", "a")}});
  KafkaEventLogOptions options = Options();
  options.topic = StrCat("test-", NewUuid());
  EXPECT_THAT([&] { OpenKafkaEventLog(options); },
              ThrowsError(Code::kDataLoss, HasSubstr("below 1, but it ends at 0")));
}

TEST_F(KafkaLogTest, RefusesABatchThatIsTooLarge) {
  const auto log = Open();
  const std::vector<Event> many(16'385, Click("u", "a"));
  EXPECT_THAT([&] { log->Append(many); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("a batch of 16385 events")));
}

// In a child: appends pairs until killed, and writes each offset to `fd` once it was acknowledged.
[[noreturn]] void AppendUntilKilled(const KafkaEventLogOptions& options, int round, int fd) {
  const auto log = OpenKafkaEventLog(options);
  for (int i = 0;; ++i) {
    const Event event{.user_id = StrCat("u", round), .item_id = StrCat(i), .time_ms = 1};
    for (const Appended& appended : log->Append({{event, event}})) {
      if (write(fd, &appended.offset, sizeof appended.offset) != sizeof appended.offset) _exit(1);
    }
  }
}

TEST_F(KafkaLogTest, AKilledWriterLosesNothingThatItAcknowledged) {
  Rng rng(1);
  std::vector<int64_t> acknowledged;
  for (int round = 0; round < 4; ++round) {
    int fds[2];
    ASSERT_EQ(pipe(fds), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) AppendUntilKilled(Options(), round, fds[1]);
    close(fds[1]);
    int64_t offset;
    ASSERT_EQ(read(fds[0], &offset, sizeof offset), ssize_t{sizeof offset});
    acknowledged.push_back(offset);
    std::this_thread::sleep_for(std::chrono::microseconds(rng.Below(200'000)));
    kill(child, SIGKILL);
    while (read(fds[0], &offset, sizeof offset) == ssize_t{sizeof offset})
      acknowledged.push_back(offset);
    close(fds[0]);
    waitpid(child, nullptr, 0);
  }
  const auto log = Open();
  std::map<int64_t, int> found;
  std::map<std::string, int> of_batch;
  log->ForEach(0, [&](const StoredEvent& row) {
    ++found[row.offset];
    ++of_batch[StrCat(row.event.user_id, " ", row.event.item_id)];
  });
  for (const int64_t offset : acknowledged) EXPECT_EQ(found[offset], 1) << offset;
  for (const auto& [batch, count] : of_batch) EXPECT_EQ(count, 2) << batch;
}

}  // namespace
}  // namespace marquee
