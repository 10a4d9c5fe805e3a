#include "flow/schedule.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "flow/states.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

int64_t At(std::string_view text) { return ParseTime(text).value(); }

// The first `count` ticks after `from`, each checked against the way back.
std::vector<std::string> Ticks(std::string_view cron, std::string_view from, int count,
                               std::string_view zone = "UTC") {
  const Cron schedule(cron, TimeZone(zone));
  std::vector<std::string> ticks;
  int64_t at = At(from);
  for (int i = 0; i < count; ++i) {
    at = schedule.After(at);
    ticks.push_back(FormatTimeZ(at).substr(0, 16));
    EXPECT_EQ(schedule.AtOrBefore(at), at);
    EXPECT_EQ(schedule.AtOrBefore(at + 59 * kSecondUs), at);
    EXPECT_LT(schedule.AtOrBefore(at - 1), at);
  }
  return ticks;
}

TEST(Times, AreReadAsTheyAreWritten) {
  for (const char* text : {"2026-11-21T02:40:06.953631+00:00", "1969-12-31T23:59:59.999999+00:00",
                           "2026-01-01T00:00:00+00:00"}) {
    EXPECT_EQ(FormatTime(At(text)), text);
  }
  EXPECT_EQ(FormatTime(At("2026-11-21T02:40:06.9+05:30")), "2026-11-20T21:10:06.900000+00:00");
  EXPECT_EQ(FormatTime(At("2026-11-21T02:40:06.25Z")), "2026-11-21T02:40:06.250000+00:00");
  EXPECT_EQ(At("2026-11-21"), At("2026-11-21T00:00:00Z"));
  EXPECT_EQ(ParseTime("2026-02-30"), std::nullopt);
  EXPECT_EQ(ParseTime("2026-02-03T10:00:00+5"), std::nullopt);
}

TEST(Cron, FieldsHaveListsRangesStepsAndNames) {
  EXPECT_THAT(
      Ticks("*/20 3 * * *", "2026-01-01", 4),
      ElementsAre("2026-01-01T03:00", "2026-01-01T03:20", "2026-01-01T03:40", "2026-01-02T03:00"));
  EXPECT_THAT(
      Ticks("5,10-12 0 1 jan,Mar *", "2026-01-01T00:10", 4),
      ElementsAre("2026-01-01T00:11", "2026-01-01T00:12", "2026-03-01T00:05", "2026-03-01T00:10"));
  EXPECT_THAT(Ticks("0 12 * * mon-fri", "2026-01-02T12:00", 2),
              ElementsAre("2026-01-05T12:00", "2026-01-06T12:00"));
  EXPECT_THAT(Ticks("0 0 * * 7", "2026-01-01", 2),
              ElementsAre("2026-01-04T00:00", "2026-01-11T00:00"));
  EXPECT_THAT(Ticks("0 22-23/1 29 2 *", "2025-01-01", 2),
              ElementsAre("2028-02-29T22:00", "2028-02-29T23:00"));
}

TEST(Cron, EitherDayFitsUnlessOneBeginsWithAStar) {
  EXPECT_THAT(
      Ticks("0 0 13 * fri", "2026-02-01", 4),
      ElementsAre("2026-02-06T00:00", "2026-02-13T00:00", "2026-02-20T00:00", "2026-02-27T00:00"));
  EXPECT_THAT(Ticks("0 0 13 * mon", "2026-02-01", 3),
              ElementsAre("2026-02-02T00:00", "2026-02-09T00:00", "2026-02-13T00:00"));
  EXPECT_THAT(Ticks("0 0 */2 * mon", "2026-02-01", 2),
              ElementsAre("2026-02-09T00:00", "2026-02-23T00:00"));
}

TEST(Cron, MacrosStandForExpressions) {
  EXPECT_THAT(Ticks("@daily", "2026-01-31T10:00", 1), ElementsAre("2026-02-01T00:00"));
  EXPECT_THAT(Ticks("@weekly", "2026-01-31T10:00", 1), ElementsAre("2026-02-01T00:00"));
  EXPECT_THAT(Ticks("@monthly", "2026-01-31T10:00", 1), ElementsAre("2026-02-01T00:00"));
  EXPECT_THAT(Ticks("@yearly", "2026-01-31T10:00", 1), ElementsAre("2027-01-01T00:00"));
  EXPECT_THAT(Ticks("@hourly", "2026-01-31T10:00", 1), ElementsAre("2026-01-31T11:00"));
}

