#include "services/flow_json.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "flow/sla.h"
#include "flow/times.h"

namespace marquee {
namespace {

using flow::Schedule;

constexpr int64_t kDaySeconds = 86'400;

// Airflow's name of a moment has six digits behind the point always.
std::string WithMicros(std::string text) {
  if (text.find('.') == std::string::npos) text.insert(19, ".000000");
  return text;
}

Json RenderDelta(int64_t us) {
  const int64_t seconds = us / flow::kSecondUs;
  return Json::MakeObject({{"__type", "TimeDelta"},
                           {"days", seconds / kDaySeconds},
                           {"seconds", seconds % kDaySeconds},
                           {"microseconds", us % flow::kSecondUs}});
}

Json DeltaOrNull(int64_t ms) { return ms == 0 ? Json() : RenderDelta(ms * 1000); }

Json ScheduleInterval(const flow::Dag& dag) {
  switch (dag.schedule.kind()) {
    case Schedule::Kind::kCron:
    case Schedule::Kind::kOnce:
      return Json::MakeObject({{"__type", "CronExpression"}, {"value", dag.schedule.text()}});
    case Schedule::Kind::kEvery:
      return RenderDelta(dag.schedule.every_us());
    default:
      return Json();
  }
}

std::string TimetableDescription(const flow::Dag& dag) {
  switch (dag.schedule.kind()) {
    case Schedule::Kind::kManual:
      return "Never, external triggers only";
    case Schedule::Kind::kTables:
      return StrCat("Triggered by new versions of ", dag.schedule.text());
    default:
      return StrCat("Schedule ", dag.schedule.text(), " in ", dag.time_zone);
  }
}

Json RenderTags(FlowApi api, const flow::Dag& dag) {
  Json tags = Json::MakeArray();
  for (const std::string& name : dag.tags) {
    Json tag = Json::MakeObject({{"name", name}});
    if (api == FlowApi::kV2) {
      tag["dag_id"] = dag.id;
      tag["dag_display_name"] = dag.id;
    }
    tags.Append(std::move(tag));
  }
  return tags;
}

std::string FileOf(const flow::Dag& dag) { return dag.file.empty() ? "marquee" : dag.file; }

// The next run by schedule.
void AddNext(FlowApi api, const FlowDag& of, Json* json) {
  const flow::Dag& dag = *of.dag;
  const auto next = dag.schedule.Next({.start_us = dag.start_us.value_or(of.record.created_us),
                                       .end_us = dag.end_us,
                                       .catchup = dag.catchup},
                                      of.record.last_end_us, of.now_us);
  std::optional<int64_t> start, end;
  if (next) {
    start = next->start_us;
    end = next->end_us;
  }
  (*json)[api == FlowApi::kV1 ? "next_dagrun" : "next_dagrun_logical_date"] = FlowTime(api, start);
  (*json)["next_dagrun_data_interval_start"] = FlowTime(api, start);
  (*json)["next_dagrun_data_interval_end"] = FlowTime(api, end);
  (*json)[api == FlowApi::kV1 ? "next_dagrun_create_after" : "next_dagrun_run_after"] =
      FlowTime(api, end);
}

void AddOnlyV1(const FlowDag& of, Json* json) {
  const flow::Dag& dag = *of.dag;
  (*json)["root_dag_id"] = Json();
  (*json)["is_active"] = of.record.active;
  (*json)["is_subdag"] = false;
  (*json)["last_pickled"] = Json();
  (*json)["scheduler_lock"] = Json();
  (*json)["pickle_id"] = Json();
  (*json)["default_view"] = "grid";
  (*json)["schedule_interval"] = ScheduleInterval(dag);
}

void AddOnlyV2(const FlowDag& of, Json* json) {
  const flow::Dag& dag = *of.dag;
  const bool manual = dag.schedule.kind() == Schedule::Kind::kManual;
  (*json)["is_stale"] = !of.record.active;
  (*json)["timetable_summary"] = manual ? Json() : Json(dag.schedule.text());
  (*json)["timetable_partitioned"] = false;
  (*json)["timetable_periodic"] =
      dag.schedule.kind() == Schedule::Kind::kCron || dag.schedule.kind() == Schedule::Kind::kEvery;
  (*json)["is_backfillable"] = true;
  (*json)["bundle_name"] = "dags-folder";
  (*json)["bundle_version"] = Json();
  (*json)["relative_fileloc"] = FileOf(dag).substr(FileOf(dag).rfind('/') + 1);
  (*json)["last_parse_duration"] = Json();
  (*json)["allowed_run_types"] = Json();
}

Json RenderParams(const flow::Dag& dag) {
  Json params = Json::MakeObject();
  for (const auto& [name, value] : dag.params.AsObject()) {
    params[name] = Json::MakeObject({{"__class", "airflow.models.param.Param"},
                                     {"value", value},
                                     {"description", Json()},
                                     {"schema", Json::MakeObject()}});
  }
  return params;
}

std::string RunTypeOf(FlowApi api, flow::RunType type) {
  const bool v1 = api == FlowApi::kV1;
  switch (type) {
    case flow::RunType::kScheduled:
      return "scheduled";
    case flow::RunType::kBackfill:
      return "backfill";
    case flow::RunType::kTable:
      return v1 ? "dataset_triggered" : "asset_triggered";
    case flow::RunType::kTriggered:
      return v1 ? "manual" : "operator_triggered";
    default:
      return "manual";
  }
}

// A name that clients take for a UUID, the same each time.
std::string UuidOf(const flow::TaskInstance& task) {
  const std::string hash = HashHex(HashKind::kMd5, StrCat(task.run, "#", task.task_id));
  const std::string_view hex = hash;
  return StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                hex.substr(16, 4), "-", hex.substr(20));
}

Json Number(const std::optional<int64_t>& value) { return value ? Json(*value) : Json(); }

Json DurationOf(const std::optional<int64_t>& start, const std::optional<int64_t>& end) {
  if (!start || !end) return Json();
  return static_cast<double>(*end - *start) / flow::kSecondUs;
}

Json StateOf(flow::TaskState state) {
  return state == flow::TaskState::kNone ? Json() : Json(flow::TaskStateName(state));
}

// Null for a task that is in time, or has no SLA.
Json SlaMissOf(const flow::TaskOfRun& of, const flow::Dag* dag, int64_t now_us) {
  const flow::Task* const task = dag == nullptr ? nullptr : dag->Find(of.task.task_id);
  if (task == nullptr || !flow::LateBy(*task, of.run, of.task, now_us)) return Json();
  return Json::MakeObject({{"task_id", of.task.task_id},
                           {"dag_id", of.run.dag_id},
                           {"execution_date", FlowTime(FlowApi::kV1, of.run.date_us())},
                           {"timestamp", FlowTime(FlowApi::kV1, flow::DueUs(*task, of.run))},
                           {"description", Json()},
                           {"email_sent", false},
                           {"notification_sent", false}});
}

void AddVersionedTask(FlowApi api, const flow::DagRun& run, const flow::TaskInstance& task,
                      Json* json) {
  if (api == FlowApi::kV1) {
    (*json)["execution_date"] = FlowTime(api, run.date_us());
    return;
  }
  (*json)["id"] = UuidOf(task);
  (*json)["logical_date"] = FlowTime(api, run.logical_us);
  (*json)["run_after"] = FlowTime(api, run.run_after_us);
  (*json)["scheduled_when"] = FlowTime(api, task.scheduled_us);
  (*json)["dag_version"] = Json();
  (*json)["dag_display_name"] = run.dag_id;
  (*json)["operator_name"] = task.operator_name;
}

Json TaskIds(const flow::Dag& dag, const std::vector<size_t>& places) {
  Json ids = Json::MakeArray();
  for (const size_t place : places) ids.Append(dag.tasks[place].id);
  return ids;
}

void AddTrend(const flow::TaskHistory& history, Json* json) {
  const auto real = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json();
  };
  const flow::Trend trend = flow::TrendOf(history);
  (*json)["latest_seconds"] = real(trend.latest_seconds);
  (*json)["before_seconds"] = real(trend.before_seconds);
  (*json)["change"] = real(trend.change());
  Json runs = Json::MakeArray();
  for (const flow::TaskPast& past : history.runs) {
    const auto cpu_ms = past.usage.cpu_ms;
    runs.Append(Json::MakeObject(
        {{"dag_run_id", past.run_id},
         {"logical_date", FlowTime(FlowApi::kV1, past.date_us)},
         {"state", flow::TaskStateName(past.state)},
         {"tries", past.tries},
         {"seconds", past.seconds},
         {"cpu_seconds", cpu_ms ? Json(static_cast<double>(*cpu_ms) / 1000) : Json()},
         {"peak_rss_bytes", Number(past.usage.peak_rss_bytes)}}));
  }
  (*json)["runs"] = std::move(runs);
}

}  // namespace

