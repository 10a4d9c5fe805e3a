// The flags that name a protocol and a model, shared by evaluate and tune.
#pragma once

#include "cli/context.h"
#include "cli/train_request.h"
#include "evaluation/evaluate.h"
#include "pipelines/run_record.h"

namespace marquee::cli {

struct ProtocolFlags {
  ModelFlags model;
  EvaluateRequest request;

  // Complete, with settings that were checked.
  EvaluateRequest Request(Context& context) const;
};

// --protocol, --min-rating, --heldout-users, --split-files, and AddModelFlags
void AddProtocolFlags(CLI::App& command, ProtocolFlags& flags);

// What the protocol works on: the gold tables, or nothing where its files hold all.
Interactions ProtocolData(Context& context, const EvaluateRequest& request);
// Where that came from, as inputs of the run.
void RecordProtocolData(Context& context, const EvaluateRequest& request, RunRecorder& run);

}  // namespace marquee::cli
