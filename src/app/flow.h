// The DAGs of a home, their runs and what runs them, as its settings say.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "app/environment.h"
#include "app/lineage.h"
#include "app/notifications.h"
#include "base/cancel.h"
#include "database/database.h"
#include "flow/dag_catalogue.h"
#include "flow/flow_store.h"
#include "flow/scheduler.h"
#include "flow/times.h"
#include "services/flow_service.h"

namespace marquee {

// Thread-safe once made; `environment` must outlive it.
class Flow {
 public:
  // Makes flow.db in the home, or the tables in the database that database.url names. Throws what
  // database::Database throws.
  explicit Flow(Environment& environment);

  flow::FlowStore& store() { return store_; }
  flow::DagCatalogue& dags() { return dags_; }
  const FlowService& service() const { return service_; }
  // Where logs are, and what schedulers of the home share.
  std::filesystem::path folder() const;
  // Of a scheduler for everything.
  flow::SchedulerOptions SchedulerSettings();
  // Adds DAGs that are new to the database, so that they can be paused and asked for.
  void AddDags();
  // "" when its database answers.
  std::string Problem();

 private:
  Environment& environment_;
  database::Database database_;
  flow::FlowStore store_;
  flow::DagCatalogue dags_;
  FlowService service_;
};

// A scheduler with a thread of its own, and who tells of its runs, from its start to its end. Tasks
// that run go on when it ends, and the next one takes them over.
class FlowRunner {
 public:
  // What is passed in must outlive it; `metrics` gets what Notifications counts. Throws what
  // Notifications does.
  FlowRunner(Flow& flow, Environment& environment, MetricsRegistry& metrics);
  ~FlowRunner();
  FlowRunner(const FlowRunner&) = delete;
  FlowRunner& operator=(const FlowRunner&) = delete;

 private:
  void Run();

  Flow& flow_;
  Environment& environment_;
  const flow::SteadyClock steady_;
  Notifications notifications_;
  const Lineage lineage_;
  flow::Scheduler scheduler_;
  CancelToken stop_;
  std::thread thread_;
};

}  // namespace marquee
