// Counters, gauges and histograms, and the text that Prometheus reads.
//
// Modules do not hold these: each has a small probe object with a method per event, and whoever
// builds the probe registers its metrics here.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace marquee {

using MetricLabels = std::map<std::string, std::string>;

// Handles into a registry: cheap to copy, thread-safe, valid as long as the registry.
class Counter {
 public:
  // REQUIRES: by >= 0.
  void Increment(double by = 1);
  double value() const;

 private:
  friend class MetricsRegistry;
  struct Cell;
  explicit Counter(Cell* cell) : cell_(cell) {}
  Cell* cell_;
};

class Gauge {
 public:
  void Set(double value);
  void Add(double by);
  double value() const;

 private:
  friend class MetricsRegistry;
  struct Cell;
  explicit Gauge(Cell* cell) : cell_(cell) {}
  Cell* cell_;
};

class Histogram {
 public:
  void Observe(double value);

 private:
  friend class MetricsRegistry;
  struct Cell;
  explicit Histogram(Cell* cell) : cell_(cell) {}
  Cell* cell_;
};

// Upper bounds for durations in seconds: 0.5 ms to 10 s, three a decade.
const std::vector<double>& LatencyBuckets();

// Thread-safe. Built by the composition root and passed down. A metric asked for twice (same name
// and labels) is one metric. Adding takes a lock and allocates: keep the handle.
class MetricsRegistry {
 public:
  MetricsRegistry();
  ~MetricsRegistry();
  MetricsRegistry(const MetricsRegistry&) = delete;
  MetricsRegistry& operator=(const MetricsRegistry&) = delete;

  // Each throws internal, naming the metric, for a name or label Prometheus does not allow and for
  // a name that another kind of metric has.
  Counter AddCounter(const std::string& name, const std::string& help, MetricLabels labels = {});
  Gauge AddGauge(const std::string& name, const std::string& help, MetricLabels labels = {});
  // REQUIRES: `buckets`, the upper bounds, ascend.
  Histogram AddHistogram(const std::string& name, const std::string& help, MetricLabels labels = {},
                         const std::vector<double>& buckets = LatencyBuckets());

  // `refresh` runs before each Text(), on its thread, to set gauges that are read, not counted.
  void OnScrape(std::function<void()> refresh);

  // The text exposition format, version 0.0.4.
  std::string Text() const;
  // The Content-Type of Text().
  static std::string_view TextContentType();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace marquee
