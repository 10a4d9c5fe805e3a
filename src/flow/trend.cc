#include "flow/trend.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>

#include "base/text.h"
#include "charts/charts.h"

namespace marquee::flow {
namespace {

std::optional<double> MedianOf(std::span<const double> values) {
  if (values.empty()) return std::nullopt;
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// Runs in the order of their dates.
std::map<std::pair<int64_t, std::string>, double> PlacesOf(std::span<const TaskHistory> tasks) {
  std::map<std::pair<int64_t, std::string>, double> places;
  for (const TaskHistory& task : tasks) {
    for (const TaskPast& past : task.runs) places[{past.date_us, past.run_id}] = 0;
  }
  double number = 0;
  for (auto& [run, place] : places) place = ++number;
  return places;
}

}  // namespace

std::optional<double> Trend::change() const {
  if (!latest_seconds || !before_seconds || *before_seconds <= 0) return std::nullopt;
  return *latest_seconds / *before_seconds - 1;
}

std::vector<double> SecondsOf(const TaskHistory& task) {
  std::vector<double> seconds;
  for (const TaskPast& past : task.runs) {
    if (past.state == TaskState::kSuccess) seconds.push_back(past.seconds);
  }
  return seconds;
}

Trend TrendOf(const TaskHistory& task) {
  const std::vector<double> seconds = SecondsOf(task);
  const std::span<const double> all(seconds);
  const size_t latest = std::min(kTrendRuns, all.size());
  return {MedianOf(all.last(latest)), MedianOf(all.first(all.size() - latest))};
}

std::string SparkLine(std::span<const double> values) {
  constexpr std::array<std::string_view, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (values.empty()) return "";
  const double largest = std::ranges::max(values);
  std::string line;
  for (const double value : values) {
    const double share = largest > 0 ? std::clamp(value / largest, 0.0, 1.0) : 0;
    line += kBars[static_cast<size_t>(share * (kBars.size() - 1) + 0.5)];
  }
  return line;
}

std::string HistorySvg(std::string_view dag_id, std::span<const TaskHistory> tasks) {
  const auto places = PlacesOf(tasks);
  charts::LineChart chart;
  chart.frame.title = StrCat("Time of the tasks of ", dag_id);
  chart.frame.x_label = "run, the oldest first";
  chart.frame.y_label = "seconds";
  for (const TaskHistory& task : tasks) {
    charts::LineSeries series{task.task_id, {}};
    for (const TaskPast& past : task.runs) {
      const bool is_well = past.state == TaskState::kSuccess;
      series.points.push_back({places.at({past.date_us, past.run_id}),
                               is_well ? past.seconds : std::numeric_limits<double>::quiet_NaN()});
    }
    chart.series.push_back(std::move(series));
  }
  return charts::ToSvg(chart);
}

}  // namespace marquee::flow
