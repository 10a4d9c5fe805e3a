// TrackingStore: the life of runs, and the search for them.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"
#include "tracking/filter.h"
#include "tracking/names.h"
#include "tracking/page_token.h"
#include "tracking/read_runs.h"
#include "tracking/rows.h"
#include "tracking/run_names.h"
#include "tracking/search_sql.h"
#include "tracking/tracking_store.h"

namespace marquee::tracking {
namespace {

// The name a run is given, which it also has as a tag.
std::string NameOf(const NewRun& run, const std::string& run_id) {
  const auto tag = std::ranges::find(run.tags, kRunNameTag, &Tag::key);
  const std::string tagged = tag == run.tags.end() ? std::string() : tag->value;
  if (!run.name.empty() && !tagged.empty() && run.name != tagged) {
    throw Error(Code::kInvalidArgument,
                StrCat("run_name is '", run.name, "' and the tag mlflow.runName is '", tagged,
                       "': they mean the same"),
                "give one of them");
  }
  if (!run.name.empty()) return run.name;
  return tagged.empty() ? NameForRun(run_id) : tagged;
}

std::string ArtifactLocation(Session& session, int64_t experiment_id) {
  Rows rows = session.Query("select artifact_location from experiments where experiment_id = ?",
                            {experiment_id});
  rows.Next();
  return rows.Text(0);
}

SqlText RunMetrics(const std::string& key) {
  SqlText sql;
  return sql.Add(
      "(select run, value, is_nan from latest_metrics "
      "where key_id = (select key_id from metric_keys where key = ?))",
      {key});
}

const SearchTables& RunTables() {
  static const SearchTables tables = {
      .id = "run",
      .columns = {{"run_id", "t.run_id"},
                  {"run_name", "t.name"},
                  {"user_id", "t.user_id"},
                  {"status", "t.status"},
                  {"artifact_uri", "t.artifact_uri"},
                  {"start_time", "t.start_ms"},
                  {"end_time", "t.end_ms", true}},
      .params = "params",
      .tags = "run_tags",
      .metrics = RunMetrics,
  };
  return tables;
}

// One page of a search: what to select, and how to go on.
class RunQuery {
 public:
  RunQuery(const RunSearch& search, Dialect dialect)
      : search_(search),
        filter_(ParseFilter(search.filter, RunScope())),
        order_by_(ParseOrderBy(search.order_by, RunScope())),
        by_start_(order_by_.empty()) {
    sql_.Add("select t.run, t.start_ms, t.run_id from runs t");
    const OrderSql order = OrderOf(order_by_, RunTables());
    sql_.Add(order.joins).Add(" where t.experiment_id in (").Add(Experiments());
    sql_.Add(StrCat(") and t.deleted ", ViewCondition(search.view)));
    sql_.Add(WhereOf(filter_, RunTables(), dialect));
    if (by_start_) AddPlace();
    sql_.Add(" order by ")
        .Add(order.terms)
        .Add("t.start_ms desc, t.run_id limit ?", {search.max_results + 1});
    if (by_start_) return;
    offset_ = ReadOffsetToken(search.page);
    sql_.Add(" offset ?", {offset_});
  }

  // The runs of the page; `next`: Page::next.
  std::vector<int64_t> Select(Session& session, std::string* next) const {
    std::vector<int64_t> runs;
    std::string last;
    Rows rows = session.Query(sql_.text, sql_.values);
    while (rows.Next()) {
      if (static_cast<int64_t>(runs.size()) == search_.max_results) {
        *next = by_start_ ? last : OffsetToken(offset_ + search_.max_results);
        break;
      }
      runs.push_back(rows.Int(0));
      last = PlaceToken(std::vector<std::string>{std::to_string(rows.Int(1)), rows.Text(2)});
    }
    return runs;
  }

 private:
  SqlText Experiments() const {
    std::vector<int64_t> ids = search_.experiment_ids;
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ListOf(std::span<const int64_t>(ids));
  }

