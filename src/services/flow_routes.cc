#include "services/flow_routes.h"

#include <array>
#include <string>
#include <utility>

#include "base/text.h"
#include "services/flow_requests.h"

namespace marquee {
namespace {

using http::Request;
using http::Response;
using http::Role;

struct FlowCall {
  const char* method;
  const char* path;
  Role role;
  Response (FlowService::*handler)(const Request&) const;
  bool only_asks = false;  // though its method says otherwise
};

constexpr auto kAsk = Role::kViewer;
constexpr auto kChange = Role::kOperator;
using S = FlowService;

#define MARQUEE_RUN "dags/{dag_id}/dagRuns/{dag_run_id}"

// In both versions.
constexpr FlowCall kFlowCalls[] = {
    {"GET", "version", Role::kPublic, &S::Version},
    {"GET", "dags", kAsk, &S::ListDags},
    {"GET", "dags/{dag_id}", kAsk, &S::GetDag},
    {"PATCH", "dags/{dag_id}", kChange, &S::ChangeDag},
    {"DELETE", "dags/{dag_id}", kChange, &S::DeleteDag},
    {"GET", "dags/{dag_id}/details", kAsk, &S::GetDagDetails},
    {"GET", "dags/{dag_id}/tasks", kAsk, &S::ListTasks},
    {"GET", "dags/{dag_id}/tasks/{task_id}", kAsk, &S::GetTask},
    {"POST", "dags/{dag_id}/clearTaskInstances", kChange, &S::ClearTasks},
    {"GET", "dags/{dag_id}/dagRuns", kAsk, &S::ListRuns},
    {"POST", "dags/{dag_id}/dagRuns", kChange, &S::Trigger},
    {"POST", "dags/{dag_id}/dagRuns/list", kAsk, &S::SearchRuns, true},
    {"GET", MARQUEE_RUN, kAsk, &S::GetRun},
    {"PATCH", MARQUEE_RUN, kChange, &S::ChangeRun},
    {"DELETE", MARQUEE_RUN, kChange, &S::DeleteRun},
    {"POST", MARQUEE_RUN "/clear", kChange, &S::ClearRun},
    {"GET", MARQUEE_RUN "/taskInstances", kAsk, &S::ListTaskInstances},
    {"POST", MARQUEE_RUN "/taskInstances/list", kAsk, &S::SearchTaskInstances, true},
    {"GET", MARQUEE_RUN "/taskInstances/{task_id}", kAsk, &S::GetTaskInstance},
    {"GET", MARQUEE_RUN "/taskInstances/{task_id}/tries", kAsk, &S::ListTries},
    {"GET", MARQUEE_RUN "/taskInstances/{task_id}/logs/{try_number}", kAsk, &S::GetLog},
    {"GET", "importErrors", kAsk, &S::ListErrors},
    {"GET", "pools", kAsk, &S::ListPools},
    {"POST", "pools", kChange, &S::AddPool},
    {"GET", "pools/{pool_name}", kAsk, &S::GetPool},
    {"PATCH", "pools/{pool_name}", kChange, &S::ChangePool},
    {"DELETE", "pools/{pool_name}", kChange, &S::DeletePool},
};
constexpr FlowCall kFlowCallsV1[] = {
    {"GET", "health", Role::kPublic, &S::Health},
    {"GET", "pipeline/status", kAsk, &S::Status},
    {"GET", "pipeline/dags/{dag_id}/history", kAsk, &S::History},
    {"PATCH", MARQUEE_RUN "/setNote", kChange, &S::SetNote},
    {"POST", "dags/{dag_id}/updateTaskInstancesState", kChange, &S::SetTaskStates},
};
constexpr FlowCall kFlowCallsV2[] = {
    {"GET", "monitor/health", Role::kPublic, &S::Health},
};

#undef MARQUEE_RUN

void AddFlowCalls(const FlowService* flow, std::string_view base, std::span<const FlowCall> calls,
                  http::Router* router) {
  for (const FlowCall& call : calls) {
    http::Route& route = router->Add(
        call.method, StrCat(base, call.path), call.role,
        [flow, handler = call.handler](const Request& request) {
          return (flow->*handler)(request);
        },
        http::Runs::kOnWorker);
    route.audited = std::string_view(call.method) != "GET" && !call.only_asks;
  }
}

std::string_view TypeOf(int status) {
  switch (status) {
    case 401:
      return "Unauthenticated";
    case 403:
      return "PermissionDenied";
    case 404:
      return "NotFound";
    case 405:
      return "MethodNotAllowed";
    case 409:
      return "AlreadyExists";
    default:
      return status >= 500 ? "Unknown" : "BadRequest";
  }
}

Response ProblemV1(int status, std::string title, const std::string& detail, bool known) {
  constexpr std::string_view kReference =
      "https://airflow.apache.org/docs/apache-airflow/2.11.2/stable-rest-api-ref.html#section/"
      "Errors/";
  if (title.empty()) title = http::ReasonPhrase(status);
  Response response = http::Json(
      Json::MakeObject({{"type", known ? StrCat(kReference, TypeOf(status)) : "about:blank"},
                        {"title", std::move(title)},
                        {"status", status},
                        {"detail", detail}}),
      status);
  response.content_type = "application/problem+json";
  return response;
}

Response ErrorAnswer(const Request& request, const Error& error, int status) {
  const auto* const refusal = dynamic_cast<const FlowRefusal*>(&error);
  const bool no_route = request.matched == nullptr;
  if (request.path.starts_with("/api/v1")) {
    return ProblemV1(status, refusal == nullptr ? "" : refusal->title(), error.message(),
                     !no_route && status != 415);
  }
  if (no_route && status == 404) {
    return http::Json(Json::MakeObject({{"error", "API route not found"}}), 404);
  }
  const Json detail = refusal == nullptr ? Json(error.message()) : refusal->detail();
  return http::Json(Json::MakeObject({{"detail", detail}}), status);
}

}  // namespace

void AddFlowRoutes(const FlowService* flow, const AuthService* auth, http::Router* router) {
  AddFlowCalls(flow, "/api/v1/", kFlowCalls, router);
  AddFlowCalls(flow, "/api/v1/", kFlowCallsV1, router);
  AddFlowCalls(flow, "/api/v2/", kFlowCalls, router);
  AddFlowCalls(flow, "/api/v2/", kFlowCallsV2, router);
  router->Add(
      "POST", "/auth/token", Role::kPublic,
      [auth](const Request& request) { return auth->TokenForAirflow(request); },
      http::Runs::kOnWorker);
}

void AnswerHealthAsAirflow(const FlowService* flow, http::Router* router) {
  router->Rehandle([flow](http::Route* route) {
    if (route->pattern != "/health") return;
    route->runs = http::Runs::kOnWorker;
    route->handler = [flow](const Request& request) { return flow->Health(request); };
  });
}

bool IsFlowPath(std::string_view path) {
  return path.starts_with("/api/v1/") || path.starts_with("/api/v2/") || path == "/auth/token";
}

http::Middleware FlowErrors() {
  return {"flow-errors", "before the guard: its refusals too have the form that clients read",
          [](Request& request, const http::Next& next) {
            if (!IsFlowPath(request.path)) return next(request);
            try {
              return next(request);
            } catch (const http::StatusError& error) {
              Response response = ErrorAnswer(request, error, error.status());
              response.headers = error.headers();
              return response;
            } catch (const Error& error) {
              if (HttpStatus(error.code()) >= 500) throw;  // to be logged, too
              const bool conflict = error.code() == Code::kFailedPrecondition;
              return ErrorAnswer(request, error, conflict ? 409 : HttpStatus(error.code()));
            }
          }};
}

}  // namespace marquee
