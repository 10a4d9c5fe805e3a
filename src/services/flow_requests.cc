#include "services/flow_requests.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "flow/times.h"
#include "http/body.h"
#include "services/json_body.h"

namespace marquee {
namespace {

std::string DetailText(const Json& detail) {
  return detail.is_string() ? detail.AsString() : detail.Dump();
}

[[noreturn]] void RefuseUnknown(FlowApi api, const std::string& field, const Json& value) {
  if (api == FlowApi::kV1) {
    throw FlowRefusal(400, Code::kInvalidArgument, "Bad Request",
                      StrCat("{'", field, "': ['Unknown field.']}"));
  }
  Json problem = Json::MakeObject({{"type", "extra_forbidden"},
                                   {"loc", Json(Json::Array{"body", field})},
                                   {"msg", "Extra inputs are not permitted"},
                                   {"input", value}});
  throw FlowRefusal(422, Code::kInvalidArgument, "Unprocessable Entity",
                    Json(Json::Array{std::move(problem)}));
}

const Json* Given(const Json& body, std::string_view field) {
  const Json* const value = body.Find(field);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::vector<flow::RunState> RunStatesOf(FlowApi api, const std::vector<std::string>& names) {
  std::vector<flow::RunState> states;
  for (const std::string& name : names) states.push_back(RunStateOf(api, name));
  return states;
}

std::vector<flow::TaskState> TaskStatesOf(FlowApi api, const std::vector<std::string>& names) {
  std::vector<flow::TaskState> states;
  for (const std::string& name : names) {
    const auto state = flow::ParseTaskState(name);
    if (!state) RefuseFlowValue(api, "state", name, "the state of a task");
    states.push_back(*state);
  }
  return states;
}

std::optional<int64_t> QueryTime(const http::Request& request, std::string_view name) {
  const auto text = request.FindQuery(name);
  if (!text || text->empty()) return std::nullopt;
  // A '+' that was not escaped is a blank by now.
  const auto us = flow::ParseTime(ReplaceAll(*text, " ", "+"));
  if (!us) RefuseFlowValue(FlowApiOf(request), name, std::string(*text), "a date-time");
  return us;
}

std::vector<std::string> OrderOf(const http::Request& request) {
  std::vector<std::string> order;
  for (const std::string_view term : request.AllQuery("order_by")) order.emplace_back(term);
  return order;
}

std::vector<flow::RunType> RunTypesOf(const http::Request& request) {
  std::vector<flow::RunType> types;
  for (std::string name : FlowList(request, "run_type")) {
    if (name == "dataset_triggered" || name == "asset_triggered") name = "table";
    if (name == "operator_triggered") name = "triggered";
    const auto type = flow::ParseRunType(name);
    if (!type) RefuseFlowValue(FlowApiOf(request), "run_type", name, "a type of run");
    types.push_back(*type);
  }
  return types;
}

// Of a body: page_limit and page_offset.
FlowPage PageOfBody(FlowApi api, const Json& body) {
  const int64_t limit = FlowInt(api, body, "page_limit").value_or(100);
  const int64_t offset = FlowInt(api, body, "page_offset").value_or(0);
  if (limit < 0 || offset < 0) {
    RefuseFlowValue(api, limit < 0 ? "page_limit" : "page_offset", std::min(limit, offset),
                    "0 or more");
  }
  return {std::min<int64_t>(limit, 100), offset};
}

// "a" or ["a", ["b", 3]]: of a task that is mapped the client names the place too.
std::vector<std::string> TaskIdsOf(FlowApi api, const Json& body) {
  const Json* const list = Given(body, "task_ids");
  if (list == nullptr) return {};
  if (!list->is_array()) RefuseFlowValue(api, "task_ids", *list, "a list");
  std::vector<std::string> ids;
  for (const Json& each : list->AsArray()) {
    const Json& id = each.is_array() && each.size() > 0 ? each.AsArray().front() : each;
    if (!id.is_string()) RefuseFlowValue(api, "task_ids", each, "a task id");
    ids.push_back(id.AsString());
  }
  return ids;
}

}  // namespace

FlowRefusal::FlowRefusal(int status, Code code, std::string title, Json detail)
    : StatusError(status, code, DetailText(detail)),
      title_(std::move(title)),
      detail_(std::move(detail)) {}

FlowApi FlowApiOf(const http::Request& request) {
  return request.path.starts_with("/api/v2") ? FlowApi::kV2 : FlowApi::kV1;
}

void RefuseFlowValue(FlowApi api, std::string_view field, const Json& value,
                     std::string_view wanted) {
  if (api == FlowApi::kV1) {
    throw FlowRefusal(400, Code::kInvalidArgument, "Bad Request",
                      StrCat(field, " is ", value.Dump(), ": must be ", wanted));
  }
  Json problem = Json::MakeObject({{"type", "value_error"},
                                   {"loc", Json(Json::Array{"body", std::string(field)})},
                                   {"msg", StrCat("Input should be ", wanted)},
                                   {"input", value}});
  throw FlowRefusal(422, Code::kInvalidArgument, "Unprocessable Entity",
                    Json(Json::Array{std::move(problem)}));
}

Json FlowBody(const http::Request& request, std::initializer_list<std::string_view> known) {
  const FlowApi api = FlowApiOf(request);
  const std::string type = AsciiLower(request.FindHeader("Content-Type").value_or(""));
  if (!type.starts_with("application/json")) {
    throw FlowRefusal(api == FlowApi::kV1 ? 415 : 422, Code::kInvalidArgument,
                      "Unsupported Media Type",
                      StrCat("Content-Type is '", type, "': must be application/json"));
  }
  Json body;
  try {
    body = Json::Parse(http::DecodedBody(request, kMaxJsonBodyBytes));
  } catch (const http::StatusError&) {
    throw;
  } catch (const Error& error) {
    throw FlowRefusal(api == FlowApi::kV1 ? 400 : 422, Code::kInvalidArgument, "Bad Request",
                      error.message());
  }
  if (!body.is_object()) RefuseFlowValue(api, "body", body, "an object");
  for (const auto& [field, value] : body.AsObject()) {
    if (std::ranges::find(known, field) == known.end()) RefuseUnknown(api, field, value);
  }
  return body;
}

std::optional<std::string> FlowText(FlowApi api, const Json& body, std::string_view field) {
  const Json* const value = Given(body, field);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) RefuseFlowValue(api, field, *value, "a string");
  return value->AsString();
}

std::optional<int64_t> FlowInt(FlowApi api, const Json& body, std::string_view field) {
  const Json* const value = Given(body, field);
  if (value == nullptr) return std::nullopt;
  if (!value->is_int()) RefuseFlowValue(api, field, *value, "an integer");
  return value->AsInt();
}

bool FlowBool(FlowApi api, const Json& body, std::string_view field, bool fallback) {
  const Json* const value = Given(body, field);
  if (value == nullptr) return fallback;
  if (!value->is_bool()) RefuseFlowValue(api, field, *value, "true or false");
  return value->AsBool();
}

std::optional<int64_t> FlowTimeField(FlowApi api, const Json& body, std::string_view field) {
  const std::optional<std::string> text = FlowText(api, body, field);
  if (!text) return std::nullopt;
  const auto us = flow::ParseTime(*text);
  if (!us) RefuseFlowValue(api, field, *text, "a date-time");
  return us;
}

std::vector<std::string> FlowTexts(FlowApi api, const Json& body, std::string_view field) {
  const Json* const value = Given(body, field);
  if (value == nullptr) return {};
  if (!value->is_array()) RefuseFlowValue(api, field, *value, "a list of strings");
  std::vector<std::string> texts;
  for (const Json& each : value->AsArray()) {
    if (!each.is_string()) RefuseFlowValue(api, field, *value, "a list of strings");
    texts.push_back(each.AsString());
  }
  return texts;
}

FlowPage FlowPageOf(const http::Request& request) {
  const FlowApi api = FlowApiOf(request);
  const auto number = [&](std::string_view name, int64_t fallback) {
    const auto text = request.FindQuery(name);
    if (!text) return fallback;
    const auto value = ParseInt(*text);
    if (!value || *value < 0) RefuseFlowValue(api, name, std::string(*text), "0 or more");
    return *value;
  };
  const int64_t limit = number("limit", api == FlowApi::kV1 ? 100 : 50);
  return {std::min<int64_t>(limit, 100), number("offset", 0)};
}

std::vector<std::string> FlowList(const http::Request& request, std::string_view name) {
  std::vector<std::string> values;
  for (const std::string_view value : request.AllQuery(name)) {
    for (const std::string_view part : Split(value, ",")) {
      if (!part.empty()) values.emplace_back(part);
    }
  }
  return values;
}

std::optional<bool> FlowFlag(const http::Request& request, std::string_view name) {
  const auto text = request.FindQuery(name);
  if (!text) return std::nullopt;
  const std::string lower = AsciiLower(*text);
  if (lower == "true" || lower == "1") return true;
  if (lower == "false" || lower == "0") return false;
  RefuseFlowValue(FlowApiOf(request), name, std::string(*text), "true or false");
}

flow::RunState RunStateOf(FlowApi api, const Json& value) {
  const auto state = value.is_string() ? flow::ParseRunState(value.AsString()) : std::nullopt;
  if (!state) RefuseFlowValue(api, "state", value, "'queued', 'running', 'success' or 'failed'");
  return *state;
}

flow::RunSearch RunSearchOfQuery(const http::Request& request) {
  const FlowPage page = FlowPageOf(request);
  const bool v1 = FlowApiOf(request) == FlowApi::kV1;
  flow::RunSearch search;
  if (request.PathParam("dag_id") != "~") search.dag_ids = {request.PathParam("dag_id")};
  search.states = RunStatesOf(FlowApiOf(request), FlowList(request, "state"));
  search.types = RunTypesOf(request);
  search.logical_from_us = QueryTime(request, v1 ? "execution_date_gte" : "logical_date_gte");
  search.logical_to_us = QueryTime(request, v1 ? "execution_date_lte" : "logical_date_lte");
  search.start_from_us = QueryTime(request, "start_date_gte");
  search.start_to_us = QueryTime(request, "start_date_lte");
  search.end_from_us = QueryTime(request, "end_date_gte");
  search.end_to_us = QueryTime(request, "end_date_lte");
  search.order_by = OrderOf(request);
  search.offset = page.offset;
  search.limit = page.limit;
  return search;
}

flow::RunSearch RunSearchOfBody(const http::Request& request) {
  const FlowApi api = FlowApiOf(request);
  const Json body = FlowBody(
      request, {"order_by", "page_offset", "page_limit", "dag_ids", "dag_run_ids", "states",
                "execution_date_gte", "execution_date_lte", "logical_date_gte", "logical_date_lte",
                "start_date_gte", "start_date_lte", "end_date_gte", "end_date_lte"});
  const FlowPage page = PageOfBody(api, body);
  flow::RunSearch search;
  search.dag_ids = FlowTexts(api, body, "dag_ids");
  search.run_ids = FlowTexts(api, body, "dag_run_ids");
  search.states = RunStatesOf(api, FlowTexts(api, body, "states"));
  for (const char* name : {"execution_date_gte", "logical_date_gte"}) {
    if (const auto us = FlowTimeField(api, body, name)) search.logical_from_us = us;
  }
  for (const char* name : {"execution_date_lte", "logical_date_lte"}) {
    if (const auto us = FlowTimeField(api, body, name)) search.logical_to_us = us;
  }
  search.start_from_us = FlowTimeField(api, body, "start_date_gte");
  search.start_to_us = FlowTimeField(api, body, "start_date_lte");
  search.end_from_us = FlowTimeField(api, body, "end_date_gte");
  search.end_to_us = FlowTimeField(api, body, "end_date_lte");
  if (const auto order = FlowText(api, body, "order_by")) search.order_by = {*order};
  search.offset = page.offset;
  search.limit = page.limit;
  return search;
}

flow::TaskSearch TaskSearchOfQuery(const http::Request& request) {
  const FlowPage page = FlowPageOf(request);
  flow::TaskSearch search;
  if (request.PathParam("dag_id") != "~") search.dag_ids = {request.PathParam("dag_id")};
  if (request.PathParam("dag_run_id") != "~") search.run_ids = {request.PathParam("dag_run_id")};
  search.task_ids = FlowList(request, "task_id");
  search.states = TaskStatesOf(FlowApiOf(request), FlowList(request, "state"));
  search.pools = FlowList(request, "pool");
  search.offset = page.offset;
  search.limit = page.limit;
  return search;
}

flow::TaskSearch TaskSearchOfBody(const http::Request& request) {
  const FlowApi api = FlowApiOf(request);
  const Json body = FlowBody(request, {"dag_ids", "dag_run_ids", "task_ids", "state", "states",
                                       "pool", "page_limit", "page_offset"});
  const FlowPage page = PageOfBody(api, body);
  flow::TaskSearch search;
  search.dag_ids = FlowTexts(api, body, "dag_ids");
  search.run_ids = FlowTexts(api, body, "dag_run_ids");
  search.task_ids = FlowTexts(api, body, "task_ids");
  search.pools = FlowTexts(api, body, "pool");
  search.states =
      TaskStatesOf(api, FlowTexts(api, body, body.Find("states") != nullptr ? "states" : "state"));
  search.offset = page.offset;
  search.limit = page.limit;
  return search;
}

flow::NewRun NewRunOf(const http::Request& request) {
  const FlowApi api = FlowApiOf(request);
  const Json body =
      api == FlowApi::kV1
          ? FlowBody(request, {"dag_run_id", "logical_date", "execution_date", "conf", "note",
                               "data_interval_start", "data_interval_end"})
          : FlowBody(request, {"dag_run_id", "logical_date", "run_after", "conf", "note",
                               "data_interval_start", "data_interval_end", "partition_key"});
  if (api == FlowApi::kV2 && body.Find("logical_date") == nullptr) {
    RefuseFlowValue(api, "logical_date", Json(), "given, if only as null");
  }
  flow::NewRun run;
  run.run_id = FlowText(api, body, "dag_run_id").value_or("");
  run.logical_us = FlowTimeField(api, body, "logical_date");
  if (!run.logical_us) run.logical_us = FlowTimeField(api, body, "execution_date");
  run.without_date = api == FlowApi::kV2 && !run.logical_us;
  run.run_after_us = FlowTimeField(api, body, "run_after");
  const auto start = FlowTimeField(api, body, "data_interval_start");
  const auto end = FlowTimeField(api, body, "data_interval_end");
  if (start.has_value() != end.has_value()) {
    RefuseFlowValue(api, "data_interval_start", Json(), "given with data_interval_end");
  }
  if (start) run.interval = flow::DataInterval{*start, *end};
  if (const Json* conf = Given(body, "conf")) {
    if (!conf->is_object()) RefuseFlowValue(api, "conf", *conf, "an object");
    run.conf = *conf;
  }
  run.note = FlowText(api, body, "note");
  run.triggered_by = "rest_api";
  run.user_name = request.caller.name;
  return run;
}

flow::ClearRequest ClearRequestOf(const http::Request& request) {
  const FlowApi api = FlowApiOf(request);
  const Json body =
      FlowBody(request, {"dry_run", "task_ids", "start_date", "end_date", "only_failed",
                         "only_running", "include_subdags", "include_parentdag", "reset_dag_runs",
                         "dag_run_id", "include_upstream", "include_downstream", "include_future",
                         "include_past", "run_on_latest_version", "prevent_running_task", "note"});
  flow::ClearRequest clear;
  clear.run_id = FlowText(api, body, "dag_run_id");
  clear.from_us = FlowTimeField(api, body, "start_date");
  clear.to_us = FlowTimeField(api, body, "end_date");
  clear.task_ids = TaskIdsOf(api, body);
  clear.downstream = FlowBool(api, body, "include_downstream", false);
  clear.upstream = FlowBool(api, body, "include_upstream", false);
  clear.only_failed = FlowBool(api, body, "only_failed", true);
  clear.only_running = FlowBool(api, body, "only_running", false);
  clear.reset_runs = FlowBool(api, body, "reset_dag_runs", api == FlowApi::kV2);
  clear.dry_run = FlowBool(api, body, "dry_run", true);
  clear.future = FlowBool(api, body, "include_future", false);
  clear.past = FlowBool(api, body, "include_past", false);
  return clear;
}

}  // namespace marquee