  // In the order of starts a page begins behind the last run of the one before: no run before it is
  // looked at again.
  void AddPlace() {
    if (search_.page.empty()) return;
    const std::vector<std::string> place = ReadPlaceToken(search_.page, 2);
    const int64_t start_ms = ReadTokenNumber(search_.page, place[0]);
    sql_.Add(" and t.start_ms <= ? and (t.start_ms < ? or t.run_id > ?)",
             {start_ms, start_ms, place[1]});
  }

  const RunSearch& search_;
  const std::vector<Comparison> filter_;
  const std::vector<Order> order_by_;
  const bool by_start_;
  int64_t offset_ = 0;
  SqlText sql_;
};

}  // namespace

Run TrackingStore::CreateRun(const NewRun& run) {
  for (const Tag& tag : run.tags) CheckKey("key of the tag", tag.key);
  CheckLength("run_name", run.name, kMaxRunTagChars);
  CheckLength("user_id", run.user_id, kMaxKeyChars);
  const std::string run_id = NewRunId();
  const std::string name = NameOf(run, run_id);
  std::vector<Tag> tags;
  for (const Tag& tag : run.tags) tags.push_back({tag.key, CutChars(tag.value, kMaxRunTagChars)});
  tags.push_back({std::string(kRunNameTag), name});
  return database_.Write([&](Session& session) {
    RequireActiveExperiment(session, run.experiment_id);
    int64_t row = 0;
    {
      Rows rows = session.Query(
          "insert into runs (run_id, experiment_id, name, user_id, status, start_ms, artifact_uri, "
          "deleted) values (?, ?, ?, ?, ?, ?, ?, 0) returning run",
          {run_id, run.experiment_id, name, run.user_id,
           std::string(RunStatusName(RunStatus::kRunning)), run.start_ms.value_or(clock_.NowMs()),
           StrCat(ArtifactLocation(session, run.experiment_id), "/", run_id, "/artifacts")});
      rows.Next();
      row = rows.Int(0);
    }
    PutPairs(session, kRunTags, row, tags);
    return std::move(ReadRuns(session, {&row, 1}).front());
  });
}

Run TrackingStore::GetRun(const std::string& run_id) {
  return database_.Read([&](Session& session) {
    const int64_t row = FindRun(session, run_id).run;
    return std::move(ReadRuns(session, {&row, 1}).front());
  });
}

RunInfo TrackingStore::UpdateRun(const std::string& run_id, const RunUpdate& update) {
  if (update.name) CheckText("run_name", *update.name, kMaxRunTagChars);
  return database_.Write([&](Session& session) {
    const RunRow row = FindActiveRun(session, run_id);
    if (update.status) {
      session.Run("update runs set status = ? where run = ?",
                  {std::string(RunStatusName(*update.status)), row.run});
    }
    if (update.end_ms) {
      const SqlValue end = *update.end_ms == 0 ? SqlValue() : SqlValue(*update.end_ms);
      session.Run("update runs set end_ms = ? where run = ?", {end, row.run});
    }
    if (update.name) {
      session.Run("update runs set name = ? where run = ?", {*update.name, row.run});
      PutPair(session, kRunTags, row.run, {std::string(kRunNameTag), *update.name});
    }
    return ReadRunInfo(session, run_id);
  });
}

void TrackingStore::DeleteRun(const std::string& run_id) {
  database_.Write([&](Session& session) {
    session.Run("update runs set deleted = 1 where run = ?", {FindActiveRun(session, run_id).run});
  });
}

void TrackingStore::RestoreRun(const std::string& run_id) {
  database_.Write([&](Session& session) {
    const RunRow row = FindRun(session, run_id);
    if (!row.deleted) {
      throw Error(
          Code::kInvalidArgument,
          StrCat("The run ", run_id, " must be in the 'deleted' state. Current state is active."),
          "there is nothing to restore");
    }
    RequireActiveExperiment(session, row.experiment_id);
    session.Run("update runs set deleted = 0 where run = ?", {row.run});
  });
}

Page<Run> TrackingStore::SearchRuns(const RunSearch& search) {
  const RunQuery query(search, database_.dialect());
  Page<Run> page;
  if (search.experiment_ids.empty()) return page;
  database_.Read(
      [&](Session& session) { page.items = ReadRuns(session, query.Select(session, &page.next)); });
  return page;
}

}  // namespace marquee::tracking
