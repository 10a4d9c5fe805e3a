#include "services/tracking_routes.h"

#include <array>
#include <string>
#include <utility>

#include "base/text.h"
#include "base/version.h"
#include "services/tracking_requests.h"

namespace marquee {
namespace {

using http::Request;
using http::Response;
using http::Role;

constexpr std::array kBases = std::to_array<std::string_view>({"/api/2.0/", "/ajax-api/2.0/"});
// A batch of 100 params of 6,000 characters, each of them written as two \uXXXX, has 7 MB.
constexpr uint64_t kMaxCallBytes = 32 << 20;

// One call of the protocol; its path is below a base.
template <typename Service>
struct Call {
  const char* method;
  const char* path;
  Role role;
  Response (Service::*handler)(const Request&) const;
  bool audited = false;
};

template <typename Service>
using Calls = std::span<const Call<Service>>;

constexpr auto kRead = Role::kViewer;
constexpr auto kLog = Role::kService;
constexpr auto kManage = Role::kOperator;

using T = TrackingService;
constexpr Call<T> kRunCalls[] = {
    {"POST", "mlflow/experiments/create", kLog, &T::CreateExperiment},
    {"POST", "mlflow/experiments/search", kRead, &T::SearchExperiments},
    {"GET", "mlflow/experiments/search", kRead, &T::SearchExperiments},
    {"GET", "mlflow/experiments/list", kRead, &T::ListExperiments},
    {"GET", "mlflow/experiments/get", kRead, &T::GetExperiment},
    {"GET", "mlflow/experiments/get-by-name", kRead, &T::GetExperimentByName},
    {"POST", "mlflow/experiments/delete", kManage, &T::DeleteExperiment, true},
    {"POST", "mlflow/experiments/restore", kManage, &T::RestoreExperiment, true},
    {"POST", "mlflow/experiments/update", kLog, &T::UpdateExperiment},
    {"POST", "mlflow/experiments/set-experiment-tag", kLog, &T::SetExperimentTag},
    {"POST", "mlflow/experiments/delete-experiment-tag", kLog, &T::DeleteExperimentTag},
    {"POST", "mlflow/experiments/search-datasets", kRead, &T::SearchDatasets},
    {"POST", "mlflow/runs/create", kLog, &T::CreateRun},
    {"POST", "mlflow/runs/update", kLog, &T::UpdateRun},
    {"POST", "mlflow/runs/delete", kManage, &T::DeleteRun, true},
    {"POST", "mlflow/runs/restore", kManage, &T::RestoreRun, true},
    {"GET", "mlflow/runs/get", kRead, &T::GetRun},
    {"POST", "mlflow/runs/search", kRead, &T::SearchRuns},
    {"POST", "mlflow/runs/log-metric", kLog, &T::LogMetric},
    {"POST", "mlflow/runs/log-parameter", kLog, &T::LogParameter},
    {"POST", "mlflow/runs/set-tag", kLog, &T::SetTag},
    {"POST", "mlflow/runs/delete-tag", kLog, &T::DeleteTag},
    {"POST", "mlflow/runs/log-batch", kLog, &T::LogBatch},
    {"POST", "mlflow/runs/log-model", kLog, &T::LogModel},
    {"POST", "mlflow/runs/log-inputs", kLog, &T::LogInputs},
    {"POST", "mlflow/runs/outputs", kLog, &T::LogOutputs},
    {"GET", "mlflow/metrics/get-history", kRead, &T::GetHistory},
    {"GET", "mlflow/metrics/get-history-bulk", kRead, &T::GetHistoryBulk},
    {"GET", "mlflow/metrics/get-history-bulk-interval", kRead, &T::GetHistoryBulkInterval},
};

using L = LoggedModelService;
constexpr Call<L> kModelCalls[] = {
    {"POST", "mlflow/logged-models", kLog, &L::Create},
    {"POST", "mlflow/logged-models/search", kRead, &L::Search},
    {"GET", "mlflow/logged-models/{model_id}", kRead, &L::Get},
    {"PATCH", "mlflow/logged-models/{model_id}", kLog, &L::Finalize},
    {"DELETE", "mlflow/logged-models/{model_id}", kManage, &L::Delete, true},
    {"PATCH", "mlflow/logged-models/{model_id}/tags", kLog, &L::SetTags},
    {"DELETE", "mlflow/logged-models/{model_id}/tags/{tag_key*}", kLog, &L::DeleteTag},
    {"POST", "mlflow/logged-models/{model_id}/params", kLog, &L::LogParams},
    {"GET", "mlflow/logged-models/{model_id}/artifacts/directories", kRead, &L::ListArtifacts},
};

using R = RegistryService;
constexpr Call<R> kRegistryCalls[] = {
    {"POST", "mlflow/registered-models/create", kLog, &R::CreateModel, true},
    {"POST", "mlflow/registered-models/rename", kManage, &R::RenameModel, true},
    {"PATCH", "mlflow/registered-models/update", kLog, &R::UpdateModel, true},
    {"DELETE", "mlflow/registered-models/delete", kManage, &R::DeleteModel, true},
    {"GET", "mlflow/registered-models/get", kRead, &R::GetModel},
    {"GET", "mlflow/registered-models/search", kRead, &R::SearchModels},
    {"POST", "mlflow/registered-models/get-latest-versions", kRead, &R::GetLatestVersions},
    {"GET", "mlflow/registered-models/get-latest-versions", kRead, &R::GetLatestVersions},
    {"POST", "mlflow/registered-models/set-tag", kLog, &R::SetModelTag, true},
    {"DELETE", "mlflow/registered-models/delete-tag", kLog, &R::DeleteModelTag, true},
    {"POST", "mlflow/registered-models/alias", kManage, &R::SetAlias, true},
    {"DELETE", "mlflow/registered-models/alias", kManage, &R::DeleteAlias, true},
    {"GET", "mlflow/registered-models/alias", kRead, &R::GetVersionOfAlias},
    {"POST", "mlflow/model-versions/create", kLog, &R::CreateVersion, true},
    {"PATCH", "mlflow/model-versions/update", kLog, &R::UpdateVersion, true},
    {"DELETE", "mlflow/model-versions/delete", kManage, &R::DeleteVersion, true},
    {"GET", "mlflow/model-versions/get", kRead, &R::GetVersion},
    {"GET", "mlflow/model-versions/get-latest", kRead, &R::GetLatestVersions},
    {"GET", "mlflow/model-versions/search", kRead, &R::SearchVersions},
    {"GET", "mlflow/model-versions/get-download-uri", kRead, &R::GetDownloadUri},
    {"POST", "mlflow/model-versions/transition-stage", kManage, &R::TransitionStage, true},
    {"POST", "mlflow/model-versions/set-tag", kLog, &R::SetVersionTag, true},
    {"DELETE", "mlflow/model-versions/delete-tag", kLog, &R::DeleteVersionTag, true},
};

using A = ArtifactService;
constexpr Call<A> kArtifactCalls[] = {
    {"GET", "mlflow-artifacts/artifacts", kRead, &A::List},
    {"GET", "mlflow-artifacts/artifacts/{path*}", kRead, &A::Download},
    {"PUT", "mlflow-artifacts/artifacts/{path*}", kLog, &A::Upload},
    {"DELETE", "mlflow-artifacts/artifacts/{path*}", kManage, &A::Delete, true},
    {"POST", "mlflow-artifacts/mpu/create/{path*}", kLog, &A::RefuseMultipart},
    {"POST", "mlflow-artifacts/mpu/complete/{path*}", kLog, &A::RefuseMultipart},
    {"POST", "mlflow-artifacts/mpu/abort/{path*}", kLog, &A::RefuseMultipart},
    {"GET", "mlflow/artifacts/list", kRead, &A::ListOfRun},
};

template <typename Service>
void AddCalls(const Service* service, Calls<Service> calls, http::Router* router) {
  for (const std::string_view base : kBases) {
    for (const Call<Service>& call : calls) {
      const bool upload = std::string_view(call.method) == "PUT";
      http::Route& route = router->Add(
          call.method, StrCat(base, call.path), call.role,
          [service, handler = call.handler](const Request& request) {
            return (service->*handler)(request);
          },
          upload ? http::Runs::kStreaming : http::Runs::kOnWorker);
      route.max_body_bytes = kMaxCallBytes;
      route.audited = call.audited;
    }
  }
}

// As MLflow names them.
std::string_view ErrorCodeOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kFailedPrecondition:
      return "INVALID_PARAMETER_VALUE";
    case Code::kNotFound:
      return "RESOURCE_DOES_NOT_EXIST";
    case Code::kAlreadyExists:
      return "RESOURCE_ALREADY_EXISTS";
    case Code::kUnauthenticated:
      return "UNAUTHENTICATED";
    case Code::kPermissionDenied:
      return "PERMISSION_DENIED";
    case Code::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case Code::kUnavailable:
      return "TEMPORARILY_UNAVAILABLE";
    case Code::kDeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case Code::kCancelled:
      return "CANCELLED";
    case Code::kDataLoss:
      return "DATA_LOSS";
    case Code::kUnimplemented:
      return "NOT_IMPLEMENTED";
    default:
      return "INTERNAL_ERROR";
  }
}

