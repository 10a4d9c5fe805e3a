// For tests: four films, three users, a model trained on them, and every service over it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "auth/test_people.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/text.h"
#include "events/sqlite_event_log.h"
#include "http/dispatcher.h"
#include "models/registry.h"
#include "services/http_metrics.h"
#include "services/routes.h"
#include "services/test_flow.h"
#include "services/test_tracking.h"

namespace marquee {

inline std::shared_ptr<const ModelBundle> MakeTestBundle() {
  const std::vector<CatalogItem> items = {
      {"10", "The Matrix", 1999, {"Action", "Sci-Fi"}, 3, 4.5},
      {"a/b", "Am\xC3\xA9lie", 2001, {"Comedy", "Romance"}, 2, 4.0},
      {"30", "Lost \"Reel\"", 0, {}, 0, 0},
      {"40", "The Matrix Reloaded", 2003, {"Action", "Sci-Fi"}, 2, 3.0},
  };
  InteractionsBuilder builder;
  ItemContent content;
  for (const CatalogItem& item : items) {
    builder.AddItem(item.item_id);
    content.titles.push_back(item.title);
    content.genres.push_back(item.genres);
    content.years.push_back(item.year);
  }
  builder.SetContent(std::move(content));
  const std::vector<std::vector<int32_t>> histories = {{0}, {0, 1}, {0, 1, 3}, {3}};
  for (size_t u = 0; u < histories.size(); ++u) {
    const int32_t user = builder.AddUser(StrCat("u", u));
    for (const int32_t item : histories[u]) builder.Add(user, item, 5, 1'000'000'000);
  }
  auto bundle = std::make_shared<ModelBundle>();
  NoTrainObserver observer;
  bundle->name = "ease v3";
  bundle->version = 3;
  bundle->interactions = builder.Build();
  bundle->liked = bundle->interactions;
  bundle->model =
      TrainModel({.type = "ease", .settings = {{"l2", "1"}}}, bundle->interactions, observer);
  bundle->activity = std::make_shared<LoadedActivity>(bundle->interactions.by_item());
  bundle->popular = TrainModel({.type = "most-popular"}, bundle->interactions, observer);
  bundle->catalog = std::make_shared<const Catalog>(items);
  bundle->loaded_ms = 1'700'000'000'000;
  return bundle;
}

struct TestWorld {
  explicit TestWorld(bool impressions = false)
      : recommender(engine, impressions ? &shown : nullptr, clock) {}

  RecommendEngine engine{MakeTestBundle()};
  MetricsRegistry registry;
  HttpMetrics metrics{registry};
  ManualClock clock{1'700'000'000'000};
  TempDir folder;
  std::unique_ptr<EventLog> log = OpenSqliteEventLog({.path = folder.path() / "events.db"});
  ModelStore store{folder.path() / "models", clock};
  lake::Engine tables{{}};
  lake::Lake lake{folder.path() / "lake", clock};
  BackgroundAppender shown{*log, 1000};
  Recommender recommender;
  ModelSwitch models{{tables, lake, store, engine, recommender, clock}, {}};
  RecommendService recommend{engine, recommender, clock};
  RecordStore records{folder.path() / "records.db", clock};
  LiveCatalog live{engine, records, {.changed = [this] { recommender.FollowRules(); }}};
  CatalogService catalog{engine, live};
  UserService users{engine, live, [this](const std::string& user_id) {
                      const int64_t erased = log->EraseUser(user_id);
                      records.FinishErasure(user_id);
                      return Json::MakeObject({{"user_id", user_id}, {"events", erased}});
                    }};
  EventService events{*log, engine, clock, {}};
  RatingService ratings{engine, live, events, clock};
  ModelService model_service{store, models, recommender, *log, clock, 3.5};
  HealthService health{registry, {}};
  StatusService status{engine, clock, "AVX2"};
  auth::TestPeople people;
  AuthService auth{people.accounts, people.grants, people.tokens, people.audit, people.clock};
  TestTracking tracking;
  TestFlow flow;
  Services services() const {
    return {.health = &health,
            .recommend = &recommend,
            .catalog = &catalog,
            .users = &users,
            .ratings = &ratings,
            .events = &events,
            .models = &model_service,
            .status = &status,
            .auth = &auth,
            .tracking = &tracking.services,
            .flow = &flow.service};
  }
  http::Dispatcher dispatcher{MakeRouter(services()), http::StandardMiddleware(metrics)};

  http::Response Send(std::string method, std::string target, std::vector<http::Header> headers,
                      std::string body) const {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = std::move(headers);
    request.body = std::move(body);
    request.caller = {"local", http::Role::kAdmin};
    return dispatcher.Handle(request);
  }
  http::Response Get(std::string target, std::vector<http::Header> headers = {}) const {
    return Send("GET", std::move(target), std::move(headers), "");
  }
  http::Response Post(std::string target, std::string body,
                      std::vector<http::Header> headers = {}) const {
    return Send("POST", std::move(target), std::move(headers), std::move(body));
  }
  Json GetJson(std::string target) const { return Json::Parse(Get(std::move(target)).body); }
};

}  // namespace marquee
