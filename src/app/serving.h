// The API of a home: engine, services and server, started in order and stopped in reverse.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "app/environment.h"
#include "app/event_tail.h"
#include "app/security.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/progress.h"
#include "events/background_appender.h"
#include "events/event_log.h"
#include "http/server.h"
#include "metrics/registry.h"
#include "pipelines/model_switch.h"
#include "recommend/engine.h"
#include "recommend/recommender.h"
#include "recommend/rules_file.h"
#include "services/catalog_service.h"
#include "services/event_service.h"
#include "services/health_service.h"
#include "services/http_metrics.h"
#include "services/live_catalog.h"
#include "services/model_service.h"
#include "services/rating_service.h"
#include "services/recommend_service.h"
#include "services/status_service.h"
#include "services/user_service.h"

namespace marquee {

// Removes from the log what is older than the home is to keep it, once bronze.events has it: it
// compacts first. What prevents that is warned of, and nothing is removed. Throws cancelled.
void ApplyRetention(Environment& environment, EventLog& log, Progress& progress,
                    const CancelToken& cancel);

class Serving {
 public:
  struct Options {
    http::ServerOptions server;
    EventService::Options events;
    std::string service = {};             // "recommend" or "collect": that alone; "": all
    std::filesystem::path log_file = {};  // of the event log, looked at by /health/ready
    std::filesystem::path rules;          // see RulesFile; none: no rules
    int deadline_ms = 50;                 // of a recommendation; 0: none
    int max_live_entries = 500;           // see LiveUsers
    std::chrono::milliseconds poll{25};   // how often to look for events of other processes
    bool impressions = true;              // whether lists that are shown become events
    ModelSwitch::Options models;
    UserService::Erase erase;
  };
  // What it works with; must outlive it.
  struct Parts {
    lake::Engine& tables;
    const lake::Lake& lake;
    ModelStore& store;
    EventLog& log;
    RecordStore& records;
    Security& security;
    const TrackingServices* tracking;  // null: another process has it
    const FlowService* flow;           // likewise
    const Clock& clock;
  };
  // Answers from what is published. Does not listen yet. Throws what LoadPublished throws.
  Serving(const Parts& parts, Options options);
  // Brings the engine up to date with the log; half a million events a second. Throws cancelled.
  // REQUIRES: not started.
  void Replay(Progress& progress, const CancelToken& cancel);
  // Listens, and follows what other processes write to the log. Throws what http::Server::Start
  // throws.
  void Start();
  // Takes up rules that changed, begin or end; called a few times a second.
  void Poll();
  // From now on /health/ready says 503; all else goes on.
  void Drain() { health_.Drain(); }
  // Finishes the requests under way, in less than five seconds.
  void Stop();
  uint16_t port() const { return server_.port(); }
  // What GET /metrics shows.
  MetricsRegistry& metrics() { return metrics_; }
  const RecommendEngine& engine() const { return engine_; }

 private:
  MetricsRegistry metrics_;
  HttpMetrics http_metrics_;
  EventLog& log_;
  RecommendEngine engine_;
  std::optional<BackgroundAppender> shown_;
  Recommender recommender_;
  ModelSwitch switch_;
  const Clock& clock_;
  std::optional<RulesFile> rules_;
  LiveCatalog live_;
  RecommendService recommend_;
  CatalogService catalog_;
  UserService users_;
  EventService events_;
  RatingService ratings_;
  ModelService models_;
  StatusService status_;
  HealthService health_;
  http::Server server_;
  const std::chrono::milliseconds poll_;
  int64_t replayed_ = 0;  // the engine has observed all events below it
  std::optional<EventTail> tail_;
};

}  // namespace marquee