Json FlowTime(FlowApi api, const std::optional<int64_t>& us) {
  if (!us) return Json();
  return api == FlowApi::kV1 ? WithMicros(flow::FormatTime(*us))
                             : WithMicros(flow::FormatTimeZ(*us));
}

Json RenderFlowDag(FlowApi api, const FlowDag& of) {
  const flow::Dag& dag = *of.dag;
  Json json = Json::MakeObject({{"dag_id", dag.id},
                                {"dag_display_name", dag.id},
                                {"is_paused", of.record.paused},
                                {"last_parsed_time", FlowTime(api, of.parsed_us)},
                                {"last_expired", Json()},
                                {"fileloc", FileOf(dag)},
                                {"file_token", FileOf(dag)},
                                {"owners", Json(Json::Array{dag.owner})},
                                {"description", TextOrNull(dag.description)},
                                {"timetable_description", TimetableDescription(dag)},
                                {"tags", RenderTags(api, dag)},
                                {"max_active_tasks", dag.max_active_tasks},
                                {"max_active_runs", dag.max_active_runs},
                                {"max_consecutive_failed_dag_runs", 0},
                                {"has_task_concurrency_limits", false},
                                {"has_import_errors", of.has_errors}});
  AddNext(api, of, &json);
  if (api == FlowApi::kV1) {
    AddOnlyV1(of, &json);
  } else {
    AddOnlyV2(of, &json);
  }
  return json;
}

