#include "lineage/emitter.h"

#include <mutex>

#include "flow/test_flow.h"

namespace marquee::lineage {
namespace {

using flow::DatabaseName;
using flow::EmptyTask;
using flow::ShellTask;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// What a transport was given; it may be away.
struct Received {
  std::mutex mutex;
  std::vector<std::string> events;  // guarded by mutex, as the next
  bool away = false;

  std::vector<std::string> Take() {
    const std::lock_guard lock(mutex);
    return std::exchange(events, {});
  }
};

class ReceivingTransport : public Transport {
 public:
  explicit ReceivingTransport(Received& received) : received_(received) {}
  void Send(const Json& event) override {
    const std::lock_guard lock(received_.mutex);
    if (received_.away) throw Error(Code::kUnavailable, "away");
    std::string inputs;
    for (const Json& input : event.At("inputs").AsArray()) {
      StrAppend(&inputs, " < ", input.GetString("name"));
    }
    received_.events.push_back(StrCat(event.GetString("eventType"), " ",
                                      event.At("job").GetString("namespace"), " ",
                                      event.At("job").GetString("name"), inputs));
  }

 private:
  Received& received_;
};

class EmitterTest : public flow::FlowContract {
 protected:
  std::unique_ptr<Emitter> NewEmitter() {
    return std::make_unique<Emitter>(
        *store_, *dags_, EmitterOptions{.name = "test", .job_namespace = "films"},
        [this](const CancelToken&) { return std::make_unique<ReceivingTransport>(received_); });
  }
  void AddOne() {
    Add({{.id = "d",
          .tasks = {ShellTask(
              "a", {}, R"(echo '{"input": {"name": "/x.csv"}}' >> "$MARQUEE_LINEAGE_FILE")")}}});
  }

  Received received_;
};

INSTANTIATE_TEST_SUITE_P(Databases, EmitterTest, testing::Values("Sqlite"), DatabaseName);

TEST_P(EmitterTest, SendsEachBeginAndEndWithWhatWasRead) {
  AddOne();
  const auto emitter = NewEmitter();
  RunOnce("d");
  emitter->Drain(10'000, CancelToken());
  EXPECT_THAT(received_.Take(), ElementsAre("START films d", "START films d.a",
                                            "COMPLETE films d.a < /x.csv", "COMPLETE films d"));
}

TEST_P(EmitterTest, WhatAServerThatIsAwayMissedIsSentByTheNextEmitter) {
  AddOne();
  received_.away = true;
  {
    const auto emitter = NewEmitter();
    RunOnce("d");
    emitter->Drain(10'000, CancelToken());
  }
  EXPECT_THAT(received_.Take(), IsEmpty());
  received_.away = false;
  const auto emitter = NewEmitter();
  emitter->Drain(10'000, CancelToken());
  EXPECT_THAT(received_.Take(), ElementsAre("START films d", "START films d.a",
                                            HasSubstr("COMPLETE films d.a"), "COMPLETE films d"));
}

}  // namespace
}  // namespace marquee::lineage