TEST(Cron, ATimeThatIsPassedOverComesWhenClocksArePutForward) {
  // In Berlin 02:00 becomes 03:00 on 29 March 2026, at 01:00 UTC.
  EXPECT_THAT(Ticks("30 2 * * *", "2026-03-28", 3, "Europe/Berlin"),
              ElementsAre("2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"));
}

TEST(Cron, ATimeThatIsRepeatedComesOnce) {
  // 03:00 becomes 02:00 on 25 October 2026, at 01:00 UTC.
  EXPECT_THAT(Ticks("30 2 * * *", "2026-10-24", 3, "Europe/Berlin"),
              ElementsAre("2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"));
}

TEST(Cron, WhatGoesByTheClockFollowsIt) {
  EXPECT_THAT(
      Ticks("0 * * * *", "2026-10-24T23:00", 4, "Europe/Berlin"),
      ElementsAre("2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T02:00", "2026-10-25T03:00"));
  EXPECT_THAT(Ticks("*/30 2 * * *", "2026-10-25T00:00", 3, "Europe/Berlin"),
              ElementsAre("2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30"));
  EXPECT_THAT(Ticks("*/30 2 * * *", "2026-03-28T02:00", 2, "Europe/Berlin"),
              ElementsAre("2026-03-30T00:00", "2026-03-30T00:30"));
}

TEST(Cron, RefusesByFieldAndValue) {
  const auto refuses = [](const char* text, const char* why) {
    EXPECT_THAT([&] { Cron(text, TimeZone()); },
                ThrowsError(Code::kInvalidArgument, HasSubstr(why)))
        << text;
  };
  refuses("60 * * * *", "the minute of the schedule is '60': '60' is not within 0 to 59");
  refuses("* * 0 * *", "the day of the month");
  refuses("* * * foo *", "the month of the schedule is 'foo'");
  refuses("* 5-2 * * *", "the range runs backwards");
  refuses("*/0 * * * *", "a bad step");
  refuses("1,,2 * * * *", "an empty part");
  refuses("* * * *", "it has 4 fields and needs 5");
  refuses("0 0 30 2 *", "no day ever fits it");
}

