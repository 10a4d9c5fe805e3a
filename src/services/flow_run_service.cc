// FlowService: runs, task instances and logs.
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "flow/launch.h"
#include "flow/task_process.h"
#include "flow/times.h"
#include "services/flow_requests.h"
#include "services/flow_service.h"

namespace marquee {
namespace {

http::Response Answer(std::string_view name, Json items, int64_t total) {
  Json json = Json::MakeObject();
  json[name] = std::move(items);
  json["total_entries"] = total;
  return http::Json(json);
}

http::Response RunsAnswer(FlowApi api, const flow::Found<flow::DagRun>& found) {
  Json items = Json::MakeArray();
  for (const flow::DagRun& run : found.items) items.Append(RenderFlowRun(api, run));
  return Answer("dag_runs", std::move(items), found.total);
}

// What comes of a bad order, as the protocol has it.
template <typename Body>
auto WithRefusals(const Body& body) {
  try {
    return body();
  } catch (const http::StatusError&) {
    throw;
  } catch (const Error& error) {
    if (error.code() != Code::kInvalidArgument) throw;
    throw FlowRefusal(400, Code::kInvalidArgument, "Bad Request", error.message());
  }
}

constexpr int64_t kMaxLogBytes = 16 << 20;  // of an answer: the end of a longer one

std::string ReadLog(const std::filesystem::path& file) {
  std::string text;
  try {
    text = ReadFile(file);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    return "There is no log of this try.\n";
  }
  if (text.size() > kMaxLogBytes) text = text.substr(text.size() - kMaxLogBytes);
  return ToValidUtf8(text);
}

// A text as Python writes it.
std::string PythonText(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      if (c == '\'' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + "'";
}

http::Response TextAnswer(std::string type, std::string body) {
  http::Response response;
  response.content_type = std::move(type);
  response.body = std::move(body);
  return response;
}

http::Response LogV1(const http::Request& request, const std::string& host,
                     const std::string& log) {
  const std::string accept = AsciiLower(request.FindHeader("Accept").value_or(""));
  if (accept.find("application/json") == std::string::npos &&
      accept.find("text/plain") != std::string::npos) {
    return TextAnswer("text/plain; charset=utf-8", StrCat(host, "\n", log));
  }
  // What clients of version 1 demand, though nothing comes after it: {"end_of_log": true}.
  constexpr std::string_view kEndOfLog = "eyJlbmRfb2ZfbG9nIjp0cnVlfQ";
  return http::Json(
      Json::MakeObject({{"continuation_token", kEndOfLog},
                        {"content", StrCat("[(", PythonText(host), ", ", PythonText(log), ")]")}}));
}

// "[2026-11-21T02:40:06+00:00] marquee: text" is an event with a time of its own.
Json LogEvent(std::string_view line) {
  Json event = Json::MakeObject();
  const size_t end = line.starts_with('[') ? line.find("] marquee: ") : std::string_view::npos;
  const auto us =
      end == std::string_view::npos ? std::nullopt : flow::ParseTime(line.substr(1, end - 1));
  event["event"] = us ? line.substr(end + 11) : line;
  event["timestamp"] = FlowTime(FlowApi::kV2, us);
  event["level"] = "info";
  event["logger"] = us ? "marquee" : "task";
  return event;
}

http::Response LogV2(const http::Request& request, const std::string& log) {
  std::vector<Json> events;
  for (const std::string_view line : Split(log, "\n")) {
    if (!line.empty()) events.push_back(LogEvent(line));
  }
  const std::string accept = AsciiLower(request.FindHeader("Accept").value_or(""));
  if (accept.find("x-ndjson") != std::string::npos) {
    std::string lines;
    for (const Json& event : events) StrAppend(&lines, event.Dump(), "\n");
    return TextAnswer("application/x-ndjson", std::move(lines));
  }
  return http::Json(Json::MakeObject({{"content", Json(Json::Array(events.begin(), events.end()))},
                                      {"continuation_token", Json()}}));
}

}  // namespace

http::Response FlowService::ListRuns(const http::Request& request) const {
  if (request.PathParam("dag_id") != "~") DagOf(request);
  return WithRefusals(
      [&] { return RunsAnswer(FlowApiOf(request), store_.SearchRuns(RunSearchOfQuery(request))); });
}

http::Response FlowService::SearchRuns(const http::Request& request) const {
  return WithRefusals(
      [&] { return RunsAnswer(FlowApiOf(request), store_.SearchRuns(RunSearchOfBody(request))); });
}

http::Response FlowService::Trigger(const http::Request& request) const {
  const flow::DagPtr dag = DagOf(request);
  return WithRefusals([&] {
    return http::Json(RenderFlowRun(FlowApiOf(request), store_.Trigger(*dag, NewRunOf(request))));
  });
}

http::Response FlowService::GetRun(const http::Request& request) const {
  return http::Json(RenderFlowRun(FlowApiOf(request), RunOf(request)));
}

http::Response FlowService::ChangeRun(const http::Request& request) const {
  const FlowApi api = FlowApiOf(request);
  flow::DagRun run = RunOf(request);
  const Json body =
      api == FlowApi::kV1 ? FlowBody(request, {"state"}) : FlowBody(request, {"state", "note"});
  const Json* const state = body.Find("state");
  const Json* const note = body.Find("note");
  if (state == nullptr && note == nullptr) RefuseFlowValue(api, "state", Json(), "given");
  if (note != nullptr) run = store_.SetRunNote(run.dag_id, run.run_id, FlowText(api, body, "note"));
  if (state == nullptr) return http::Json(RenderFlowRun(api, run));
  const flow::RunState wanted = RunStateOf(api, *state);
  if (wanted == flow::RunState::kRunning) {
    RefuseFlowValue(api, "state", *state, "'queued', 'success' or 'failed'");
  }
  if (wanted != flow::RunState::kQueued) {
    return http::Json(RenderFlowRun(api, store_.SetRunState(run.dag_id, run.run_id, wanted)));
  }
  // As Airflow does: what has not succeeded runs again.
  const flow::DagPtr dag = DagOf(request);
  store_.Clear(*dag, {.run_id = run.run_id, .only_failed = true});
  return http::Json(RenderFlowRun(api, store_.SetRunState(run.dag_id, run.run_id, wanted)));
}

http::Response FlowService::SetNote(const http::Request& request) const {
  const FlowApi api = FlowApiOf(request);
  const flow::DagRun run = RunOf(request);
  const Json body = FlowBody(request, {"note"});
  return http::Json(
      RenderFlowRun(api, store_.SetRunNote(run.dag_id, run.run_id, FlowText(api, body, "note"))));
}

http::Response FlowService::DeleteRun(const http::Request& request) const {
  const flow::DagRun run = RunOf(request);
  store_.DeleteRun(run.dag_id, run.run_id);
  std::error_code ignored;
  std::filesystem::remove_all(folder_ / "logs" / run.dag_id / run.run_id, ignored);
  http::Response response;
  response.status = 204;
  return response;
}

http::Response FlowService::ClearRun(const http::Request& request) const {
  const FlowApi api = FlowApiOf(request);
  const flow::DagPtr dag = DagOf(request);
  const flow::DagRun run = RunOf(request);
  const Json body =
      FlowBody(request, {"dry_run", "only_failed", "only_new", "run_on_latest_version", "note"});
  const bool dry_run = FlowBool(api, body, "dry_run", true);
  const auto cleared = store_.Clear(*dag, {.run_id = run.run_id,
                                           .only_failed = FlowBool(api, body, "only_failed", false),
                                           .dry_run = dry_run});
  if (dry_run) return TasksAnswer(api, cleared);
  return http::Json(RenderFlowRun(api, store_.GetRun(run.run)));
}

Json FlowService::Rendered(FlowApi api, const flow::TaskOfRun& of) const {
  const flow::DagPtr dag = dags_.Current()->Find(of.run.dag_id);
  flow::TaskOfRun shown = of;
  if (of.task.claim != 0) {
    shown.task.pid = flow::PidOf(
        flow::FilesOf(folder_, of.run, of.task.task_id, of.task.try_number), of.task.claim);
  }
  return RenderFlowTaskInstance(api, shown, dag.get(), flow::NowUs(store_.clock()));
}

http::Response FlowService::TasksAnswer(FlowApi api, const std::vector<flow::TaskOfRun>& tasks,
                                        int64_t total) const {
  Json items = Json::MakeArray();
  for (const flow::TaskOfRun& each : tasks) items.Append(Rendered(api, each));
  return Answer("task_instances", std::move(items), total);
}

http::Response FlowService::TasksAnswer(FlowApi api,
                                        const std::vector<flow::TaskOfRun>& tasks) const {
  return TasksAnswer(api, tasks, static_cast<int64_t>(tasks.size()));
}

http::Response FlowService::ListTaskInstances(const http::Request& request) const {
  if (request.PathParam("dag_id") != "~" && request.PathParam("dag_run_id") != "~") RunOf(request);
  const auto found = store_.SearchTasks(TaskSearchOfQuery(request));
  return TasksAnswer(FlowApiOf(request), found.items, found.total);
}

http::Response FlowService::SearchTaskInstances(const http::Request& request) const {
  const auto found = store_.SearchTasks(TaskSearchOfBody(request));
  return TasksAnswer(FlowApiOf(request), found.items, found.total);
}

http::Response FlowService::GetTaskInstance(const http::Request& request) const {
  return http::Json(Rendered(FlowApiOf(request), TaskOf(request)));
}

http::Response FlowService::ListTries(const http::Request& request) const {
  const flow::TaskOfRun found = TaskOf(request);
  std::vector<flow::TaskOfRun> tries;
  for (flow::TaskInstance& tried : store_.Tries(found.run, found.task.task_id)) {
    tries.push_back({found.run, std::move(tried)});
  }
  return TasksAnswer(FlowApiOf(request), tries);
}

http::Response FlowService::GetLog(const http::Request& request) const {
  const flow::TaskOfRun found = TaskOf(request);
  const auto number = ParseInt(request.PathParam("try_number"));
  if (!number || *number < 0 || *number > 1'000'000) {
    RefuseFlowValue(FlowApiOf(request), "try_number", request.PathParam("try_number"),
                    "the number of a try");
  }
  const std::string log = ReadLog(
      flow::FilesOf(folder_, found.run, found.task.task_id, static_cast<int>(*number)).log());
  return FlowApiOf(request) == FlowApi::kV1 ? LogV1(request, found.task.hostname, log)
                                            : LogV2(request, log);
}

http::Response FlowService::ClearTasks(const http::Request& request) const {
  const flow::DagPtr dag = DagOf(request);
  return TasksAnswer(FlowApiOf(request), store_.Clear(*dag, ClearRequestOf(request)));
}

http::Response FlowService::SetTaskStates(const http::Request& request) const {
  const FlowApi api = FlowApiOf(request);
  const flow::DagPtr dag = DagOf(request);
  const Json body =
      FlowBody(request, {"dry_run", "task_id", "dag_run_id", "execution_date", "include_upstream",
                         "include_downstream", "include_future", "include_past", "new_state"});
  const auto task_id = FlowText(api, body, "task_id");
  const auto state = FlowText(api, body, "new_state");
  const auto wanted = flow::ParseTaskState(state.value_or(""));
  if (!task_id || !wanted) {
    RefuseFlowValue(api, task_id ? "new_state" : "task_id", state ? Json(*state) : Json(),
                    "'success', 'failed' or 'skipped'");
  }
  flow::ClearRequest which{.run_id = FlowText(api, body, "dag_run_id"),
                           .from_us = FlowTimeField(api, body, "execution_date"),
                           .future = FlowBool(api, body, "include_future", false),
                           .past = FlowBool(api, body, "include_past", false),
                           .task_ids = {*task_id},
                           .downstream = FlowBool(api, body, "include_downstream", false),
                           .upstream = FlowBool(api, body, "include_upstream", false),
                           .dry_run = FlowBool(api, body, "dry_run", true)};
  which.to_us = which.from_us;
  if (!which.run_id && !which.from_us) RefuseFlowValue(api, "dag_run_id", Json(), "given");
  return WithRefusals([&] { return TasksAnswer(api, store_.SetTaskStates(*dag, which, *wanted)); });
}

}  // namespace marquee