Json RenderFlowDagDetails(FlowApi api, const FlowDag& of) {
  const flow::Dag& dag = *of.dag;
  Json json = RenderFlowDag(api, of);
  json["catchup"] = dag.catchup;
  json["concurrency"] = dag.max_active_tasks;
  json["start_date"] = FlowTime(api, dag.start_us.value_or(of.record.created_us));
  json["end_date"] = FlowTime(api, dag.end_us);
  const Json timeout = DeltaOrNull(dag.run_timeout_ms);
  json["dag_run_timeout"] = api == FlowApi::kV1 || timeout.is_null()
                                ? timeout
                                : Json(StrCat("PT", dag.run_timeout_ms / 1000, "S"));
  json["doc_md"] = TextOrNull(dag.doc);
  json["params"] = RenderParams(dag);
  json["timezone"] = dag.time_zone;
  json["orientation"] = "LR";
  json["is_paused_upon_creation"] = Json();
  json["last_parsed"] = FlowTime(api, of.parsed_us);
  json["template_search_path"] = Json();
  json["template_searchpath"] = Json();
  json["render_template_as_native_obj"] = false;
  json["default_args"] = Json::MakeObject();
  json["owner_links"] = Json::MakeObject();
  if (api == FlowApi::kV1) {
    json["dataset_expression"] = Json();
  } else {
    json["asset_expression"] = Json();
    json["is_favorite"] = false;
    json["active_runs_count"] = of.running_runs;
    json["latest_dag_version"] = Json();
  }
  return json;
}

Json RenderFlowTask(FlowApi api, const flow::Dag& dag, const flow::Task& task) {
  const std::string operator_name(flow::OperatorName(task));
  Json json = Json::MakeObject(
      {{"class_ref",
        Json::MakeObject({{"module_path", "airflow.operators"}, {"class_name", operator_name}})},
       {"task_id", task.id},
       {"task_display_name", task.id},
       {"operator_name", operator_name},
       {"params", Json::MakeObject()},
       {"doc_md", TextOrNull(task.doc)},
       {"owner", task.owner},
       {"start_date", FlowTime(api, dag.start_us)},
       {"end_date", FlowTime(api, dag.end_us)},
       {"trigger_rule", flow::TriggerRuleName(task.trigger_rule)},
       {"extra_links", Json::MakeArray()},
       {"depends_on_past", task.depends_on_past},
       {"is_mapped", false},
       {"wait_for_downstream", task.wait_for_downstream},
       {"retries", task.retry.retries},
       {"queue", "default"},
       {"pool", task.pool},
       {"pool_slots", task.pool_slots},
       {"execution_timeout", DeltaOrNull(task.execution_timeout_ms)},
       {"retry_delay", RenderDelta(task.retry.delay_ms * 1000)},
       {"priority_weight", task.priority},
       {"weight_rule", "downstream"},
       {"ui_color", "#f0ede4"},
       {"ui_fgcolor", "#000"},
       {"template_fields", Json(Json::Array{"command", "env"})},
       {"downstream_task_ids", TaskIds(dag, task.downstream)}});
  if (api == FlowApi::kV1) {
    json["retry_exponential_backoff"] = task.retry.exponential;
  } else {
    json["retry_exponential_backoff"] = task.retry.exponential ? 2 : 0;
  }
  return json;
}

