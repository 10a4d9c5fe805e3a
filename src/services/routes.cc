#include "services/routes.h"

#include "services/index_page.h"

namespace marquee {

http::Router MakeRouter(const RecommendService& recommend, const EventService& events,
                        const StatusService& status) {
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
      "POST", "/log_interaction", kViewer,
      [&](const Request& r) { return events.LogInteraction(r); }, http::Runs::kOnWorker);
  router.Add(
      "POST", "/events", kViewer, [&](const Request& r) { return events.LogEvents(r); },
      http::Runs::kOnWorker);
  return router;
}

}  // namespace marquee
