#include "pipelines/load_report.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "pipelines/layer.h"
#include "pipelines/reject_share.h"
#include "pipelines/watch.h"

namespace marquee {
namespace {

std::optional<lake::Snapshot> ReadIfThere(const lake::Lake& lake, std::string_view table) {
  if (!lake.Exists(table)) return std::nullopt;
  return lake.Read(table);
}

// One entry a table that was loaded, all its loads taken together.
std::vector<lake::TableLoad> TableLoads(lake::Session& session, const lake::Lake& lake,
                                        const std::vector<std::string>& tables) {
  std::map<std::string, lake::TableLoad> loads;
  std::map<std::string, std::map<std::pair<std::string, std::string>, int64_t>> rejects;
  for (const LoadedTable& loaded : CountRejects(session, tables, kRejectsTable)) {
    loads[loaded.table].rows_in += loaded.rows_in;
    for (const RejectedReason& reason : loaded.reasons)
      rejects[loaded.table][{reason.column, reason.reason}] += reason.rows;
  }
  std::vector<lake::TableLoad> list;
  for (const std::string& table : tables) {
    lake::TableLoad& load = loads[table];
    const lake::Snapshot snapshot = lake.Read(StrCat("silver.", table));
    load.table = snapshot.table;
    load.version = snapshot.version;
    load.rows_out = session.QueryInt(StrCat("select cast(count(*) as bigint) from ", load.table));
    for (const auto& [reason, rows] : rejects[table])
      load.rejects.push_back({reason.first, reason.second, rows});
    list.push_back(std::move(load));
  }
  return list;
}

// The rows of `table` whose `id` the older snapshot lacks.
int64_t CountNew(lake::Session& session, const lake::Lake& lake, const std::string& table,
                 const std::string& id, const std::optional<lake::Snapshot>& before) {
  const std::string older =
      before ? StrCat(" anti join ", lake.SelectSql(*before), " older using (", id, ")") : "";
  return session.QueryInt(StrCat("select cast(count(*) as bigint) from ", table, older));
}

std::optional<int64_t> TimeOf(lake::Session& session, const std::string& aggregate) {
  const std::string text = session.QueryText(
      StrCat("select epoch_ms(", aggregate, "(rated_at)) from gold.interactions"));
  return ParseInt(text);
}

}  // namespace

GoldBefore ReadGoldBefore(const lake::Lake& lake) {
  return {ReadIfThere(lake, "gold.users"), ReadIfThere(lake, "gold.items")};
}

lake::LoadReport MakeLoadReport(const PipelineRun& run, const lake::Lake& lake,
                                const GoldBefore& before) {
  lake::Session& session = run.session;
  const SessionWatch watch(session, "report", run.progress, run.cancel);
  for (const std::string& table : lake.Tables()) lake.CreateView(session, table);
  std::vector<std::string> tables;
  for (const std::string& table : BronzeDataTables(lake::ParseSqlFiles(lake::EmbeddedSqlFiles()))) {
    if (lake.Exists(StrCat("bronze.", table))) tables.push_back(table);
  }
  lake::LoadReport report;
  report.loaded_at_ms =
      session.QueryInt("select cast(epoch_ms(max(loaded_at)) as bigint) from bronze.loads");
  report.tables = TableLoads(session, lake, tables);
  report.users = session.QueryInt("select cast(count(*) as bigint) from gold.users");
  report.items = session.QueryInt("select cast(count(*) as bigint) from gold.items");
  report.new_users = CountNew(session, lake, "gold.users", "user_id", before.users);
  report.new_items = CountNew(session, lake, "gold.items", "item_id", before.items);
  report.first_ms = TimeOf(session, "min");
  report.last_ms = TimeOf(session, "max");
  for (const lake::TableLoad& load : report.tables) {
    if (load.rows_out > 0)
      report.profiles.push_back(lake::ProfileTable(session, load.table, load.table));
  }
  return report;
}

}  // namespace marquee
