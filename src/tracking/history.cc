// TrackingStore: the values of metrics over time, and the datasets of experiments.
#include <bit>

#include "tracking/page_token.h"
#include "tracking/rows.h"
#include "tracking/search_sql.h"
#include "tracking/tracking_store.h"

namespace marquee::tracking {
namespace {

constexpr int64_t kMaxDatasetSummaries = 1000;

// Of the columns timestamp_ms, step, value, is_nan.
Metric MetricOf(const Rows& rows, const std::string& key) {
  return {.key = key,
          .value = ReadMetricValue(rows, 2),
          .timestamp_ms = rows.Int(0),
          .step = rows.Int(1)};
}

std::string PlaceOf(const Rows& rows) {
  const auto bits = std::bit_cast<int64_t>(rows.Double(2));
  return PlaceToken(std::vector<std::string>{std::to_string(rows.Int(0)),
                                             std::to_string(rows.Int(1)), std::to_string(bits),
                                             std::to_string(rows.Int(3))});
}

SqlText HistorySql(const std::string& run_id, const std::string& key, const std::string& page) {
  SqlText sql;
  sql.Add(
      "select timestamp_ms, step, value, is_nan from metrics "
      "where run = (select run from runs where run_id = ?) "
      "and key_id = (select key_id from metric_keys where key = ?)",
      {run_id, key});
  if (!page.empty()) {
    const std::vector<std::string> place = ReadPlaceToken(page, 4);
    const double value = std::bit_cast<double>(ReadTokenNumber(page, place[2]));
    sql.Add(" and (timestamp_ms, step, value, is_nan) > (?, ?, ?, ?)",
            {ReadTokenNumber(page, place[0]), ReadTokenNumber(page, place[1]), value,
             ReadTokenNumber(page, place[3])});
  }
  return sql.Add(" order by timestamp_ms, step, value, is_nan");
}

}  // namespace

std::string TrackingStore::ReadHistory(const std::string& run_id, const std::string& key,
                                       int64_t max_results, const std::string& page,
                                       const std::function<void(const Metric&)>& take) {
  SqlText sql = HistorySql(run_id, key, page);
  if (max_results > 0) sql.Add(" limit ?", {max_results + 1});
  return database_.Read([&](Session& session) {
    std::string last;
    int64_t count = 0;
    Rows rows = session.Query(sql.text, sql.values);
    while (rows.Next()) {
      if (max_results > 0 && count == max_results) return last;
      take(MetricOf(rows, key));
      if (++count == max_results) last = PlaceOf(rows);
    }
    return std::string();
  });
}

std::vector<Metric> TrackingStore::HistoryOfRuns(std::span<const std::string> run_ids,
                                                 const std::string& key,
                                                 std::pair<int64_t, int64_t> steps,
                                                 int64_t max_results) {
  std::vector<Metric> metrics;
  database_.Read([&](Session& session) {
    for (const std::string& run_id : run_ids) {
      Rows rows = session.Query(
          "select timestamp_ms, step, value, is_nan from metrics "
          "where run = (select run from runs where run_id = ?) "
          "and key_id = (select key_id from metric_keys where key = ?) "
          "and step between ? and ? order by step, timestamp_ms, value limit ?",
          {run_id, key, steps.first, steps.second, max_results});
      while (rows.Next()) {
        metrics.push_back(MetricOf(rows, key));
        metrics.back().run_id = run_id;
      }
    }
  });
  return metrics;
}

std::vector<DatasetSummary> TrackingStore::SearchDatasets(std::span<const int64_t> experiment_ids) {
  SqlText sql;
  sql.Add(
      "select distinct d.experiment_id, d.name, d.digest, coalesce(c.value, '') from datasets d "
      "join dataset_inputs i on i.dataset = d.dataset "
      "left join dataset_input_tags c on c.run = i.run and c.dataset = i.dataset and c.key = ? "
      "where d.experiment_id in (",
      {"mlflow.data.context"});
  sql.Add(ListOf(experiment_ids)).Add(") order by 1, 2, 3, 4 limit ?", {kMaxDatasetSummaries});
  return database_.Read([&](Session& session) {
    std::vector<DatasetSummary> summaries;
    Rows rows = session.Query(sql.text, sql.values);
    while (rows.Next()) {
      summaries.push_back({rows.Int(0), rows.Text(1), rows.Text(2), rows.Text(3)});
    }
    return summaries;
  });
}

}  // namespace marquee::tracking
