#include "lake/quality.h"

#include "base/clock.h"
#include "base/text.h"

namespace marquee::lake {
namespace {

enum class Kind { kNumber, kTime, kText, kBool, kOther };

Kind KindOf(std::string_view type) {
  if (type.ends_with(']')) return Kind::kOther;
  if (type.ends_with("INT") || type == "INTEGER" || type == "UINTEGER" || type == "FLOAT" ||
      type == "DOUBLE" || type.starts_with("DECIMAL(")) {
    return Kind::kNumber;
  }
  if (type.starts_with("TIMESTAMP") || type == "DATE") return Kind::kTime;
  if (type == "VARCHAR" || type.starts_with("ENUM(")) return Kind::kText;
  return type == "BOOLEAN" ? Kind::kBool : Kind::kOther;
}

// Types whose values JSON holds only as text, or whose texts differ, become one that it holds well.
std::string Comparable(const std::string& name, std::string_view type) {
  switch (KindOf(type)) {
    case Kind::kNumber:
      return type == "DOUBLE" || type == "BIGINT" || type == "INTEGER" ? name : name + "::double";
    case Kind::kTime:
      return "epoch_us(" + name + "::timestamptz)";
    case Kind::kText:
      return name + "::varchar";
    default:
      return name;
  }
}

std::string QuantileList() {
  std::vector<std::string> points;
  for (const double point : kProfileQuantiles) points.push_back(Fixed(point, 2));
  return "[" + Join(points, ", ") + "]";
}

// "[min, max]" of the column as SQL.
std::string ExtremesSql(const std::string& value, Kind kind) {
  switch (kind) {
    case Kind::kText:
      return StrCat("[left(min(", value, "), 200), left(max(", value, "), 200)]");
    case Kind::kTime:
      return StrCat("[make_timestamptz(min(", value, ")), make_timestamptz(max(", value, "))]");
    case Kind::kNumber:
    case Kind::kBool:
      return StrCat("[min(", value, "), max(", value, ")]");
    default:
      return "null::varchar[]";
  }
}

std::string QuantilesSql(const std::string& value, Kind kind, bool exact) {
  if (kind != Kind::kNumber && kind != Kind::kTime) return "null::varchar[]";
  const std::string quantiles =
      StrCat(exact ? "quantile_disc(" : "approx_quantile(", value, ", ", QuantileList(), ")");
  if (kind == Kind::kNumber) return quantiles;
  return StrCat("list_transform(", quantiles, ", lambda q: make_timestamptz(q::bigint))");
}

// Four columns of SQL for each column: present, distinct, extremes, quantiles.
std::string ProfileSql(const std::vector<ColumnInfo>& columns, std::string_view from, bool exact) {
  std::vector<std::string> parts;
  for (const ColumnInfo& column : columns) {
    const std::string name = SqlName(column.name);
    const Kind kind = KindOf(column.sql_type);
    const std::string value = Comparable(name, column.sql_type);
    parts.push_back(StrCat("count(", name, ")"));
    parts.push_back(StrCat(exact ? "count(distinct " : "approx_count_distinct(", name, ")"));
    parts.push_back(ExtremesSql(value, kind));
    parts.push_back(QuantilesSql(value, kind, exact));
  }
  return StrCat("select ", Join(parts, ", "), " from ", from, " as profiled");
}

Json::Array ReadList(const Chunk& chunk, size_t column) {
  return chunk.IsNull(column, 0) ? Json::Array() : Json::Parse(chunk.Display(column, 0)).AsArray();
}

ColumnProfile ReadColumn(const ColumnInfo& info, int64_t rows, const Chunk& chunk, size_t at) {
  ColumnProfile column{.name = info.name, .sql_type = info.sql_type};
  column.missing = rows - chunk.Int64(at)[0];
  column.distinct = chunk.Int64(at + 1)[0];
  const Json::Array extremes = ReadList(chunk, at + 2);
  if (!extremes.empty()) {
    column.min = extremes[0];
    column.max = extremes[1];
  }
  column.quantiles = ReadList(chunk, at + 3);
  return column;
}

Json ColumnJson(const ColumnProfile& column) {
  Json json = Json::MakeObject({{"name", column.name},
                                {"type", column.sql_type},
                                {"missing", column.missing},
                                {"distinct", column.distinct},
                                {"min", column.min},
                                {"max", column.max}});
  if (!column.quantiles.empty()) {
    Json& quantiles = json["quantiles"];
    for (size_t i = 0; i < column.quantiles.size(); ++i) {
      quantiles[Fixed(kProfileQuantiles[i], 2)] = column.quantiles[i];
    }
  }
  return json;
}

Json LoadJson(const TableLoad& load) {
  Json rejects = Json::MakeArray();
  for (const RejectCount& reject : load.rejects) {
    rejects.Append(Json::MakeObject(
        {{"column", reject.column}, {"reason", reject.reason}, {"rows", reject.rows}}));
  }
  return Json::MakeObject({{"table", load.table},
                           {"version", load.version},
                           {"rows_in", load.rows_in},
                           {"rows_out", load.rows_out},
                           {"rejected", load.rejected()},
                           {"replaced", load.replaced()},
                           {"rejects", std::move(rejects)}});
}

}  // namespace

TableProfile ProfileTable(Session& session, std::string_view table, std::string_view from) {
  TableProfile profile{.table = std::string(table)};
  profile.rows = session.QueryInt(StrCat("select count(*) from ", from, " as counted"));
  profile.exact = profile.rows < kExactProfileRows;
  const std::vector<ColumnInfo> columns =
      session.Query(StrCat("select * from ", from, " as described limit 0"))->columns();
  const auto result = session.Query(ProfileSql(columns, from, profile.exact));
  const Chunk& chunk = *result->Next();
  for (size_t i = 0; i < columns.size(); ++i) {
    profile.columns.push_back(ReadColumn(columns[i], profile.rows, chunk, 4 * i));
  }
  return profile;
}

Json TableProfile::ToJson() const {
  Json list = Json::MakeArray();
  for (const ColumnProfile& column : columns) list.Append(ColumnJson(column));
  return Json::MakeObject(
      {{"table", table}, {"rows", rows}, {"exact", exact}, {"columns", std::move(list)}});
}

int64_t TableLoad::rejected() const {
  int64_t sum = 0;
  for (const RejectCount& reject : rejects) sum += reject.rows;
  return sum;
}

Json LoadReport::ToJson() const {
  Json loads = Json::MakeArray();
  for (const TableLoad& load : tables) loads.Append(LoadJson(load));
  Json pages = Json::MakeArray();
  for (const TableProfile& profile : profiles) pages.Append(profile.ToJson());
  return Json::MakeObject({{"load_id", load_id},
                           {"dataset", dataset},
                           {"loaded_at", FormatUtc(loaded_at_ms)},
                           {"seconds", seconds},
                           {"tables", std::move(loads)},
                           {"users", users},
                           {"items", items},
                           {"new_users", new_users},
                           {"new_items", new_items},
                           {"first_interaction", first_ms ? Json(FormatUtc(*first_ms)) : Json()},
                           {"last_interaction", last_ms ? Json(FormatUtc(*last_ms)) : Json()},
                           {"profiles", std::move(pages)}});
}

}  // namespace marquee::lake
