#include "metrics/registry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <deque>
#include <mutex>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"

namespace marquee {

struct Counter::Cell {
  prometheus::Counter& counter;
};
struct Gauge::Cell {
  prometheus::Gauge& gauge;
};
struct Histogram::Cell {
  prometheus::Histogram& histogram;
};

struct MetricsRegistry::State {
  prometheus::Registry registry;
  mutable std::mutex mutex;
  // Deques: a handle points to its cell, which must not move.
  std::deque<Counter::Cell> counters;
  std::deque<Gauge::Cell> gauges;
  std::deque<Histogram::Cell> histograms;
  std::vector<std::function<void()>> refreshers;
};

namespace {

// prometheus-cpp throws std::invalid_argument without naming the metric.
template <typename Add>
auto& Register(const std::string& name, Add add) {
  try {
    return add();
  } catch (const std::invalid_argument& refused) {
    throw Error(Code::kInternal, StrCat("metric '", name, "': ", refused.what()));
  }
}

}  // namespace

void Counter::Increment(double by) { cell_->counter.Increment(by); }
double Counter::value() const { return cell_->counter.Value(); }

void Gauge::Set(double value) { cell_->gauge.Set(value); }
void Gauge::Add(double by) { cell_->gauge.Increment(by); }
double Gauge::value() const { return cell_->gauge.Value(); }

void Histogram::Observe(double value) { cell_->histogram.Observe(value); }

const std::vector<double>& LatencyBuckets() {
  static const std::vector<double> buckets = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
                                              0.1,    0.2,   0.5,   1,     2,    5,    10};
  return buckets;
}

MetricsRegistry::MetricsRegistry() : state_(std::make_unique<State>()) {}
MetricsRegistry::~MetricsRegistry() = default;

Counter MetricsRegistry::AddCounter(const std::string& name, const std::string& help,
                                    MetricLabels labels) {
  auto& counter = Register(
      name, [&]() -> auto& {
        auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry);
        return family.Add(labels);
      });
  const std::lock_guard lock(state_->mutex);
  return Counter(&state_->counters.emplace_back(Counter::Cell{counter}));
}

Gauge MetricsRegistry::AddGauge(const std::string& name, const std::string& help,
                                MetricLabels labels) {
  auto& gauge = Register(
      name, [&]() -> auto& {
        auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry);
        return family.Add(labels);
      });
  const std::lock_guard lock(state_->mutex);
  return Gauge(&state_->gauges.emplace_back(Gauge::Cell{gauge}));
}

Histogram MetricsRegistry::AddHistogram(const std::string& name, const std::string& help,
                                        MetricLabels labels, const std::vector<double>& buckets) {
  auto& histogram = Register(
      name, [&]() -> auto& {
        auto& family =
            prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry);
        return family.Add(labels, buckets);
      });
  const std::lock_guard lock(state_->mutex);
  return Histogram(&state_->histograms.emplace_back(Histogram::Cell{histogram}));
}

void MetricsRegistry::OnScrape(std::function<void()> refresh) {
  const std::lock_guard lock(state_->mutex);
  state_->refreshers.push_back(std::move(refresh));
}

std::string MetricsRegistry::Text() const {
  std::vector<std::function<void()>> refreshers;
  {
    const std::lock_guard lock(state_->mutex);
    refreshers = state_->refreshers;
  }
  for (const auto& refresh : refreshers) refresh();
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

std::string_view MetricsRegistry::TextContentType() {
  return "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace marquee
