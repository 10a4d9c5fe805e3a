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

Serving::Serving(std::shared_ptr<const ModelBundle> bundle, EventLog& log, Security& security,
                 Options options, const Clock& clock)
    : http_metrics_(metrics_),
      log_(log),
      engine_(std::move(bundle), options.max_live_entries),
      recommend_(engine_, clock),
      events_(log, engine_, clock, options.events),
      status_(engine_, metrics_, clock, std::string(kernels::SimdLevel())),
      server_(std::move(options.server),
              MakeRouter(recommend_, events_, status_, security.service()), http_metrics_,
              security.guards()),
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
