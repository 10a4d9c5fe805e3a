#include "services/routes.h"

#include <utility>

#include "services/index_page.h"

namespace marquee {

namespace {

using enum http::Role;
using http::Request;
using http::Runs;

// Titles, people and ratings as resources.
void AddResources(http::Router& router, const Services& services) {
  const CatalogService& catalog = services.catalog;
  const UserService& users = services.users;
  const RatingService& ratings = services.ratings;
  const auto add = [&](const char* method, const char* pattern, http::Role role, auto handler) {
    router.Add(method, pattern, role, handler, Runs::kOnWorker);
  };
  add("POST", "/items", kOperator, [&](const Request& r) { return catalog.AddItem(r); });
  add("PATCH", "/items/{item_id}", kOperator,
      [&](const Request& r) { return catalog.ChangeItem(r); });
  add("DELETE", "/items/{item_id}", kOperator,
      [&](const Request& r) { return catalog.DeleteItem(r); });
  add("GET", "/users", kViewer, [&](const Request& r) { return users.List(r); });
  add("POST", "/users", kOperator, [&](const Request& r) { return users.Add(r); });
  add("GET", "/users/{user_id}", kViewer, [&](const Request& r) { return users.Get(r); });
  add("PATCH", "/users/{user_id}", kOperator, [&](const Request& r) { return users.Change(r); });
  add("DELETE", "/users/{user_id}", kAdmin, [&](const Request& r) { return users.Delete(r); });
  add("GET", "/ratings", kViewer, [&](const Request& r) { return ratings.List(r); });
  add("POST", "/ratings", kViewer, [&](const Request& r) { return ratings.Add(r); });
  add("GET", "/ratings/{rating_id}", kViewer, [&](const Request& r) { return ratings.Get(r); });
  add("PATCH", "/ratings/{rating_id}", kViewer,
      [&](const Request& r) { return ratings.Change(r); });
  add("DELETE", "/ratings/{rating_id}", kViewer,
      [&](const Request& r) { return ratings.Delete(r); });
}

// Versions of models and experiments.
void AddModels(http::Router& router, const ModelService& models) {
  const auto on_worker = [&router](std::string method, std::string pattern, http::Role role,
                                   http::Handler handler) {
    router.Add(std::move(method), std::move(pattern), role, std::move(handler), Runs::kOnWorker);
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
  const CatalogService& catalog = services.catalog;
  const EventService& events = services.events;
  const StatusService& status = services.status;
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
  router.Add("GET", "/items", kViewer, [&](const Request& r) { return catalog.Items(r); });
  router.Add(
      "GET", "/popular", kViewer, [&](const Request& r) { return catalog.Popular(r); },
      http::Runs::kOnWorker);
  router.Add(
      "GET", "/trending", kViewer, [&](const Request& r) { return catalog.Trending(r); },
      http::Runs::kOnWorker);
  router.Add(
      "GET", "/new", kViewer, [&](const Request& r) { return catalog.New(r); },
      http::Runs::kOnWorker);
  router.Add("GET", "/items/{item_id}", kViewer, [&](const Request& r) { return catalog.Item(r); });
  router.Add("GET", "/items/{item_id}/similar", kViewer,
             [&](const Request& r) { return recommend.Similar(r); });
  router.Add(
      "GET", "/users/{user_id}/history", kViewer,
      [&](const Request& r) { return events.History(r); }, http::Runs::kOnWorker);
  router.Add(
      "POST", "/log_interaction", kViewer,
      [&](const Request& r) { return events.LogInteraction(r); }, http::Runs::kOnWorker);
  router.Add(
      "POST", "/events", kViewer, [&](const Request& r) { return events.LogEvents(r); },
      http::Runs::kOnWorker);
  AddResources(router, services);
  AddModels(router, services.models);
  return router;
}

}  // namespace marquee
