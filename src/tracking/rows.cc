#include "tracking/rows.h"

#include <limits>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "tracking/search_sql.h"

namespace marquee::tracking {

RunRow FindRun(Session& session, const std::string& run_id) {
  Rows rows =
      session.Query("select run, experiment_id, deleted from runs where run_id = ?", {run_id});
  if (rows.Next()) return {rows.Int(0), rows.Int(1), rows.Int(2) != 0};
  throw Error(Code::kNotFound, StrCat("Run with id=", run_id, " not found"), "check the id");
}

RunRow FindActiveRun(Session& session, const std::string& run_id) {
  const RunRow row = FindRun(session, run_id);
  if (!row.deleted) return row;
  throw Error(
      Code::kInvalidArgument,
      StrCat("The run ", run_id, " must be in the 'active' state. Current state is deleted."),
      "restore it first");
}

int64_t FindLoggedModel(Session& session, const std::string& model_id) {
  Rows rows = session.Query("select model from logged_models where model_id = ?", {model_id});
  if (rows.Next()) return rows.Int(0);
  throw Error(Code::kNotFound, StrCat("Logged model with ID '", model_id, "' not found."),
              "check the id");
}

void RequireActiveExperiment(Session& session, int64_t experiment_id) {
  Rows rows =
      session.Query("select deleted from experiments where experiment_id = ?", {experiment_id});
  if (!rows.Next()) {
    throw Error(Code::kNotFound, StrCat("No Experiment with id=", experiment_id, " exists"),
                "check the id");
  }
  if (rows.Int(0) == 0) return;
  throw Error(Code::kInvalidArgument,
              StrCat("The experiment ", experiment_id,
                     " must be in the 'active' state. Current state is deleted."),
              "restore it first");
}

double ReadMetricValue(const Rows& rows, int column) {
  return rows.Int(column + 1) != 0 ? std::numeric_limits<double>::quiet_NaN() : rows.Double(column);
}

namespace {

std::vector<SqlValues> RowsOf(int64_t id, std::span<const KeyValue> pairs) {
  std::vector<SqlValues> rows;
  for (const KeyValue& pair : pairs) rows.push_back({id, pair.key, pair.value});
  return rows;
}

std::string InsertInto(const PairTable& table, std::string_view on_conflict) {
  return StrCat("insert into ", table.table, " (", table.id,
                ", key, value) values (?, ?, ?) on conflict (", table.id, ", key) do ",
                on_conflict);
}

// The values of these keys, by key.
std::map<std::string, std::string> ReadValues(Session& session, const PairTable& table, int64_t id,
                                              std::span<const KeyValue> pairs) {
  std::map<std::string, std::string> values;
  for (size_t i = 0; i < pairs.size(); i += kMaxPaddedList) {
    std::vector<std::string> keys;
    for (const KeyValue& pair : pairs.subspan(i, std::min(kMaxPaddedList, pairs.size() - i))) {
      keys.push_back(pair.key);
    }
    SqlText sql;
    sql.Add(
        StrCat("select key, value from ", table.table, " where ", table.id, " = ? and key in ("),
        {id});
    sql.Add(ListOf(PaddedList(std::span<const std::string>(keys)))).Add(")");
    Rows rows = session.Query(sql.text, sql.values);
    while (rows.Next()) values[rows.Text(0)] = rows.Text(1);
  }
  return values;
}

}  // namespace

void PutPairs(Session& session, const PairTable& table, int64_t id,
              std::span<const KeyValue> pairs) {
  if (pairs.empty()) return;
  session.RunMany(InsertInto(table, "update set value = excluded.value"), RowsOf(id, pairs));
}

bool DeletePair(Session& session, const PairTable& table, int64_t id, const std::string& key) {
  return session.Run(StrCat("delete from ", table.table, " where ", table.id, " = ? and key = ?"),
                     {id, key}) > 0;
}

void AddParams(Session& session, const PairTable& table, int64_t id, std::span<const Param> params,
               const std::string& owner) {
  if (params.empty()) return;
  session.RunMany(InsertInto(table, "nothing"), RowsOf(id, params));
  const std::map<std::string, std::string> kept = ReadValues(session, table, id, params);
  for (const Param& param : params) {
    const std::string& before = kept.at(param.key);
    if (before == param.value) continue;
    throw Error(Code::kInvalidArgument,
                StrCat("Changing param values is not allowed. Param with key='", param.key,
                       "' was already logged with value='", before, "' for ", owner,
                       ". Attempted logging new value '", param.value, "'."),
                "use another key, or a tag");
  }
}

void ReadPairs(Session& session, const PairTable& table, std::span<const int64_t> ids,
               const std::function<void(int64_t id, KeyValue pair)>& add) {
  ForEachPart(ids, [&](std::span<const int64_t> part) {
    const SqlText list = ListOf(PaddedList(part));
    Rows rows =
        session.Query(StrCat("select ", table.id, ", key, value from ", table.table, " where ",
                             table.id, " in (", list.text, ") order by ", table.id, ", key"),
                      list.values);
    while (rows.Next()) add(rows.Int(0), {rows.Text(1), rows.Text(2)});
  });
}

}  // namespace marquee::tracking
