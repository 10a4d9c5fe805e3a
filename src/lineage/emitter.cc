#include "lineage/emitter.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "lineage/event.h"

namespace marquee::lineage {
namespace {

constexpr std::chrono::milliseconds kLook{500};

}  // namespace

Emitter::Emitter(flow::FlowStore& store, const flow::DagCatalogue& dags, EmitterOptions options,
                 const Maker& make)
    : store_(store),
      dags_(dags),
      options_(std::move(options)),
      transport_(make(stop_)),
      pump_(
          store.database(), store.clock(), steady_, StrCat("lineage ", options_.name),
          [this](const flow::JournalEntry& entry) { Tell(entry); }, stop_) {
  ticker_.emplace(kLook, [this] {
    while (Turn()) {
    }
  });
}

Emitter::~Emitter() {
  stop_.Request();
  ticker_.reset();
}

bool Emitter::Turn() {
  const std::lock_guard lock(mutex_);
  return pump_.Turn();
}

void Emitter::Drain(int64_t at_most_ms, const CancelToken& cancel) {
  const std::lock_guard lock(mutex_);
  pump_.Drain(at_most_ms, cancel);
}

void Emitter::Tell(const flow::JournalEntry& entry) {
  const std::shared_ptr<const flow::DagSet> dags = dags_.Current();
  const EventContext context{.dags = *dags,
                             .job_namespace = options_.job_namespace,
                             .home = options_.home,
                             .lake = options_.lake,
                             .find_run = [this](int64_t run) -> std::optional<flow::DagRun> {
                               try {
                                 return store_.GetRun(run);
                               } catch (const Error& error) {
                                 if (error.code() == Code::kNotFound) return std::nullopt;
                                 throw;
                               }
                             }};
  if (const std::optional<Json> event = RunEventOf(entry, context)) transport_->Send(*event);
}

}  // namespace marquee::lineage
