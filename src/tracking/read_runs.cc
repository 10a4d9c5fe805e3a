#include "tracking/read_runs.h"

#include <map>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"
#include "tracking/names.h"
#include "tracking/rows.h"
#include "tracking/search_sql.h"

namespace marquee::tracking {
namespace {

constexpr std::string_view kInfoColumns =
    "run, run_id, experiment_id, name, user_id, status, start_ms, end_ms, artifact_uri, deleted";

// From the second of kInfoColumns on.
RunInfo InfoOf(const Rows& rows) {
  RunInfo info;
  info.run_id = rows.Text(1);
  info.experiment_id = rows.Int(2);
  info.name = rows.Text(3);
  info.user_id = rows.Text(4);
  info.status = ParseRunStatus(rows.Text(5)).value_or(RunStatus::kRunning);
  info.start_ms = rows.Int(6);
  if (!rows.IsNull(7)) info.end_ms = rows.Int(7);
  info.artifact_uri = rows.Text(8);
  info.lifecycle = rows.Int(9) == 0 ? Lifecycle::kActive : Lifecycle::kDeleted;
  return info;
}

// Fills runs part by part.
class RunReader {
 public:
  RunReader(Session& session, std::span<const int64_t> runs) : session_(session), runs_(runs) {
    found_.resize(runs.size());
    for (size_t i = 0; i < runs.size(); ++i) place_[runs[i]] = i;
  }

  std::vector<Run> Read() {
    ForEachPart(runs_, [&](std::span<const int64_t> part) {
      ReadInfos(part);
      ReadMetrics(part);
      ReadDatasets(part);
      ReadModels(part);
    });
    ReadPairs(session_, kParams, runs_,
              [&](int64_t run, KeyValue param) { At(run).params.push_back(std::move(param)); });
    ReadPairs(session_, kRunTags, runs_,
              [&](int64_t run, KeyValue tag) { At(run).tags.push_back(std::move(tag)); });
    return std::move(found_);
  }

 private:
  Run& At(int64_t run) { return found_[place_.at(run)]; }

  Rows Select(std::string_view what, std::string_view run_column, std::span<const int64_t> part,
              std::string_view order_by) {
    const SqlText list = ListOf(PaddedList(part));
    return session_.Query(
        StrCat("select ", what, " where ", run_column, " in (", list.text, ") order by ", order_by),
        list.values);
  }

  void ReadInfos(std::span<const int64_t> part) {
    Rows rows = Select(StrCat(kInfoColumns, " from runs"), "run", part, "run");
    while (rows.Next()) At(rows.Int(0)).info = InfoOf(rows);
  }

  void ReadMetrics(std::span<const int64_t> part) {
    Rows rows = Select(
        "m.run, k.key, m.value, m.is_nan, m.timestamp_ms, m.step "
        "from latest_metrics m join metric_keys k on k.key_id = m.key_id",
        "m.run", part, "m.run, m.key_id");
    while (rows.Next()) {
      At(rows.Int(0))
          .metrics.push_back({.key = rows.Text(1),
                              .value = ReadMetricValue(rows, 2),
                              .timestamp_ms = rows.Int(4),
                              .step = rows.Int(5)});
    }
  }

  void ReadDatasets(std::span<const int64_t> part) {
    std::map<std::pair<int64_t, int64_t>, std::vector<Tag>> tags;
    {
      Rows rows = Select("run, dataset, key, value from dataset_input_tags", "run", part,
                         "run, dataset, key");
      while (rows.Next()) {
        tags[{rows.Int(0), rows.Int(1)}].push_back({rows.Text(2), rows.Text(3)});
      }
    }
    Rows rows = Select(
        "i.run, i.dataset, d.name, d.digest, d.source_type, d.source, "
        "d.schema_text, d.profile "
        "from dataset_inputs i join datasets d on d.dataset = i.dataset",
        "i.run", part, "i.run, i.dataset");
    while (rows.Next()) {
      At(rows.Int(0))
          .dataset_inputs.push_back({.dataset = {.name = rows.Text(2),
                                                 .digest = rows.Text(3),
                                                 .source_type = rows.Text(4),
                                                 .source = rows.Text(5),
                                                 .schema = rows.Text(6),
                                                 .profile = rows.Text(7)},
                                     .tags = std::move(tags[{rows.Int(0), rows.Int(1)}])});
    }
  }

  void ReadModels(std::span<const int64_t> part) {
    {
      Rows rows = Select("run, model_id from model_inputs", "run", part, "run, model_id");
      while (rows.Next()) At(rows.Int(0)).model_inputs.push_back(rows.Text(1));
    }
    Rows rows =
        Select("run, model_id, step from model_outputs", "run", part, "run, step, model_id");
    while (rows.Next()) At(rows.Int(0)).model_outputs.push_back({rows.Text(1), rows.Int(2)});
  }

  Session& session_;
  const std::span<const int64_t> runs_;
  std::vector<Run> found_;
  std::unordered_map<int64_t, size_t> place_;
};

}  // namespace

std::vector<Run> ReadRuns(Session& session, std::span<const int64_t> runs) {
  return RunReader(session, runs).Read();
}

RunInfo ReadRunInfo(Session& session, const std::string& run_id) {
  Rows rows =
      session.Query(StrCat("select ", kInfoColumns, " from runs where run_id = ?"), {run_id});
  if (rows.Next()) return InfoOf(rows);
  throw Error(Code::kNotFound, StrCat("Run with id=", run_id, " not found"), "check the id");
}

}  // namespace marquee::tracking
