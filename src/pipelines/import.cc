#include "pipelines/import.h"

#include <map>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/text.h"
#include "lake/sql_step.h"
#include "pipelines/layer.h"
#include "pipelines/load_report.h"
#include "pipelines/reject_share.h"
#include "pipelines/watch.h"

namespace marquee {
namespace {

// The rejects of this run, made before anything is written.
constexpr char kNewRejects[] = "marquee_rejects";

lake::SqlSteps Steps() { return lake::ParseSqlFiles(lake::EmbeddedSqlFiles()); }

void MakeRejects(const PipelineRun& run, const lake::SqlStep& step) {
  SessionWatch watch(run.session, "check bronze", run.progress, run.cancel);
  run.session.Execute(
      StrCat("create or replace temporary table ", kNewRejects, " as ", step.select));
  watch.SetOutcome(StrCat(WithThousands(run.session.QueryInt(
                              StrCat("select cast(count(*) as bigint) from ", kNewRejects))),
                          " rows rejected"));
}

// What bronze was before a load, to go back to it.
class BronzeBefore {
 public:
  explicit BronzeBefore(const lake::Lake& lake) {
    for (const std::string& table : lake.Tables()) {
      if (table.starts_with("bronze.")) versions_[table] = lake.Read(table).version;
    }
  }

  void Restore(lake::Session& session, lake::Lake& lake,
               const std::vector<lake::TableVersion>& written) const {
    for (const lake::TableVersion& table : written) {
      const auto before = versions_.find(table.table);
      if (before != versions_.end()) {
        lake.Restore(table.table, before->second);
        continue;
      }
      const lake::Snapshot snapshot = lake.CreateView(session, table.table);
      lake.Write(session, {.table = table.table,
                           .select = StrCat("select * from ", table.table, " where false"),
                           .mode = lake::WriteRequest::Mode::kOverwrite,
                           .partition_column = snapshot.partition_columns.at(0),
                           .partition_value = {},
                           .column_comments = {},
                           .run_id = {},
                           .inputs = {},
                           .facts = Json::MakeObject({{"taken_back", table.version}})});
    }
  }

 private:
  std::map<std::string, int64_t> versions_;
};

}  // namespace

LayerResult RunSilver(const PipelineRun& run, const lake::Lake& from, lake::Lake& to,
                      const LayerOptions& options) {
  const lake::SqlSteps steps = Steps();
  LayerBuild build(run, steps, "silver", from, to);
  if (!from.Exists("bronze.events")) build.Require("bronze.ratings", "marquee import PATH");
  const std::vector<const lake::SqlStep*> stale = build.Stale(options.force);
  LayerResult result;
  if (stale.empty()) return result;
  const AnyRowOrder any_order(run.session);
  build.OpenInputs();
  MakeRejects(run, steps.At(kRejectsTable));
  CheckRejectShare(CountRejects(run.session, BronzeDataTables(steps), kNewRejects),
                   options.max_reject_share);
  const std::string run_id = NewRunId();
  for (const lake::SqlStep* step : stale) {
    const std::string select =
        step->name == kRejectsTable ? StrCat("select * from ", kNewRejects) : step->select;
    result.written.push_back(build.Write(*step, select, run_id));
  }
  run.session.Execute(StrCat("drop table ", kNewRejects));
  return result;
}

LayerResult RunGold(const PipelineRun& run, const lake::Lake& from, lake::Lake& to,
                    const LayerOptions& options) {
  const lake::SqlSteps steps = Steps();
  LayerBuild build(run, steps, "gold", from, to);
  build.Require("silver.ratings", "marquee silver");
  const std::vector<const lake::SqlStep*> stale = build.Stale(options.force);
  LayerResult result;
  if (stale.empty()) return result;
  const AnyRowOrder any_order(run.session);
  build.OpenInputs();
  const std::string run_id = NewRunId();
  for (const lake::SqlStep* step : stale)
    result.written.push_back(build.Write(*step, step->select, run_id));
  return result;
}

ImportResult RunImport(const PipelineRun& run, const sources::Dataset& dataset, lake::Lake& lake,
                       const ImportOptions& options) {
  const double start = SteadySeconds();
  const BronzeBefore bronze_before(lake);
  const GoldBefore gold_before = ReadGoldBefore(lake);
  const BronzeResult bronze = RunBronze(run, dataset, lake, options.load);
  LayerResult silver;
  try {
    silver = RunSilver(run, lake, lake, options.layers);
  } catch (const Error& error) {
    if (error.code() != Code::kFailedPrecondition || bronze.was_up_to_date) throw;
    bronze_before.Restore(run.session, lake, bronze.tables);
    throw error.WithContext(dataset.name);
  }
  const LayerResult gold = RunGold(run, lake, lake, options.layers);
  const std::filesystem::path path = options.reports / StrCat(bronze.load_id, ".json");
  const bool was_up_to_date =
      bronze.was_up_to_date && silver.was_up_to_date() && gold.was_up_to_date();
  if (was_up_to_date && std::filesystem::exists(path))
    return {true, bronze.load_id, path, std::nullopt};
  lake::LoadReport report = MakeLoadReport(run, lake, gold_before);
  report.load_id = bronze.load_id;
  report.dataset = dataset.name;
  report.seconds = SteadySeconds() - start;
  std::error_code error;
  std::filesystem::create_directories(options.reports, error);
  if (error) ThrowFileError(error.value(), "create", options.reports);
  WriteFileAtomic(path, report.ToJson().Pretty());
  return {was_up_to_date, bronze.load_id, path, std::move(report)};
}

}  // namespace marquee
