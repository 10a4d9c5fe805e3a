// marquee flow stats: how tasks fare, and how that changes.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "app/flow.h"
#include "base/files.h"
#include "base/text.h"
#include "base/text_table.h"
#include "cli/flow_runs.h"
#include "flow/trend.h"
#include "services/flow_json.h"

namespace marquee::cli {
namespace {

constexpr size_t kBars = 20;

// "+25 %": the latest runs beside those before.
std::string TrendText(const flow::TaskHistory* history) {
  const auto change = history == nullptr ? std::nullopt : flow::TrendOf(*history).change();
  if (!change) return "";
  return StrCat(*change >= 0 ? "+" : "", Fixed(100 * *change, 0), " %");
}

std::string LatestBars(const flow::TaskHistory* history) {
  if (history == nullptr) return "";
  const std::vector<double> seconds = flow::SecondsOf(*history);
  return flow::SparkLine(std::span(seconds).last(std::min(kBars, seconds.size())));
}

std::string StatisticsText(const std::vector<flow::TaskStatistics>& tasks,
                           const std::vector<flow::TaskHistory>& history) {
  TextTable table({"task", "tries", "success", "mean s", "longest s", "trend", "latest runs",
                   "cpu s", "peak memory"});
  for (const flow::TaskStatistics& task : tasks) {
    const auto found = std::ranges::find(history, task.task_id, &flow::TaskHistory::task_id);
    const flow::TaskHistory* const past = found == history.end() ? nullptr : &*found;
    const double rate = static_cast<double>(task.successes) / static_cast<double>(task.tries);
    table.Add({task.task_id, std::to_string(task.tries), StrCat(Fixed(100 * rate, 1), " %"),
               Fixed(task.mean_seconds, 2), Fixed(task.max_seconds, 2), TrendText(past),
               LatestBars(past), Fixed(task.cpu_seconds, 2), HumanBytes(task.peak_rss_bytes)});
  }
  return table.ToText(0, 60);
}

}  // namespace

void ShowFlowStatistics(Context& context, const std::string& dag, int64_t runs,
                        const std::string& svg) {
  Flow flow(context.environment());
  flow.dags().Current()->Named(dag);
  const auto statistics = flow.store().Statistics(dag);
  const auto history = flow.store().History(dag, runs);
  if (!svg.empty()) WriteFileAtomic(svg, flow::HistorySvg(dag, history));
  if (context.json) return PrintJson(RenderFlowStatistics(statistics, history));
  if (!svg.empty()) return Print(svg + "\n");
  Print(StatisticsText(statistics, history));
}

}  // namespace marquee::cli
