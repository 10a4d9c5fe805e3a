// marquee erase: a person leaves the data.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "app/erasure.h"
#include "app/open_event_log.h"
#include "base/text.h"
#include "cli/context.h"

namespace marquee::cli {
namespace {

void Erase(Context& context, const std::string& user_id) {
  Environment& environment = context.loaded_environment();
  const auto log = OpenEventLog(environment);
  RecordStore records(environment.home().records(), environment.clock());
  const Erased erased =
      Eraser(environment, *log, records).Erase(user_id, context.progress, context.cancel);
  context.progress.Finish();
  if (context.json) return PrintJson(erased.ToJson(user_id));
  Print(StrCat("Erased '", user_id, "': ", WithThousands(erased.events), " events, ",
               WithThousands(erased.data.rows), " rows of ", erased.data.tables.size(),
               " tables with their older versions, ", erased.data.reports.size(), " reports.\n"));
  for (const std::string& model : erased.data.to_train) {
    Print(StrCat(model, " keeps rows of people, without names: train it anew.\n"));
  }
}

}  // namespace

void AddErase(CLI::App& root, Context& context) {
  const auto user_id = std::make_shared<std::string>();
  CLI::App* erase = root.add_subcommand(
      "erase", "Erase a person: state, event log, tables with older versions, reports");
  erase->add_option("user_id", *user_id, "The user's id")->required();
  erase->add_flag("--json", context.json, "One JSON document instead of text");
  erase->callback([&context, user_id] { Erase(context, *user_id); });
}

}  // namespace marquee::cli
