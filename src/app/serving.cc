#include "app/serving.h"

#include <unistd.h>

#include <utility>

#include "base/files.h"
#include "base/text.h"
#include "kernels/simd.h"
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

void ApplyRetention(const Environment& environment, EventLog& log) {
  constexpr int64_t kDayMs = 86'400'000;
  const int64_t days = environment.config().Int("events.retention_days");
  if (days > 0) log.RemoveBefore(environment.clock().NowMs() - days * kDayMs);
}

Serving::Serving(std::shared_ptr<const ModelBundle> bundle, EventLog& log, Options options,
                 const Clock& clock)
    : http_metrics_(metrics_),
      log_(log),
      engine_(std::move(bundle), options.max_live_entries),
      recommend_(engine_, clock),
      events_(log, engine_, clock, options.events),
      status_(engine_, clock, std::string(kernels::SimdLevel())),
      health_(metrics_, {{"model", [this] { return ModelProblem(engine_); }},
                         {"event log", [file = options.log_file] { return LogProblem(file); }}}),
      server_(std::move(options.server),
              RoutesOf(options.service, {.health = &health_,
                                         .recommend = &recommend_,
                                         .events = &events_,
                                         .status = &status_}),
              http_metrics_),
      poll_(options.poll) {}

void Serving::Start() {
  server_.Start();
  tail_.emplace(log_, engine_, replayed_, poll_);
}

void Serving::Stop() {
  server_.Stop();
  tail_.reset();
}

void Serving::Replay(Progress& progress, const CancelToken& cancel) {
  constexpr int64_t kEvery = 1 << 14;
  const int64_t end = log_.end_offset();
  replayed_ = log_.ForEach(0, [&](const StoredEvent& stored) {
    engine_.Observe(stored.event);
    if (stored.offset % kEvery != 0) return;
    cancel.ThrowIfRequested("replay the event log");
    progress.Update("replay the event log",
                    static_cast<double>(stored.offset) / static_cast<double>(end),
                    WithThousands(stored.offset));
  });
}

}  // namespace marquee
