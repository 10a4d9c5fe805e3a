// marquee events: the event log and the lake.
#include <CLI/CLI.hpp>

#include "app/open_event_log.h"
#include "base/text.h"
#include "base/text_table.h"
#include "cli/context.h"
#include "pipelines/compaction.h"

namespace marquee::cli {
namespace {

void Compact(Context& context) {
  Environment& environment = context.loaded_environment();
  const auto session = environment.engine().NewSession();
  const auto log = OpenEventLog(environment);
  lake::Lake& lake = environment.lake();
  const PipelineRun run{*session, environment.clock(), context.progress, context.cancel};
  const CompactResult result = CompactEvents(run, *log, lake);
  const LayerOptions options{.max_reject_share =
                                 environment.config().Number("import.max_reject_share")};
  RunSilver(run, lake, lake, options);
  RunGold(run, lake, lake, options);
  context.progress.Finish();
  if (context.json) {
    return PrintJson(Json::MakeObject({{"events", result.events},
                                       {"from_offset", result.from},
                                       {"to_offset", result.to},
                                       {"version", result.version}}));
  }
  if (result.was_up_to_date()) return Print("Nothing to do: bronze.events has every event.\n");
  Print(StrCat(WithThousands(result.events), " events appended to bronze.events (version ",
               result.version,
               "). What was rated is in gold: the next marquee train learns it.\n"));
}

}  // namespace

void AddEvents(CLI::App& root, Context& context) {
  CLI::App* events = root.add_subcommand("events", "The event log and the lake");
  events->require_subcommand(1);
  CLI::App* compact = events->add_subcommand(
      "compact",
      "Append new events to bronze.events, each once, and bring silver and gold up to date");
  compact->add_flag("--json", context.json, "One JSON document instead of text");
  compact->callback([&context] { Compact(context); });
}

}  // namespace marquee::cli
