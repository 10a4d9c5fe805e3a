#include "services/routes.h"

#include "http/conditional.h"
#include "services/docs_page.h"
#include "services/index_page.h"

namespace marquee {

http::Router MakeRouter(const Services& services) {
  using enum http::Role;
  using Request = http::Request;
  const auto& [health, recommend, events, status] = services;
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
             http::Conditional([s = recommend](const Request& r) { return s->Items(r); }));
  router.Add("GET", "/items/{item_id}", kViewer,
             http::Conditional([s = recommend](const Request& r) { return s->Item(r); }));
  router.Add("GET", "/items/{item_id}/similar", kViewer,
             [s = recommend](const Request& r) { return s->Similar(r); });
  router.Add("GET", "/users/{user_id}", kViewer,
             [s = recommend](const Request& r) { return s->User(r); });
  router.Add(
      "GET", "/users/{user_id}/history", kViewer,
      [s = events](const Request& r) { return s->History(r); }, http::Runs::kOnWorker);
  router.Add(
      "POST", "/log_interaction", kViewer,
      [s = events](const Request& r) { return s->LogInteraction(r); }, http::Runs::kOnWorker);
  router.Add(
      "POST", "/events", kViewer, [s = events](const Request& r) { return s->LogEvents(r); },
      http::Runs::kOnWorker);
  return router;
}

}  // namespace marquee