Json RenderFlowRun(FlowApi api, const flow::DagRun& run) {
  std::optional<int64_t> interval_start, interval_end;
  if (run.interval) {
    interval_start = run.interval->start_us;
    interval_end = run.interval->end_us;
  }
  Json json = Json::MakeObject(
      {{"dag_run_id", run.run_id},
       {"dag_id", run.dag_id},
       {"logical_date", FlowTime(api, api == FlowApi::kV1 ? run.date_us() : run.logical_us)},
       {"start_date", FlowTime(api, run.start_us)},
       {"end_date", FlowTime(api, run.end_us)},
       {"data_interval_start", FlowTime(api, interval_start)},
       {"data_interval_end", FlowTime(api, interval_end)},
       {"last_scheduling_decision", FlowTime(api, run.decided_us)},
       {"run_type", RunTypeOf(api, run.type)},
       {"state", flow::RunStateName(run.state)},
       {"conf", run.conf},
       {"note", run.note ? Json(*run.note) : Json()}});
  if (api == FlowApi::kV1) {
    json["execution_date"] = FlowTime(api, run.date_us());
    json["external_trigger"] =
        run.type == flow::RunType::kManual || run.type == flow::RunType::kTriggered;
    return json;
  }
  json["dag_display_name"] = run.dag_id;
  json["queued_at"] = FlowTime(api, run.queued_us);
  json["duration"] = DurationOf(run.start_us, run.end_us);
  json["run_after"] = FlowTime(api, run.run_after_us);
  json["triggered_by"] = run.triggered_by;
  json["triggering_user_name"] = TextOrNull(run.user_name);
  json["dag_versions"] = Json::MakeArray();
  json["bundle_version"] = Json();
  json["partition_key"] = Json();
  json["partition_date"] = Json();
  return json;
}

Json RenderFlowTaskInstance(FlowApi api, const flow::TaskOfRun& of, const flow::Dag* dag,
                            int64_t now_us) {
  const flow::DagRun& run = of.run;
  const flow::TaskInstance& task = of.task;
  Json json = Json::MakeObject({{"task_id", task.task_id},
                                {"task_display_name", task.task_id},
                                {"dag_id", run.dag_id},
                                {"dag_run_id", run.run_id},
                                {"start_date", FlowTime(api, task.start_us)},
                                {"end_date", FlowTime(api, task.end_us)},
                                {"duration", DurationOf(task.start_us, task.end_us)},
                                {"state", StateOf(task.state)},
                                {"try_number", task.try_number},
                                {"map_index", -1},
                                {"max_tries", task.max_tries},
                                {"hostname", task.hostname},
                                {"unixname", "marquee"},
                                {"pool", task.pool},
                                {"pool_slots", task.pool_slots},
                                {"queue", "default"},
                                {"priority_weight", task.priority_weight},
                                {"operator", task.operator_name},
                                {"queued_when", FlowTime(api, task.queued_us)},
                                {"pid", Number(task.pid)},
                                {"executor", Json()},
                                {"executor_config", "{}"},
                                {"rendered_map_index", Json()},
                                {"rendered_fields", Json::MakeObject()},
                                {"trigger", Json()},
                                {"triggerer_job", Json()},
                                {"note", task.note ? Json(*task.note) : Json()}});
  AddVersionedTask(api, run, task, &json);
  if (api == FlowApi::kV1) json["sla_miss"] = SlaMissOf(of, dag, now_us);
  return json;
}

Json RenderFlowPool(FlowApi api, const flow::Pool& pool) {
  Json json = Json::MakeObject({{"name", pool.name},
                                {"slots", pool.slots},
                                {"description", TextOrNull(pool.description)},
                                {"include_deferred", false},
                                {"occupied_slots", pool.occupied},
                                {"running_slots", pool.occupied},
                                {"queued_slots", 0},
                                {"scheduled_slots", pool.scheduled},
                                {"deferred_slots", 0},
                                {"open_slots", pool.slots - pool.occupied}});
  if (api == FlowApi::kV2) json["team_name"] = Json();
  return json;
}

Json RenderFlowStatistics(const std::vector<flow::TaskStatistics>& tasks,
                          const std::vector<flow::TaskHistory>& history) {
  Json json = Json::MakeArray();
  for (const flow::TaskStatistics& task : tasks) {
    Json item = Json::MakeObject(
        {{"task_id", task.task_id},
         {"tries", task.tries},
         {"success_rate", static_cast<double>(task.successes) / static_cast<double>(task.tries)},
         {"mean_seconds", task.mean_seconds},
         {"max_seconds", task.max_seconds},
         {"cpu_seconds", task.cpu_seconds},
         {"peak_rss_bytes", task.peak_rss_bytes}});
    const auto past = std::ranges::find(history, task.task_id, &flow::TaskHistory::task_id);
    if (past != history.end()) AddTrend(*past, &item);
    json.Append(std::move(item));
  }
  return json;
}

Json RenderFlowError(FlowApi api, const flow::DagError& error, int64_t id) {
  Json json = Json::MakeObject({{"import_error_id", id},
                                {"timestamp", FlowTime(api, error.at_us)},
                                {"filename", error.file},
                                {"stack_trace", error.message}});
  if (api == FlowApi::kV2) json["bundle_name"] = "dags-folder";
  return json;
}

}  // namespace marquee