TEST(TimeZones, AnUnknownOneIsNamed) {
  EXPECT_THAT([] { TimeZone("Europe/Lutetia"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("no time zone 'Europe/Lutetia'")));
}

std::string Shown(const std::optional<DataInterval>& interval) {
  if (!interval) return "none";
  return FormatTimeZ(interval->start_us).substr(0, 16) + " " +
         FormatTimeZ(interval->end_us).substr(0, 16);
}

TEST(Schedule, WithCatchupEachIntervalFromTheStartIsDue) {
  const Schedule daily("0 2 * * *", TimeZone());
  const Schedule::Bounds bounds{.start_us = At("2026-01-01"), .catchup = true};
  const int64_t now = At("2026-01-05T12:00");
  auto next = daily.Next(bounds, {}, now);
  EXPECT_EQ(Shown(next), "2026-01-01T02:00 2026-01-02T02:00");
  next = daily.Next(bounds, next->end_us, now);
  EXPECT_EQ(Shown(next), "2026-01-02T02:00 2026-01-03T02:00");
}

TEST(Schedule, WithoutCatchupOnlyTheLatestWholeIntervalIs) {
  const Schedule daily("@daily", TimeZone());
  const Schedule::Bounds bounds{.start_us = At("2026-01-01"), .catchup = false};
  const int64_t now = At("2026-01-05T12:00");
  auto next = daily.Next(bounds, {}, now);
  EXPECT_EQ(Shown(next), "2026-01-04T00:00 2026-01-05T00:00");
  next = daily.Next(bounds, next->end_us, now);
  EXPECT_EQ(Shown(next), "2026-01-05T00:00 2026-01-06T00:00");
  EXPECT_EQ(Shown(daily.Next({.start_us = At("2026-01-05T06:00")}, {}, now)),
            "2026-01-06T00:00 2026-01-07T00:00");
}

TEST(Schedule, NoIntervalBeginsAfterTheEnd) {
  const Schedule daily("@daily", TimeZone());
  const Schedule::Bounds bounds{
      .start_us = At("2026-01-01"), .end_us = At("2026-01-02"), .catchup = true};
  EXPECT_EQ(Shown(daily.Next(bounds, At("2026-01-02"), At("2026-02-01"))),
            "2026-01-02T00:00 2026-01-03T00:00");
  EXPECT_EQ(Shown(daily.Next(bounds, At("2026-01-03"), At("2026-02-01"))), "none");
}

TEST(Schedule, ATimeCountsFromTheStartOrFromTheEpoch) {
  const Schedule every("6h", TimeZone());
  const int64_t now = At("2026-01-02T13:00");
  EXPECT_EQ(Shown(every.Next({.start_us = At("2026-01-01T01:00"), .catchup = true}, {}, now)),
            "2026-01-01T01:00 2026-01-01T07:00");
  EXPECT_EQ(Shown(every.Next({.start_us = At("2026-01-01T01:00")}, {}, now)),
            "2026-01-02T06:00 2026-01-02T12:00");
  EXPECT_EQ(Shown(every.Next({.start_us = 0}, At("2026-01-02T12:00"), now)),
            "2026-01-02T12:00 2026-01-02T18:00");
}

TEST(Schedule, OnceIsOnce) {
  const Schedule once("@once", TimeZone());
  const Schedule::Bounds bounds{.start_us = At("2026-01-01")};
  EXPECT_EQ(Shown(once.Next(bounds, {}, At("2026-02-01"))), "2026-01-01T00:00 2026-01-01T00:00");
  EXPECT_EQ(Shown(once.Next(bounds, At("2026-01-01"), At("2026-02-01"))), "none");
}

TEST(Schedule, ABackfillHasEachIntervalThatBeginsInTheTime) {
  const Schedule daily("@daily", TimeZone());
  EXPECT_EQ(daily.Between(At("2026-01-01"), At("2026-01-03")).size(), 3u);
  EXPECT_EQ(Schedule().Between(At("2026-01-01"), At("2026-01-03")).size(), 3u);
}

TEST(RunIds, SayTypeAndDate) {
  EXPECT_EQ(RunIdOf(RunType::kScheduled, At("2026-11-21T02:00:00Z")),
            "scheduled__2026-11-21T02:00:00+00:00");
  EXPECT_EQ(RunIdOf(RunType::kManual, At("2026-11-21T02:40:06.953631Z")),
            "manual__2026-11-21T02:40:06.953631+00:00");
}

TEST(Retries, WaitTheDelayOrGrowingTimes) {
  EXPECT_EQ(RetryDelayMs({.delay_ms = 5'000}, 3, "k"), 5'000);
  const RetryPolicy policy{.delay_ms = 5'000, .exponential = true};
  for (int tried = 1; tried <= 10; ++tried) {
    const int64_t base = int64_t{5'000} << (tried - 1);
    const int64_t delay = RetryDelayMs(policy, tried, "dag#task#2026-01-01 00:00:00+00:00");
    EXPECT_GE(delay, base);
    EXPECT_LT(delay, 2 * base);
    EXPECT_EQ(delay, RetryDelayMs(policy, tried, "dag#task#2026-01-01 00:00:00+00:00"));
  }
  EXPECT_EQ(RetryDelayMs(policy, 60, "k"), 86'400'000);
  EXPECT_EQ(RetryDelayMs({.delay_ms = 5'000, .exponential = true, .max_delay_ms = 7'000}, 9, "k"),
            7'000);
}

TEST(States, TheLeavesDecide) {
  using enum TaskState;
  EXPECT_EQ(StateOfRun(std::vector{kSuccess, kSkipped}), RunState::kSuccess);
  EXPECT_EQ(StateOfRun(std::vector{kSuccess, kUpstreamFailed}), RunState::kFailed);
  EXPECT_EQ(StateOfRun(std::vector{kFailed}), RunState::kFailed);
  EXPECT_EQ(ParseTaskState("up_for_retry"), kUpForRetry);
  EXPECT_EQ(TaskStateName(kUpstreamFailed), "upstream_failed");
}

}  // namespace
}  // namespace marquee::flow
