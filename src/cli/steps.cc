// marquee import, bronze, silver, gold: all layers at once, or one by hand.
#include <CLI/CLI.hpp>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "base/text_table.h"
#include "cli/context.h"
#include "cli/load.h"
#include "pipelines/import.h"

namespace marquee::cli {
namespace {

struct StepFlags {
  DataFlags data;
  ImportFlags import;
  std::string input_path;
  std::string output_path;
};

void PrintWritten(Context& context, const std::vector<TableWritten>& written) {
  context.progress.Finish();
  Json json = Json::MakeArray();
  TextTable table({"table", "version", "rows", "size"});
  for (const TableWritten& entry : written) {
    json.Append(Json::MakeObject({{"table", entry.table},
                                  {"version", entry.result.version},
                                  {"rows", entry.result.rows},
                                  {"size_bytes", entry.result.size_bytes}}));
    table.Add({entry.table, std::to_string(entry.result.version), WithThousands(entry.result.rows),
               HumanBytes(entry.result.size_bytes)});
  }
  if (context.json) return PrintJson(json);
  Print(written.empty() ? "Nothing to do: inputs and steps are those of the last time.\n"
                        : table.ToText());
}

void RunImportCommand(Context& context, const StepFlags& flags) {
  const std::optional<WantedData> wanted = FindWantedData(context, flags.data);
  if (!wanted) {
    throw Error(Code::kInvalidArgument, "no data set is named",
                "name one: marquee import PATH (a MovieLens folder or zip, or a CSV file)");
  }
  Import(context, *wanted, sources::OpenDataset(wanted->path, wanted->options), flags.import);
}

void RunBronzeCommand(Context& context, const StepFlags& flags) {
  Environment& environment = context.environment();
  const std::optional<WantedData> wanted = FindWantedData(context, flags.data);
  if (!wanted) {
    throw Error(Code::kInvalidArgument, "no data set is named and none was loaded before",
                "name one: marquee bronze --data PATH");
  }
  const sources::Dataset dataset = sources::OpenDataset(wanted->path, wanted->options);
  const auto session = environment.engine().NewSession();
  const BronzeResult result =
      RunBronze({*session, environment.clock(), context.progress, context.cancel}, dataset,
                environment.lake(), LoadOptionsOf(environment, flags.import));
  WriteLoadedData(environment.home().data(),
                  {wanted->path, wanted->options, dataset.name, dataset.fingerprint});
  std::vector<TableWritten> written;
  for (const lake::TableVersion& table : result.tables) {
    const lake::Snapshot snapshot =
        environment.lake().Read(table.table, {.version = table.version, .timestamp_ms = {}});
    written.push_back({table.table, {table.version, snapshot.num_rows(), snapshot.size_bytes()}});
  }
  PrintWritten(context, written);
}

// Silver or gold, between the lake of the home or those that the flags name.
void RunLayerCommand(Context& context, const StepFlags& flags, decltype(RunSilver)* run_layer) {
  const bool by_hand = !flags.input_path.empty() || !flags.output_path.empty();
  Environment& environment = by_hand ? context.environment() : context.loaded_environment();
  const std::filesystem::path home_lake = environment.home().lake();
  const lake::Lake from(
      flags.input_path.empty() ? home_lake : std::filesystem::path(flags.input_path),
      environment.clock());
  lake::Lake to(flags.output_path.empty() ? home_lake : std::filesystem::path(flags.output_path),
                environment.clock());
  const auto session = environment.engine().NewSession();
  const LayerResult result =
      run_layer({*session, environment.clock(), context.progress, context.cancel}, from, to,
                {.max_reject_share = environment.config().Number("import.max_reject_share"),
                 .force = flags.import.force});
  PrintWritten(context, result.written);
}

CLI::App* AddStep(CLI::App& root, Context& context, const std::string& name, const std::string& doc,
                  StepFlags& flags) {
  CLI::App* step = root.add_subcommand(name, doc);
  step->add_flag("--force", flags.import.force, "Also when nothing has changed");
  step->add_flag("--json", context.json, "One JSON document instead of text");
  return step;
}

void AddPaths(CLI::App& step, StepFlags& flags) {
  step.add_option(
      "--input-path", flags.input_path,
      "Folder that holds the layer below, as <layer>/<table>/; default: the home's lake");
  step.add_option("--output-path", flags.output_path,
                  "Folder to write <layer>/<table>/ below; default: the home's lake");
}

}  // namespace

void AddImport(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<StepFlags>();
  CLI::App* import =
      AddStep(root, context, "import",
              "Bronze, silver and gold of a data set, and its quality report", *flags);
  import->add_option("path", flags->data.data, "A MovieLens folder or zip, or a CSV file");
  AddDataFlags(*import, flags->data);
  import->add_option("--date", flags->import.date,
                     "The day that the load is for; default today. A day's load replaces that day");
  import->callback([&context, flags] { RunImportCommand(context, *flags);
});
}  // namespace marquee::cli

void AddSteps(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<StepFlags>();
  CLI::App* bronze =
      AddStep(root, context, "bronze", "Raw tables as they came, for one day", *flags);
  AddDataFlags(*bronze, flags->data);
  bronze->add_option("--date", flags->import.date, "Replaces what that day holds; default today");
  bronze->callback([&context, flags] { RunBronzeCommand(context, *flags); });
  CLI::App* silver =
      AddStep(root, context, "silver", "Typed, cleaned tables and the rejects", *flags);
  AddPaths(*silver, *flags);
  silver->callback([&context, flags] { RunLayerCommand(context, *flags, &RunSilver); });
  CLI::App* gold = AddStep(root, context, "gold", "Dense ids, features, popularity", *flags);
  AddPaths(*gold, *flags);
  gold->callback([&context, flags] { RunLayerCommand(context, *flags, &RunGold); });
}

}  // namespace marquee::cli
