#include "services/routes.h"

#include <utility>

#include "http/conditional.h"
#include "services/docs_page.h"
#include "services/index_page.h"

namespace marquee {
namespace {

void AddAuthRoutes(const AuthService* auth, http::Router* router) {
  using enum http::Role;
  using Request = http::Request;
  constexpr auto kOnWorker = http::Runs::kOnWorker;
  router->Add(
      "POST", "/oauth/token", kPublic, [s = auth](const Request& r) { return s->Token(r); },
      kOnWorker);
  router->Add("GET", "/oauth/jwks", kPublic,
              [s = auth](const Request& r) { return s->PublicKeys(r); });
  router->Add(
      "GET", "/keys", kAdmin, [s = auth](const Request& r) { return s->ListKeys(r); }, kOnWorker);
  router->Add(
      "POST", "/keys", kAdmin, [s = auth](const Request& r) { return s->CreateKey(r); }, kOnWorker);
  router->Add(
      "DELETE", "/keys/{key_id}", kAdmin, [s = auth](const Request& r) { return s->RevokeKey(r); },
      kOnWorker);
  router->Add(
      "GET", "/audit", kAdmin, [s = auth](const Request& r) { return s->Audit(r); }, kOnWorker);
}

void AddModelRoutes(const ModelService* models, http::Router* router) {
  using enum http::Role;
  using Request = http::Request;
  const auto on_worker = [router](std::string method, std::string pattern, http::Role role,
                                  http::Handler handler) {
    router->Add(std::move(method), std::move(pattern), role, std::move(handler),
                http::Runs::kOnWorker);
  };
  on_worker("GET", "/models", kViewer, [s = models](const Request& r) { return s->List(r); });
  on_worker("POST", "/models/publish", kOperator,
            [s = models](const Request& r) { return s->Publish(r); });
  on_worker("POST", "/models/rollback", kOperator,
            [s = models](const Request& r) { return s->RollBack(r); });
  on_worker("PUT", "/models/shadow", kOperator,
            [s = models](const Request& r) { return s->StartShadow(r); });
  on_worker("DELETE", "/models/shadow", kOperator,
            [s = models](const Request& r) { return s->EndShadow(r); });
  on_worker("GET", "/experiments", kViewer,
            [s = models](const Request& r) { return s->Experiments(r); });
  on_worker("GET", "/experiments/{name}", kViewer,
            [s = models](const Request& r) { return s->ExperimentResults(r); });
}

// Titles, people and ratings as resources.
void AddResources(const Services& services, http::Router* router) {
  using enum http::Role;
  using Request = http::Request;
  const CatalogService* const catalog = services.catalog;
  const UserService* const users = services.users;
  const RatingService* const ratings = services.ratings;
  const auto add = [&](const char* method, const char* pattern, http::Role role, auto handler) {
    router->Add(method, pattern, role, handler, http::Runs::kOnWorker);
  };
  add("GET", "/popular", kViewer, [s = catalog](const Request& r) { return s->Popular(r); });
  add("GET", "/trending", kViewer, [s = catalog](const Request& r) { return s->Trending(r); });
  add("GET", "/new", kViewer, [s = catalog](const Request& r) { return s->New(r); });
  add("POST", "/items", kOperator, [s = catalog](const Request& r) { return s->AddItem(r); });
  add("PATCH", "/items/{item_id}", kOperator,
      [s = catalog](const Request& r) { return s->ChangeItem(r); });
  add("DELETE", "/items/{item_id}", kOperator,
      [s = catalog](const Request& r) { return s->DeleteItem(r); });
  add("GET", "/users", kViewer, [s = users](const Request& r) { return s->List(r); });
  add("POST", "/users", kOperator, [s = users](const Request& r) { return s->Add(r); });
  add("GET", "/users/{user_id}", kViewer, [s = users](const Request& r) { return s->Get(r); });
  add("PATCH", "/users/{user_id}", kOperator,
      [s = users](const Request& r) { return s->Change(r); });
  add("DELETE", "/users/{user_id}", kAdmin, [s = users](const Request& r) { return s->Delete(r); });
  add("GET", "/ratings", kViewer, [s = ratings](const Request& r) { return s->List(r); });
  add("POST", "/ratings", kService, [s = ratings](const Request& r) { return s->Add(r); });
  add("GET", "/ratings/{rating_id}", kViewer,
      [s = ratings](const Request& r) { return s->Get(r); });
  add("PATCH", "/ratings/{rating_id}", kService,
      [s = ratings](const Request& r) { return s->Change(r); });
  add("DELETE", "/ratings/{rating_id}", kService,
      [s = ratings](const Request& r) { return s->Delete(r); });
}

}  // namespace

http::Router MakeRouter(const Services& services) {
  using enum http::Role;
  using Request = http::Request;
  const HealthService* const health = services.health;
  const RecommendService* const recommend = services.recommend;
  const CatalogService* const catalog = services.catalog;
  const EventService* const events = services.events;
  const StatusService* const status = services.status;
  http::Router router;
  router.Add("GET", "/", kPublic, http::Conditional([](const Request& r) { return Index(r); }));
  router.Add("GET", "/docs", kPublic, http::Conditional(DocsPage));
  router.Add("GET", "/openapi.json", kPublic, http::Conditional(OpenApiJson));
  router.Add("GET", "/openapi.yaml", kPublic, http::Conditional(OpenApiYaml));
  router.Add("GET", "/health", kPublic, [s = health](const Request& r) { return s->Live(r); });
  router.Add("GET", "/health/live", kPublic, [s = health](const Request& r) { return s->Live(r); });
  router.Add("GET", "/health/ready", kPublic,
             [s = health](const Request& r) { return s->Ready(r); });
  router.Add("GET", "/status", kViewer, [s = status](const Request& r) { return s->Status(r); });
  router.Add("GET", "/metrics", kViewer, [s = health](const Request& r) { return s->Metrics(r); });
  router.Add("GET", "/recommend", kViewer,
             [s = recommend](const Request& r) { return s->Recommend(r); });
  router.Add("GET", "/recommend/{user_id}", kViewer,
             [s = recommend](const Request& r) { return s->RecommendTo(r); });
  router.Add("POST", "/recommend/session", kViewer,
             [s = recommend](const Request& r) { return s->Session(r); });
  router.Add(
      "POST", "/recommend/batch", kViewer,
      [s = recommend](const Request& r) { return s->Batch(r); }, http::Runs::kOnWorker);
  router.Add("POST", "/users/recommendations", kViewer,
             [s = recommend](const Request& r) { return s->ByTaste(r); });
  router.Add("GET", "/items", kViewer,
             http::Conditional([s = catalog](const Request& r) { return s->Items(r); }));
  router.Add("GET", "/items/{item_id}", kViewer,
             [s = catalog](const Request& r) { return s->Item(r); });
  router.Add("GET", "/items/{item_id}/similar", kViewer,
             [s = recommend](const Request& r) { return s->Similar(r); });
  router.Add(
      "GET", "/users/{user_id}/history", kViewer,
      [s = events](const Request& r) { return s->History(r); }, http::Runs::kOnWorker);
  router.Add(
      "POST", "/log_interaction", kService,
      [s = events](const Request& r) { return s->LogInteraction(r); }, http::Runs::kOnWorker);
  router.Add(
      "POST", "/events", kService, [s = events](const Request& r) { return s->LogEvents(r); },
      http::Runs::kOnWorker);
  AddResources(services, &router);
  AddModelRoutes(services.models, &router);
  AddAuthRoutes(services.auth, &router);
  AddTrackingRoutes(services.tracking, &router);
  AddFlowRoutes(services.flow, services.auth, &router);
  // They ask, and change nothing; or the event log has what they change.
  router.LeaveUnaudited({"POST /recommend/session", "POST /recommend/batch",
                         "POST /users/recommendations", "POST /log_interaction", "POST /events",
                         "POST /ratings", "PATCH /ratings/{rating_id}",
                         "DELETE /ratings/{rating_id}"});
  // Who is erased must not live on in the audit log.
  router.HideTargets({"PATCH /users/{user_id}", "DELETE /users/{user_id}"});
  // Records who got a token itself.
  router.LeaveUnaudited({"POST /oauth/token", "POST /auth/token"});
  return router;
}

}  // namespace marquee
