#include "pipelines/reject_share.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace marquee {
namespace {

constexpr size_t kReasonsShown = 3;
constexpr size_t kValueShown = 40;

std::string Percent(double share) { return StrCat(Fixed(100 * share, share < 0.1 ? 1 : 0), " %"); }

std::vector<std::string> Quoted(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(lake::SqlText(name));
  return quoted;
}

std::string ReasonText(const RejectedReason& reason) {
  return StrCat(WithThousands(reason.rows), " ", reason.reason, " (", reason.example, ")");
}

}  // namespace

int64_t LoadedTable::rejected() const {
  int64_t rows = 0;
  for (const RejectedReason& reason : reasons) rows += reason.rows;
  return rows;
}

std::vector<LoadedTable> CountRejects(lake::Session& session,
                                      const std::vector<std::string>& bronze_tables,
                                      const std::string& rejects) {
  std::map<std::pair<std::string, std::string>, LoadedTable> loaded;
  for (const std::string& table : bronze_tables) {
    const auto rows = session.Query(StrCat("select load_id, cast(count(*) as bigint) from bronze.",
                                           table, " group by load_id"));
    while (const lake::Chunk* chunk = rows->Next()) {
      for (size_t i = 0; i < chunk->size(); ++i) {
        const std::string load_id(chunk->Text(0, i));
        loaded[{table, load_id}] = {table, load_id, chunk->Int64(1)[i], {}};
      }
    }
  }
  const auto rows = session.Query(StrCat(
      "select table_name, load_id, coalesce(column_name, ''), reason, cast(count(*) as bigint), "
      "concat(min_by(source_file, line), ', line ', min(line), ': ''', left(coalesce(min_by(value, "
      "line), ''), ",
      kValueShown, "), '''') from ", rejects, " where table_name in (",
      Join(Quoted(bronze_tables), ", "), ") group by all order by 5 desc, 4"));
  while (const lake::Chunk* chunk = rows->Next()) {
    for (size_t i = 0; i < chunk->size(); ++i) {
      LoadedTable& table = loaded[{std::string(chunk->Text(0, i)), std::string(chunk->Text(1, i))}];
      table.reasons.push_back({std::string(chunk->Text(2, i)), std::string(chunk->Text(3, i)),
                               chunk->Int64(4)[i], std::string(chunk->Text(5, i))});
    }
  }
  std::vector<LoadedTable> list;
  for (auto& [key, table] : loaded) list.push_back(std::move(table));
  return list;
}

void CheckRejectShare(const std::vector<LoadedTable>& loaded, double max_share) {
  for (const LoadedTable& table : loaded) {
    const int64_t rejected = table.rejected();
    const double share =
        static_cast<double>(rejected) / static_cast<double>(std::max<int64_t>(table.rows_in, 1));
    if (share <= max_share) continue;
    std::vector<std::string> reasons;
    for (size_t i = 0; i < std::min(kReasonsShown, table.reasons.size()); ++i)
      reasons.push_back(ReasonText(table.reasons[i]));
    throw Error(Code::kFailedPrecondition,
                StrCat("load ", table.load_id, ": ", WithThousands(rejected), " of ",
                       WithThousands(table.rows_in), " rows of ", table.table, " are rejected, ",
                       Percent(share), " where import.max_reject_share allows ", Percent(max_share),
                       ": ", Join(reasons, "; ")),
                "mend the data; or set import.max_reject_share; for ratings on another scale set "
                "import.rating_min and import.rating_max");
  }
}

}  // namespace marquee
