#include "notify/courier.h"

#include <gmock/gmock.h>

#include <deque>

#include "base/error.h"
#include "notify/test_notify.h"

namespace marquee::notify {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Outcome = Delivery::Outcome;

// What the two ends of a courier saw.
struct Ends {
  std::vector<Outbox::Entry> waiting;
  std::vector<Message> sent;
  std::deque<Delivery> answers;  // then: done
  bool released = false;

  void Add(std::optional<Message> message) {
    waiting.push_back({static_cast<int64_t>(++last), std::move(message)});
  }
  int64_t last = 0;
};

class ListOutbox : public Outbox {
 public:
  explicit ListOutbox(Ends& ends) : ends_(ends) {}
  std::vector<Entry> Next(int64_t limit) override {
    const size_t count = std::min(ends_.waiting.size(), static_cast<size_t>(limit));
    return {ends_.waiting.begin(), ends_.waiting.begin() + static_cast<std::ptrdiff_t>(count)};
  }
  bool Done(int64_t number) override {
    std::erase_if(ends_.waiting, [&](const Entry& entry) { return entry.number <= number; });
    return true;
  }
  void Release() override { ends_.released = true; }

 private:
  Ends& ends_;
};

class ListChannel : public Channel {
 public:
  explicit ListChannel(Ends& ends) : ends_(ends) {}
  Delivery Send(const Message& message, const CancelToken&) override {
    Delivery answer;
    if (!ends_.answers.empty()) {
      answer = ends_.answers.front();
      ends_.answers.pop_front();
    }
    if (answer.outcome == Outcome::kDone) ends_.sent.push_back(message);
    return answer;
  }

 private:
  Ends& ends_;
};

class CourierTest : public testing::Test {
 protected:
  void SetUp() override {
    courier_ = std::make_unique<Courier>(CourierOptions{.channel = "ops", .per_hour = 6},
                                         std::make_unique<ListChannel>(ends_),
                                         std::make_unique<ListOutbox>(ends_), steady_, probe_);
  }
  void Turn() { courier_->Turn(cancel_); }
  std::vector<std::string> Titles() {
    std::vector<std::string> titles;
    for (const Message& message : ends_.sent) titles.push_back(message.title);
    return titles;
  }

  ManualClock steady_{1'000'000};
  NoProbe probe_;
  CancelToken cancel_;
  Ends ends_;
  std::unique_ptr<Courier> courier_;
};

TEST_F(CourierTest, SendsInOrderAndPassesOverWhatIsForOthers) {
  ends_.Add({});
  ends_.Add(Failure("a"));
  ends_.Add({});
  ends_.Add(Failure("b"));
  ends_.Add({});
  Turn();
  EXPECT_THAT(Titles(), ElementsAre("a failed", "b failed"));
  EXPECT_THAT(ends_.waiting, IsEmpty());
}

TEST_F(CourierTest, WhatGoesBeyondTheRateBecomesOneSummaryWhenThereIsRoom) {
  for (int i = 0; i < 6; ++i) {
    ends_.Add(Failure(StrCat("d", i)));
    Turn();
  }
  EXPECT_THAT(ends_.sent, SizeIs(6));
  for (int i = 0; i < 30; ++i) ends_.Add(Failure("often", 1'700'000'000'000 + i * 1000));
  ends_.Add(Failure("once"));
  Turn();
  EXPECT_THAT(ends_.sent, SizeIs(6));
  EXPECT_EQ(courier_->waiting(), 31);
  steady_.Advance(10 * 60'000 - 1);
  Turn();
  EXPECT_THAT(ends_.sent, SizeIs(6));
  steady_.Advance(1);
  Turn();
  ASSERT_THAT(ends_.sent, SizeIs(7));
  EXPECT_EQ(ends_.sent.back().title, "31 messages: 31 failure");
  EXPECT_THAT(ends_.sent.back().text,
              HasSubstr("22:13:49  often failed  (30 times since 2023-11-14T22:13:20)\n"));
  EXPECT_THAT(ends_.sent.back().text, HasSubstr("once failed\n"));
  EXPECT_THAT(ends_.waiting, IsEmpty());
}

TEST_F(CourierTest, AChannelThatFailsIsTriedAgainLaterAndLaterAndKeepsTheOrder) {
  for (int i = 0; i < 3; ++i) ends_.answers.push_back({Outcome::kFailed, "down"});
  ends_.Add(Failure("a"));
  ends_.Add(Failure("b"));
  Turn();
  EXPECT_EQ(courier_->last_failure(), "down");
  EXPECT_TRUE(ends_.released);
  for (const int64_t wait_ms : {5'000, 10'000, 20'000}) {
    const size_t answers = ends_.answers.size();
    steady_.Advance(wait_ms - 1);
    Turn();
    EXPECT_THAT(ends_.answers, SizeIs(answers));
    EXPECT_THAT(ends_.sent, IsEmpty());
    steady_.Advance(1);
    Turn();
  }
  EXPECT_THAT(Titles(), ElementsAre("a failed", "b failed"));
  EXPECT_EQ(courier_->last_failure(), "");
  EXPECT_EQ(courier_->waiting(), 0);
}

TEST_F(CourierTest, WaitsAsLongAsTheOtherSideSays) {
  ends_.answers.push_back({Outcome::kFailed, "slower", 60'000});
  ends_.Add(Failure("a"));
  Turn();
  steady_.Advance(59'999);
  Turn();
  EXPECT_THAT(ends_.sent, IsEmpty());
  steady_.Advance(1);
  Turn();
  EXPECT_THAT(ends_.sent, SizeIs(1));
}

TEST_F(CourierTest, WhatIsRefusedForGoodIsPassedOver) {
  ends_.answers.push_back({Outcome::kRefused, "550 nobody"});
  ends_.Add(Failure("a"));
  ends_.Add(Failure("b"));
  Turn();
  EXPECT_THAT(Titles(), ElementsAre("b failed"));
  EXPECT_THAT(ends_.waiting, IsEmpty());
}

TEST(RateLimit, IsFullAtFirstAndFillsEvenly) {
  RateLimit limit(60, 0);
  EXPECT_EQ(limit.Tokens(0), 60);
  for (int i = 0; i < 60; ++i) limit.Take();
  EXPECT_EQ(limit.Tokens(59'999), 0);
  EXPECT_EQ(limit.WaitMs(), 1);
  EXPECT_EQ(limit.Tokens(60'000), 1);
  EXPECT_EQ(limit.Tokens(100 * 3'600'000), 60);
}

}  // namespace
}  // namespace marquee::notify
