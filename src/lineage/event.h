// What happened to runs and tasks as OpenLineage's run events (spec 2-0-2).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "flow/dag_catalogue.h"
#include "flow/journal.h"

namespace marquee::lineage {

struct EventContext {
  const flow::DagSet& dags;
  std::string job_namespace = "marquee";
  std::filesystem::path home = {};  // {{ home }} of declared names
  std::filesystem::path lake = {};  // where declared tables are
  // A run by its number; nothing when it is gone. Asked for runs that others triggered.
  std::function<std::optional<flow::DagRun>(int64_t run)> find_run = {};
};

// START when a run or a try begins, COMPLETE, FAIL or ABORT (ended by hand) at its end; a try that
// is followed by another is a run of its own. Nothing for what never began, tasks that were passed
// over, and for missed SLAs.
std::optional<Json> RunEventOf(const flow::JournalEntry& entry, const EventContext& context);

// The id of a DAG's run, or of a try in it: the same each time, whoever asks.
std::string LineageRunId(const flow::DagRun& run, std::string_view task_id = {},
                         int try_number = 0);

// The URI of this program and its version.
std::string Producer();

}  // namespace marquee::lineage
