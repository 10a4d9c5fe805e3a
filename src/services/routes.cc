#include "services/routes.h"

#include <utility>

#include "services/index_page.h"

namespace marquee {

http::Router MakeRouter(const RecommendService& recommend, const EventService& events,
                        const ModelService& models, const StatusService& status) {
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
  const auto on_worker = [&router](std::string method, std::string pattern, http::Role role,
                                   http::Handler handler) {
    router.Add(std::move(method), std::move(pattern), role, std::move(handler),
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
  return router;
}

}  // namespace marquee
