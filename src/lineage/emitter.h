// Brings events to a transport, as they happen.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "base/ticker.h"
#include "flow/dag_catalogue.h"
#include "flow/flow_store.h"
#include "flow/journal_pump.h"
#include "flow/times.h"
#include "lineage/transport.h"

namespace marquee::lineage {

struct EmitterOptions {
  std::string name;  // of the transport, the same in all processes: each event is sent by one
  std::string job_namespace = "marquee";
  std::filesystem::path home = {};
  std::filesystem::path lake = {};
};

// Of what happens from when an emitter of its name was first made. What could not be sent when it
// ends is sent by the next one. Thread-safe.
class Emitter {
 public:
  // Makes the transport with what ends a call that is under way.
  using Maker = std::function<std::unique_ptr<Transport>(const CancelToken& stop)>;

  // Begins to send, by a thread of its own. What is passed in must outlive it.
  Emitter(flow::FlowStore& store, const flow::DagCatalogue& dags, EmitterOptions options,
          const Maker& make);
  ~Emitter();
  Emitter(const Emitter&) = delete;
  Emitter& operator=(const Emitter&) = delete;

  // Sends what there is, for at most so long, until something fails or `cancel`.
  void Drain(int64_t at_most_ms, const CancelToken& cancel);

 private:
  bool Turn();
  void Tell(const flow::JournalEntry& entry);

  flow::FlowStore& store_;
  const flow::DagCatalogue& dags_;
  const EmitterOptions options_;
  const flow::SteadyClock steady_;
  CancelToken stop_;
  const std::unique_ptr<Transport> transport_;
  std::mutex mutex_;
  flow::JournalPump pump_;  // guarded by mutex_
  std::optional<Ticker> ticker_;
};

}  // namespace marquee::lineage