// Clients of MLflow expect 400 where ours get 409 and 412.
int StatusOf(Code code) {
  const bool clients_mistake = code == Code::kAlreadyExists || code == Code::kFailedPrecondition;
  return clients_mistake ? 400 : HttpStatus(code);
}

Response ErrorAnswer(std::string_view error_code, const std::string& message, int status) {
  return http::Json(Json::MakeObject({{"error_code", error_code}, {"message", message}}), status);
}

}  // namespace

void AddTrackingRoutes(const TrackingServices* services, http::Router* router) {
  AddCalls<T>(services ? &services->runs : nullptr, kRunCalls, router);
  AddCalls<L>(services ? &services->models : nullptr, kModelCalls, router);
  AddCalls<R>(services ? &services->registry : nullptr, kRegistryCalls, router);
  AddCalls<A>(services ? &services->artifacts : nullptr, kArtifactCalls, router);
  router->Add("GET", "/version", Role::kPublic,
              [](const Request&) { return http::Html(std::string(Version())); });
}

void AnswerHealthAsMlflow(http::Router* router) {
  router->Rehandle([](http::Route* route) {
    if (route->pattern == "/health")
      route->handler = [](const Request&) { return http::Html("OK"); };
  });
}

bool IsTrackingPath(std::string_view path) {
  for (const std::string_view base : {"/api/2.0/mlflow", "/api/3.0/mlflow", "/ajax-api/2.0/mlflow",
                                      "/ajax-api/3.0/mlflow", "/v1/traces"}) {
    if (path.starts_with(base)) return true;
  }
  return false;
}

http::Middleware TrackingErrors() {
  return {"tracking-errors", "before the guard: its refusals too have the form that clients read",
          [](Request& request, const http::Next& next) {
            if (!IsTrackingPath(request.path)) return next(request);
            try {
              return next(request);
            } catch (const http::StatusError& error) {
              const bool no_route = error.status() == 405;
              Response response =
                  ErrorAnswer(no_route ? "ENDPOINT_NOT_FOUND" : ErrorCodeOf(error.code()),
                              error.message(), error.status());
              response.headers = error.headers();
              return response;
            } catch (const Error& error) {
              if (HttpStatus(error.code()) >= 500) throw;  // to be logged, too
              const bool no_route = request.matched == nullptr && error.code() == Code::kNotFound;
              return ErrorAnswer(no_route ? "ENDPOINT_NOT_FOUND" : ErrorCodeOf(error.code()),
                                 error.message(), StatusOf(error.code()));
            }
          }};
}

}  // namespace marquee
