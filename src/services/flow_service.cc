#include "services/flow_service.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "flow/times.h"
#include "services/flow_requests.h"

namespace marquee {
namespace {

// What clients of Airflow look at before they call.
constexpr std::string_view kLikeV1 = "2.11.2";
constexpr std::string_view kLikeV2 = "3.3.2";
constexpr int64_t kHealthyUs = 30 * flow::kSecondUs;

http::Response NoContent() {
  http::Response response;
  response.status = 204;
  return response;
}

[[noreturn]] void RefuseMissing(std::string title, std::string detail) {
  throw FlowRefusal(404, Code::kNotFound, std::move(title), std::move(detail));
}

// `body` with "limit" items from "offset" on.
template <typename T>
std::vector<T> PageOf(std::vector<T> items, const FlowPage& page) {
  const auto begin = std::min<size_t>(static_cast<size_t>(page.offset), items.size());
  const auto end = std::min<size_t>(begin + static_cast<size_t>(page.limit), items.size());
  return {items.begin() + static_cast<ptrdiff_t>(begin),
          items.begin() + static_cast<ptrdiff_t>(end)};
}

http::Response ListAnswer(std::string_view name, Json items, int64_t total) {
  Json json = Json::MakeObject();
  json[name] = std::move(items);
  json["total_entries"] = total;
  return http::Json(json);
}

// SQL's like, without its escapes: '%' stands for any text.
bool FitsPattern(std::string_view text, std::string_view pattern) {
  const std::vector<std::string_view> parts = Split(pattern, "%");
  if (parts.size() == 1) return text.find(pattern) != std::string_view::npos;
  if (!text.starts_with(parts.front())) return false;
  size_t at = parts.front().size();
  for (size_t i = 1; i + 1 < parts.size(); ++i) {
    const size_t found = text.find(parts[i], at);
    if (found == std::string_view::npos) return false;
    at = found + parts[i].size();
  }
  return text.size() >= at + parts.back().size() && text.ends_with(parts.back());
}

bool FitsQuery(const http::Request& request, const FlowDag& dag) {
  const std::optional<bool> paused = FlowFlag(request, "paused");
  if (paused && *paused != dag.record.paused) return false;
  const auto pattern = request.FindQuery("dag_id_pattern");
  if (pattern && !FitsPattern(dag.dag->id, *pattern)) return false;
  const std::vector<std::string> tags = FlowList(request, "tags");
  return tags.empty() || std::ranges::any_of(tags, [&](const std::string& tag) {
           return std::ranges::find(dag.dag->tags, tag) != dag.dag->tags.end();
         });
}

void OrderDags(const http::Request& request, std::vector<FlowDag>* dags) {
  for (const std::string_view term : request.AllQuery("order_by")) {
    const bool descending = term.starts_with('-');
    const std::string_view name = term.substr(descending ? 1 : 0);
    if (name != "dag_id" && name != "dag_display_name") {
      RefuseFlowValue(FlowApiOf(request), "order_by", std::string(term), "dag_id");
    }
    if (descending) std::ranges::reverse(*dags);
  }
}

}  // namespace

flow::DagPtr FlowService::DagOf(const http::Request& request) const {
  const std::string& dag_id = request.PathParam("dag_id");
  if (flow::DagPtr dag = dags_.Current()->Find(dag_id)) return dag;
  RefuseMissing("DAG not found", FlowApiOf(request) == FlowApi::kV1
                                     ? StrCat("The DAG with dag_id: ", dag_id, " was not found")
                                     : StrCat("The Dag with ID: `", dag_id, "` was not found"));
}

flow::DagRun FlowService::RunOf(const http::Request& request) const {
  const std::string& dag_id = request.PathParam("dag_id");
  const std::string& run_id = request.PathParam("dag_run_id");
  try {
    return store_.GetRun(dag_id, run_id);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    RefuseMissing("DAGRun not found", FlowApiOf(request) == FlowApi::kV1
                                          ? error.message()
                                          : StrCat("The DagRun with dag_id: `", dag_id,
                                                   "` and run_id: `", run_id, "` was not found"));
  }
}

flow::TaskOfRun FlowService::TaskOf(const http::Request& request) const {
  const flow::DagRun run = RunOf(request);
  try {
    return store_.GetTask(run.dag_id, run.run_id, request.PathParam("task_id"));
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    RefuseMissing("Task instance not found",
                  StrCat("The Task Instance with dag_id: `", run.dag_id, "`, run_id: `", run.run_id,
                         "` and task_id: `", request.PathParam("task_id"), "` was not found"));
  }
}

FlowDag FlowService::Known(const flow::DagPtr& dag) const {
  FlowDag known{.dag = dag, .record = {.dag_id = dag->id, .paused = true}};
  try {
    known.record = store_.GetDag(dag->id);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;  // declared a moment ago
  }
  const auto set = dags_.Current();
  known.has_errors = std::ranges::any_of(
      set->errors, [&](const flow::DagError& error) { return error.file == dag->file; });
  known.parsed_us = set->parsed_us;
  known.now_us = flow::NowUs(store_.clock());
  return known;
}

std::vector<FlowDag> FlowService::AllDags() const {
  const auto set = dags_.Current();
  std::map<std::string, flow::DagRecord> records;
  for (flow::DagRecord& record : store_.Dags()) records[record.dag_id] = std::move(record);
  std::vector<FlowDag> dags;
  for (const auto& [id, dag] : set->dags) {
    const auto record = records.find(id);
    FlowDag known{.dag = dag, .record = {.dag_id = id, .paused = true}};
    if (record != records.end()) known.record = record->second;
    known.has_errors = std::ranges::any_of(
        set->errors, [&, file = dag->file](const auto& error) { return error.file == file; });
    known.parsed_us = set->parsed_us;
    known.now_us = flow::NowUs(store_.clock());
    dags.push_back(std::move(known));
  }
  return dags;
}

http::Response FlowService::Health(const http::Request& request) const {
  const FlowApi api = FlowApiOf(request);
  std::optional<int64_t> beat;
  std::string database = "healthy";
  try {
    beat = store_.LatestBeat();
  } catch (const Error&) {
    database = "unhealthy";
  }
  const bool alive = beat && flow::NowUs(store_.clock()) - *beat < kHealthyUs;
  const Json status = Json(alive ? "healthy" : "unhealthy");
  const auto part = [&](const char* heartbeat) {
    return Json::MakeObject({{"status", status}, {heartbeat, FlowTime(api, beat)}});
  };
  return http::Json(Json::MakeObject({{"metadatabase", Json::MakeObject({{"status", database}})},
                                      {"scheduler", part("latest_scheduler_heartbeat")},
                                      {"triggerer", part("latest_triggerer_heartbeat")},
                                      {"dag_processor", part("latest_dag_processor_heartbeat")}}));
}

http::Response FlowService::Version(const http::Request& request) const {
  return http::Json(
      Json::MakeObject({{"version", FlowApiOf(request) == FlowApi::kV1 ? kLikeV1 : kLikeV2},
                        {"git_version", Json()}}));
}

http::Response FlowService::Status(const http::Request& request) const {
  const FlowApi api = FlowApiOf(request);
  Json dags = Json::MakeArray();
  bool failed = false;
  for (const FlowDag& dag : AllDags()) {
    const auto runs =
        store_.SearchRuns({.dag_ids = {dag.dag->id}, .order_by = {"-start_date"}, .limit = 1});
    Json last;
    if (!runs.items.empty()) last = RenderFlowRun(api, runs.items[0]);
    failed = failed || last.GetString("state") == "failed";
    dags.Append(
        Json::MakeObject({{"dag_id", dag.dag->id},
                          {"is_paused", dag.record.paused},
                          {"last_run", std::move(last)},
                          {"runs", runs.total},
                          {"tasks", RenderFlowStatistics(store_.Statistics(dag.dag->id), {})}}));
  }
  return http::Json(
      Json::MakeObject({{"status", failed ? "degraded" : "ok"}, {"dags", std::move(dags)}}));
}

http::Response FlowService::History(const http::Request& request) const {
  const flow::DagPtr dag = DagOf(request);
  const int64_t runs = FlowPageOf(request).limit;
  return http::Json(
      Json::MakeObject({{"dag_id", dag->id},
                        {"tasks", RenderFlowStatistics(store_.Statistics(dag->id),
                                                       store_.History(dag->id, runs))}}));
}

http::Response FlowService::ListDags(const http::Request& request) const {
  std::vector<FlowDag> dags;
  for (FlowDag& dag : AllDags()) {
    if (FitsQuery(request, dag)) dags.push_back(std::move(dag));
  }
  OrderDags(request, &dags);
  const int64_t total = static_cast<int64_t>(dags.size());
  Json items = Json::MakeArray();
  for (const FlowDag& dag : PageOf(std::move(dags), FlowPageOf(request))) {
    items.Append(RenderFlowDag(FlowApiOf(request), dag));
  }
  return ListAnswer("dags", std::move(items), total);
}

http::Response FlowService::GetDag(const http::Request& request) const {
  return http::Json(RenderFlowDag(FlowApiOf(request), Known(DagOf(request))));
}

http::Response FlowService::GetDagDetails(const http::Request& request) const {
  FlowDag known = Known(DagOf(request));
  known.running_runs =
      store_
          .SearchRuns(
              {.dag_ids = {known.dag->id}, .states = {flow::RunState::kRunning}, .limit = 1})
          .total;
  return http::Json(RenderFlowDagDetails(FlowApiOf(request), known));
}

http::Response FlowService::ChangeDag(const http::Request& request) const {
  const FlowApi api = FlowApiOf(request);
  const flow::DagPtr dag = DagOf(request);
  // The client of version 1 sends its whole model; the mask says what counts.
  const Json body = api == FlowApi::kV1
                        ? FlowBody(request, {"is_paused", "dag_id", "owners", "tags"})
                        : FlowBody(request, {"is_paused"});
  if (body.Find("is_paused") == nullptr) RefuseFlowValue(api, "is_paused", Json(), "given");
  store_.SetPaused(dag->id, FlowBool(api, body, "is_paused", false));
  return http::Json(RenderFlowDag(api, Known(dag)));
}

http::Response FlowService::DeleteDag(const http::Request& request) const {
  store_.DeleteDag(DagOf(request)->id);
  return NoContent();
}

http::Response FlowService::ListTasks(const http::Request& request) const {
  const flow::DagPtr dag = DagOf(request);
  Json items = Json::MakeArray();
  for (const flow::Task& task : dag->tasks) {
    items.Append(RenderFlowTask(FlowApiOf(request), *dag, task));
  }
  return ListAnswer("tasks", std::move(items), static_cast<int64_t>(dag->tasks.size()));
}

http::Response FlowService::GetTask(const http::Request& request) const {
  const flow::DagPtr dag = DagOf(request);
  const flow::Task* const task = dag->Find(request.PathParam("task_id"));
  if (task == nullptr) {
    RefuseMissing("Task not found",
                  StrCat("Task with id ", request.PathParam("task_id"), " was not found"));
  }
  return http::Json(RenderFlowTask(FlowApiOf(request), *dag, *task));
}

http::Response FlowService::ListErrors(const http::Request& request) const {
  const auto set = dags_.Current();
  Json items = Json::MakeArray();
  int64_t id = 0;
  for (const flow::DagError& error : set->errors) {
    items.Append(RenderFlowError(FlowApiOf(request), error, ++id));
  }
  return ListAnswer("import_errors", std::move(items), id);
}

http::Response FlowService::ListPools(const http::Request& request) const {
  std::vector<flow::Pool> pools = store_.Pools();
  const int64_t total = static_cast<int64_t>(pools.size());
  Json items = Json::MakeArray();
  for (const flow::Pool& pool : PageOf(std::move(pools), FlowPageOf(request))) {
    items.Append(RenderFlowPool(FlowApiOf(request), pool));
  }
  return ListAnswer("pools", std::move(items), total);
}

http::Response FlowService::GetPool(const http::Request& request) const {
  return http::Json(
      RenderFlowPool(FlowApiOf(request), store_.GetPool(request.PathParam("pool_name"))));
}

http::Response FlowService::AddPool(const http::Request& request) const {
  const FlowApi api = FlowApiOf(request);
  const Json body = FlowBody(request, {"name", "slots", "description", "include_deferred"});
  const auto name = FlowText(api, body, "name");
  const auto slots = FlowInt(api, body, "slots");
  if (!name || !slots) RefuseFlowValue(api, name ? "slots" : "name", Json(), "given");
  for (const flow::Pool& pool : store_.Pools()) {
    if (pool.name != *name) continue;
    throw FlowRefusal(409, Code::kAlreadyExists, "Conflict",
                      StrCat("Pool: ", *name, " already exists"));
  }
  store_.SetPool(*name, *slots, FlowText(api, body, "description").value_or(""));
  return http::Json(RenderFlowPool(api, store_.GetPool(*name)), api == FlowApi::kV1 ? 200 : 201);
}

http::Response FlowService::ChangePool(const http::Request& request) const {
  const FlowApi api = FlowApiOf(request);
  const flow::Pool pool = store_.GetPool(request.PathParam("pool_name"));
  const Json body = FlowBody(request, {"name", "pool", "slots", "description", "include_deferred"});
  store_.SetPool(pool.name, FlowInt(api, body, "slots").value_or(pool.slots),
                 FlowText(api, body, "description"));
  return http::Json(RenderFlowPool(api, store_.GetPool(pool.name)));
}

http::Response FlowService::DeletePool(const http::Request& request) const {
  store_.DeletePool(request.PathParam("pool_name"));
  return NoContent();
}

}  // namespace marquee
