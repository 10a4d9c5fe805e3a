#include "services/routes.h"

#include <utility>

#include "services/index_page.h"

namespace marquee {
namespace {

void AddAuthRoutes(const AuthService& auth, http::Router* router) {
  using enum http::Role;
  using Request = http::Request;
  constexpr auto kOnWorker = http::Runs::kOnWorker;
  router->Add(
      "POST", "/oauth/token", kPublic, [&](const Request& r) { return auth.Token(r); }, kOnWorker);
  router->Add("GET", "/oauth/jwks", kPublic, [&](const Request& r) { return auth.PublicKeys(r); });
  router->Add(
      "GET", "/keys", kAdmin, [&](const Request& r) { return auth.ListKeys(r); }, kOnWorker);
  router->Add(
      "POST", "/keys", kAdmin, [&](const Request& r) { return auth.CreateKey(r); }, kOnWorker);
  router->Add(
      "DELETE", "/keys/{key_id}", kAdmin, [&](const Request& r) { return auth.RevokeKey(r); },
      kOnWorker);
  router->Add(
      "GET", "/audit", kAdmin, [&](const Request& r) { return auth.Audit(r); }, kOnWorker);
}

void AddModelRoutes(const ModelService& models, http::Router* router) {
  using enum http::Role;
  using Request = http::Request;
  const auto on_worker = [router](std::string method, std::string pattern, http::Role role,
                                  http::Handler handler) {
    router->Add(std::move(method), std::move(pattern), role, std::move(handler),
                http::Runs::kOnWorker);
  };
  on_worker("GET", "/models", kViewer, [&](const Request& r) { return models.List(r); });
  on_worker("POST", "/models/publish", kOperator,
            [&](const Request& r) { return models.Publish(r); });
  on_worker("POST", "/models/rollback", kOperator,
            [&](const Request& r) { return models.RollBack(r); });
  on_worker("PUT", "/models/shadow", kOperator,
            [&](const Request& r) { return models.StartShadow(r); });
  on_worker("DELETE", "/models/shadow", kOperator,
            [&](const Request& r) { return models.EndShadow(r); });
  on_worker("GET", "/experiments", kViewer,
            [&](const Request& r) { return models.Experiments(r); });
  on_worker("GET", "/experiments/{name}", kViewer,
            [&](const Request& r) { return models.ExperimentResults(r); });
}

}  // namespace

http::Router MakeRouter(const Services& services) {
  const RecommendService& recommend = services.recommend;
  const EventService& events = services.events;
  const StatusService& status = services.status;
  using enum http::Role;
  using Request = http::Request;
  http::Router router;
  router.Add("GET", "/", kPublic, [](const Request& r) { return Index(r); });
  router.Add("GET", "/health", kPublic, [&](const Request& r) { return status.Health(r); });
  router.Add("GET", "/status", kViewer, [&](const Request& r) { return status.Status(r); });
  router.Add("GET", "/metrics", kViewer, [&](const Request& r) { return status.Metrics(r); });
  router.Add("GET", "/recommend", kViewer,
             [&](const Request& r) { return recommend.Recommend(r); });
  router.Add("GET", "/recommend/{user_id}", kViewer,
             [&](const Request& r) { return recommend.RecommendTo(r); });
  router.Add("POST", "/recommend/session", kViewer,
             [&](const Request& r) { return recommend.Session(r); });
  router.Add(
      "POST", "/recommend/batch", kViewer, [&](const Request& r) { return recommend.Batch(r); },
      http::Runs::kOnWorker);
  router.Add("POST", "/users/recommendations", kViewer,
             [&](const Request& r) { return recommend.ByTaste(r); });
  router.Add("GET", "/items", kViewer, [&](const Request& r) { return recommend.Items(r); });
  router.Add("GET", "/items/{item_id}", kViewer,
             [&](const Request& r) { return recommend.Item(r); });
  router.Add("GET", "/items/{item_id}/similar", kViewer,
             [&](const Request& r) { return recommend.Similar(r); });
  router.Add("GET", "/users/{user_id}", kViewer,
             [&](const Request& r) { return recommend.User(r); });
  router.Add(
      "GET", "/users/{user_id}/history", kViewer,
      [&](const Request& r) { return events.History(r); }, http::Runs::kOnWorker);
  router.Add(
      "POST", "/log_interaction", kService,
      [&](const Request& r) { return events.LogInteraction(r); }, http::Runs::kOnWorker);
  router.Add(
      "POST", "/events", kService, [&](const Request& r) { return events.LogEvents(r); },
      http::Runs::kOnWorker);
  AddModelRoutes(services.models, &router);
  AddAuthRoutes(services.auth, &router);
  // They ask, and change nothing; or the event log has what they change.
  router.LeaveUnaudited({"POST /recommend/session", "POST /recommend/batch",
                         "POST /users/recommendations", "POST /log_interaction", "POST /events"});
  // Records who got a token itself.
  router.LeaveUnaudited({"POST /oauth/token"});
  return router;
}

}  // namespace marquee
