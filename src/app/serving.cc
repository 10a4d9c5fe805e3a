#include "app/serving.h"

#include <unistd.h>

#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "kernels/simd.h"
#include "pipelines/compaction.h"
#include "pipelines/main_job.h"
#include "services/deployment.h"
#include "services/routes.h"

namespace marquee {
namespace {

constexpr int64_t kLowSpaceBytes = 16 << 20;

std::string ModelProblem(const RecommendEngine& engine) {
  return engine.bundle() == nullptr ? "none is loaded" : "";
}

std::string LogProblem(const std::filesystem::path& file) {
  if (file.empty()) return "";
  if (::access(file.c_str(), W_OK) != 0) return "it cannot be written";
  return FreeBytes(file) < kLowSpaceBytes ? "its disk is full" : "";
}

http::Router RoutesOf(const std::string& service, const Services& services) {
  http::Router router = MakeRouter(services);
  if (!service.empty()) KeepRoutesOf(service, &router);
  return router;
}

}  // namespace

void ApplyRetention(Environment& environment, EventLog& log, Progress& progress,
                    const CancelToken& cancel) {
  constexpr int64_t kMsOfADay = 86'400'000;
  const int64_t days = environment.config().Int("events.retention_days");
  if (days == 0) return;
  const int64_t before_ms = environment.clock().NowMs() - days * kMsOfADay;
  if (log.ReadTime({0, 0}, before_ms, 1).empty()) return;
  try {
    const auto session = environment.engine().NewSession();
    CompactEvents({*session, environment.clock(), progress, cancel}, log, environment.lake());
    log.RemoveBefore(before_ms);
  } catch (const Error& error) {
    if (error.code() == Code::kCancelled) throw;
    LogWarning("events are kept beyond events.retention_days: " + error.message());
  }
}

namespace {

constexpr size_t kMaxShownWaiting = 20'000;  // events; about 10 MB of lists

std::shared_ptr<const ModelBundle> Load(const Serving::Parts& parts, float min_rating) {
  const auto session = parts.tables.NewSession();
  return LoadPublished({*session, parts.lake, parts.store}, min_rating, parts.clock);
}

}  // namespace

Serving::Serving(const Parts& parts, Options options)
    : http_metrics_(metrics_),
      log_(parts.log),
      engine_(Load(parts, options.models.min_rating), options.max_live_entries,
              options.deadline_ms),
      shown_(),
      recommender_(engine_, options.impressions ? &shown_.emplace(log_, kMaxShownWaiting) : nullptr,
                   parts.clock),
      switch_({parts.tables, parts.lake, parts.store, engine_, recommender_, parts.clock},
              options.models),
      clock_(parts.clock),
      live_(engine_, parts.records,
            {.reload = [this] { switch_.Reload(); },
             .changed = [this] { recommender_.FollowRules(); }}),
      recommend_(engine_, recommender_, parts.clock),
      catalog_(engine_, live_),
      users_(engine_, live_,
             [this, erase = std::move(options.erase)](const std::string& user_id) {
               if (shown_) shown_->Flush();  // what they were shown before is erased too
               return erase(user_id);
             }),
      events_(log_, engine_, parts.clock, options.events),
      ratings_(engine_, live_, events_, parts.clock),
      models_(parts.store, switch_, recommender_, log_, parts.clock, options.models.min_rating),
      status_(engine_, parts.clock, std::string(kernels::SimdLevel())),
      health_(metrics_, {{"model", [this] { return ModelProblem(engine_); }},
                         {"event log", [file = options.log_file] { return LogProblem(file); }}}),
      server_(std::move(options.server),
              RoutesOf(options.service, {.health = &health_,
                                         .recommend = &recommend_,
                                         .catalog = &catalog_,
                                         .users = &users_,
                                         .ratings = &ratings_,
                                         .events = &events_,
                                         .models = &models_,
                                         .status = &status_,
                                         .auth = &parts.security.service(),
                                         .tracking = parts.tracking,
                                         .flow = parts.flow}),
              http_metrics_, parts.security.guards()),
      poll_(options.poll) {
  if (options.rules.empty()) return;
  rules_.emplace(options.rules, engine_);
  rules_->Load(clock_.NowMs());
}

void Serving::Start() {
  switch_.StartFollowing();
  engine_.WarmUp();
  server_.Start();
  live_.Follow();
  tail_.emplace(log_, engine_, replayed_, poll_);
}

void Serving::Poll() {
  if (rules_) rules_->Poll(clock_.NowMs());
  recommender_.FollowRules();
}

void Serving::Stop() {
  server_.Stop();
  tail_.reset();
}

void Serving::Replay(Progress& progress, const CancelToken& cancel) {
  constexpr int64_t kEvery = 1 << 14;
  const int64_t end = log_.end_offset();
  int64_t count = 0;
  replayed_ = log_.ForEach(0, [&](const StoredEvent& stored) {
    engine_.Observe(stored.event);
    if (++count % kEvery != 0) return;
    cancel.ThrowIfRequested("replay the event log");
    progress.Update("replay the event log",
                    static_cast<double>(stored.offset) / static_cast<double>(end),
                    WithThousands(count));
  });
  live_.ForgetErased();
}

}  // namespace marquee
