// OpenLineage events of a home's runs, as its settings say.
#pragma once

#include <memory>
#include <vector>

#include "app/environment.h"
#include "base/cancel.h"
#include "base/progress.h"
#include "flow/dag_catalogue.h"
#include "flow/flow_store.h"
#include "lineage/emitter.h"

namespace marquee {

// To a file, a server, both or nobody, for as long as it lives. Make it before what it is to tell
// of happens; what it could not send is sent by the next one.
class Lineage {
 public:
  // What is passed in must outlive it.
  Lineage(Environment& environment, flow::FlowStore& store, const flow::DagCatalogue& dags);

  // Sends what is left, for some seconds at most; a server that is away is asked once.
  void Drain(Progress& progress, const CancelToken& cancel);

 private:
  std::vector<std::unique_ptr<lineage::Emitter>> emitters_;
};

}  // namespace marquee
