#include "metrics/registry.h"

#include <gmock/gmock.h>

#include <thread>

#include "base/error_matchers.h"
#include "metrics/process_metrics.h"

namespace marquee {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

TEST(MetricsRegistry, WritesACounterWithHelpTypeAndLabels) {
  MetricsRegistry registry;
  registry.AddCounter("requests_total", "Requests answered.", {{"route", "/items"}}).Increment(3);
  EXPECT_EQ(registry.Text(),
            "# HELP requests_total Requests answered.\n"
            "# TYPE requests_total counter\n"
            "requests_total{route=\"/items\"} 3\n");
}

TEST(MetricsRegistry, AMetricAskedForTwiceIsOne) {
  MetricsRegistry registry;
  Counter first = registry.AddCounter("events_total", "Events.", {{"kind", "a"}});
  Counter second = registry.AddCounter("events_total", "Events.", {{"kind", "a"}});
  first.Increment();
  second.Increment();
  EXPECT_EQ(first.value(), 2);
}

TEST(MetricsRegistry, LabelsTellMetricsApart) {
  MetricsRegistry registry;
  Counter a = registry.AddCounter("events_total", "Events.", {{"kind", "a"}});
  Counter b = registry.AddCounter("events_total", "Events.", {{"kind", "b"}});
  a.Increment();
  EXPECT_EQ(a.value(), 1);
  EXPECT_EQ(b.value(), 0);
}

TEST(MetricsRegistry, EscapesLabelValues) {
  MetricsRegistry registry;
  registry.AddGauge("depth", "Depth.", {{"name", "a\"b\\c\nd"}}).Set(1);
  EXPECT_THAT(registry.Text(), HasSubstr(R"(depth{name="a\"b\\c\nd"} 1)"));
}

TEST(MetricsRegistry, GaugesGoUpAndDown) {
  MetricsRegistry registry;
  Gauge gauge = registry.AddGauge("open", "Open.");
  gauge.Set(5);
  gauge.Add(-2);
  EXPECT_EQ(gauge.value(), 3);
}

TEST(MetricsRegistry, HistogramsCountCumulatively) {
  MetricsRegistry registry;
  Histogram histogram = registry.AddHistogram("seconds", "Time.", {}, {0.1, 1});
  for (const double value : {0.05, 0.5, 5.0}) histogram.Observe(value);
  EXPECT_THAT(
      registry.Text(),
      AllOf(HasSubstr("seconds_bucket{le=\"0.1\"} 1\n"), HasSubstr("seconds_bucket{le=\"1\"} 2\n"),
            HasSubstr("seconds_bucket{le=\"+Inf\"} 3\n"), HasSubstr("seconds_count 3\n"),
            HasSubstr("seconds_sum 5.55")));
}

TEST(MetricsRegistry, RefusesANameOfAnotherKindByName) {
  MetricsRegistry registry;
  registry.AddCounter("events_total", "Events.");
  EXPECT_THAT([&] { registry.AddGauge("events_total", "Events."); },
              ThrowsError(Code::kInternal, HasSubstr("metric 'events_total'")));
}

TEST(MetricsRegistry, RefusesANameThatPrometheusForbids) {
  MetricsRegistry registry;
  EXPECT_THAT([&] { registry.AddCounter("events-total", "Events."); },
              ThrowsError(Code::kInternal, HasSubstr("metric 'events-total'")));
}

TEST(MetricsRegistry, RefreshesBeforeEachText) {
  MetricsRegistry registry;
  Gauge gauge = registry.AddGauge("asked", "Times asked.");
  registry.OnScrape([gauge]() mutable { gauge.Add(1); });
  registry.Text();
  EXPECT_THAT(registry.Text(), HasSubstr("asked 2\n"));
}

TEST(MetricsRegistry, CountsEveryIncrementOfManyThreads) {
  MetricsRegistry registry;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&registry] {
        Counter counter = registry.AddCounter("events_total", "Events.");
        for (int i = 0; i < 1000; ++i) counter.Increment();
      });
    }
  }
  EXPECT_EQ(registry.AddCounter("events_total", "Events.").value(), 4000);
}

TEST(ProcessMetrics, AreThoseOfARunningProcess) {
  MetricsRegistry registry;
  AddProcessMetrics(registry);
  const std::string text = registry.Text();
  EXPECT_THAT(text, ContainsRegex("process_resident_memory_bytes [1-9]"));
  EXPECT_THAT(text, ContainsRegex("process_open_fds [1-9]"));
  EXPECT_THAT(text, ContainsRegex("process_start_time_seconds [1-9]"));
  EXPECT_THAT(text, Not(HasSubstr("process_cpu_seconds_total 0\n")));
}

}  // namespace
}  // namespace marquee
