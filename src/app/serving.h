// The API of a home: engine, services and server, started in order and stopped in reverse.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/environment.h"
#include "app/event_tail.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/progress.h"
#include "events/event_log.h"
#include "http/server.h"
#include "metrics/registry.h"
#include "recommend/engine.h"
#include "services/catalog_service.h"
#include "services/event_service.h"
#include "services/http_metrics.h"
#include "services/live_catalog.h"
#include "services/rating_service.h"
#include "services/recommend_service.h"
#include "services/status_service.h"
#include "services/user_service.h"

namespace marquee {

// Removes from the log what is older than the home is to keep it.
void ApplyRetention(const Environment& environment, EventLog& log);

class Serving {
 public:
  struct Options {
    http::ServerOptions server;
    EventService::Options events;
    int max_live_entries = 500;          // see LiveUsers
    std::chrono::milliseconds poll{25};  // how often to look for events of other processes
    LiveCatalog::Load load;              // reads the published bundle again
    UserService::Erase erase;
  };
  // `log`, `records` and `clock` must outlive it. Does not listen yet.
  Serving(std::shared_ptr<const ModelBundle> bundle, EventLog& log, RecordStore& records,
          Options options, const Clock& clock);
  // Brings the engine up to date with the log; half a million events a second. Throws cancelled.
  // REQUIRES: not started.
  void Replay(Progress& progress, const CancelToken& cancel);
  // Listens, and follows what other processes write to the log. Throws what http::Server::Start
  // throws.
  void Start();
  // Finishes the requests under way, in less than five seconds.
  void Stop();
  uint16_t port() const { return server_.port(); }
  const RecommendEngine& engine() const { return engine_; }

 private:
  MetricsRegistry metrics_;
  HttpMetrics http_metrics_;
  EventLog& log_;
  RecommendEngine engine_;
  LiveCatalog live_;
  RecommendService recommend_;
  CatalogService catalog_;
  UserService users_;
  EventService events_;
  RatingService ratings_;
  StatusService status_;
  http::Server server_;
  const std::chrono::milliseconds poll_;
  int64_t replayed_ = 0;  // the engine has observed all events below it
  std::optional<EventTail> tail_;
};

}  // namespace marquee
