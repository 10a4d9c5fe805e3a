#include "app/serving.h"

#include <utility>

#include "base/text.h"
#include "kernels/simd.h"
#include "services/routes.h"

namespace marquee {

void ApplyRetention(const Environment& environment, EventLog& log) {
  constexpr int64_t kDayMs = 86'400'000;
  const int64_t days = environment.config().Int("events.retention_days");
  if (days > 0) log.RemoveBefore(environment.clock().NowMs() - days * kDayMs);
}

Serving::Serving(std::shared_ptr<const ModelBundle> bundle, EventLog& log, RecordStore& records,
                 Options options, const Clock& clock)
    : http_metrics_(metrics_),
      log_(log),
      engine_(std::move(bundle), options.max_live_entries),
      live_(engine_, records, std::move(options.load)),
      recommend_(engine_, clock),
      catalog_(engine_, live_),
      users_(engine_, live_, std::move(options.erase)),
      events_(log, engine_, clock, options.events),
      ratings_(engine_, live_, events_, clock),
      status_(engine_, metrics_, clock, std::string(kernels::SimdLevel())),
      server_(std::move(options.server),
              MakeRouter({recommend_, catalog_, users_, ratings_, events_, status_}),
              http_metrics_),
      poll_(options.poll) {}

void Serving::Start() {
  server_.Start();
  live_.Follow();
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
  live_.ForgetErased();
}

}  // namespace marquee
