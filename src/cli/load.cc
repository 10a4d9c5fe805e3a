#include "cli/load.h"

#include <CLI/CLI.hpp>

#include "app/pipeline_options.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/key_values.h"
#include "cli/simulate.h"
#include "pipelines/import.h"
#include "pipelines/record_tables.h"
#include "sources/download.h"

namespace marquee::cli {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> Downloaded(Context& context, const DataFlags& flags) {
  if (flags.download.empty()) return std::nullopt;
  const sources::DownloadedDataset file = sources::DownloadDataset(
      flags.download, context.environment().home().data(), {}, context.progress, context.cancel);
  return file.file;
}

// The simulated world is written once; the same options give the same bytes.
fs::path Simulated(Context& context, const std::vector<std::string>& options) {
  const fs::path folder = context.environment().home().data() / "simulated";
  WriteSimulatedWorld(ParseSimulateOptions(options), folder, context.progress, context.cancel);
  return folder;
}

bool NamesNothing(const DataFlags& flags) {
  return flags.data.empty() && flags.download.empty() && flags.simulate.empty();
}

// Whether all that serving needs was made of the data.
bool IsComplete(const lake::Lake& lake) {
  return lake.Exists("gold.interactions") && lake.Exists("gold.users") && lake.Exists("gold.items");
}

}  // namespace

void AddDataFlags(CLI::App& command, DataFlags& flags) {
  command.add_option("--data", flags.data, "A MovieLens folder or zip, or a CSV file");
  command.add_option("--source", flags.source, "What it is")
      ->check(CLI::IsMember({"auto", "movielens", "csv"}))
      ->capture_default_str();
  command.add_option("--map", flags.map,
                     "Columns of a CSV: user=..,item=..,rating=..,timestamp=..,title=..,genres=..");
  command
      .add_option("--download", flags.download,
                  "Fetch a data set first: " + Join(sources::DownloadableDatasets(), ", "))
      ->excludes("--data");
  command
      .add_option("--simulate", flags.simulate,
                  "Make an invented world: users=6000,films=3000,ratings=1000000,seed=1")
      ->excludes("--data")
      ->excludes("--download");
}

std::optional<WantedData> FindWantedData(Context& context, const DataFlags& flags) {
  const sources::OpenOptions options{.source = flags.source,
                                     .mapping = ParseKeyValues("--map", flags.map)};
  if (!flags.data.empty()) return WantedData{fs::absolute(flags.data).lexically_normal(), options};
  if (const std::optional<fs::path> file = Downloaded(context, flags)) {
    return WantedData{fs::absolute(*file), options};
  }
  if (!flags.simulate.empty()) {
    return WantedData{fs::absolute(Simulated(context, flags.simulate)), options};
  }
  const Home& home = context.environment().home();
  if (const std::optional<LoadedData> loaded = ReadLoadedData(home.data())) {
    return WantedData{loaded->path, loaded->options};
  }
  return std::nullopt;
}

LoadOptions LoadOptionsOf(const Environment& environment, const ImportFlags& flags) {
  LoadOptions options = LoadOptionsOf(environment);
  options.date = flags.date;
  options.force = flags.force;
  return options;
}

void Import(Context& context, const WantedData& wanted, const sources::Dataset& dataset,
            const ImportFlags& flags) {
  Environment& environment = context.environment();
  const Config& config = environment.config();
  if (!dataset.notice.empty()) context.Note(dataset.notice);
  const std::optional<LoadedData> loaded = ReadLoadedData(environment.home().data());
  if (loaded && loaded->name != dataset.name) {
    context.Note(StrCat("Adds ", dataset.name, " to ", loaded->name, " from ",
                        loaded->path.string(), ": users and items with the same id become one."));
  }
  const auto session = environment.engine().NewSession();
  const ImportOptions options{
      .load = LoadOptionsOf(environment, flags),
      .layers = {.max_reject_share = config.Number("import.max_reject_share"),
                 .force = flags.force},
      .reports = environment.home().reports() / "quality"};
  const ImportResult result =
      RunImport({*session, environment.clock(), context.progress, context.cancel}, dataset,
                environment.lake(), options);
  WriteLoadedData(environment.home().data(),
                  {wanted.path, wanted.options, dataset.name, dataset.fingerprint});
  context.progress.Finish();
  if (context.json) {
    return PrintJson(
        result.report ? result.report->ToJson()
                      : Json::MakeObject({{"load_id", result.load_id}, {"was_up_to_date", true}}));
  }
  Print(result.report ? result.report->ToText()
                      : StrCat("Nothing to do: ", dataset.name, " is loaded already.\n"));
}

void LoadIfNeeded(Context& context, const DataFlags& flags) {
  Environment& environment = context.environment();
  const std::optional<LoadedData> loaded = ReadLoadedData(environment.home().data());
  const bool complete = IsComplete(environment.lake());
  if (complete && loaded && NamesNothing(flags)) return;
  std::optional<WantedData> wanted = FindWantedData(context, flags);
  if (!wanted) wanted = WantedData{fs::absolute(Simulated(context, {})), {}};
  const sources::Dataset dataset = sources::OpenDataset(wanted->path, wanted->options);
  if (complete && loaded) {
    if (loaded->fingerprint == dataset.fingerprint) return;
    if (loaded->path != wanted->path) {
      throw Error(Code::kFailedPrecondition,
                  StrCat("home '", context.home, "' holds ", loaded->name, " from ",
                         loaded->path.string(), ", not ", wanted->path.string()),
                  StrCat("give the other data set its own home: --home DIR; or add it to this one "
                         "with: marquee import ",
                         wanted->path.string()));
    }
  }
  Import(context, *wanted, dataset, {});
}

void LearnRecords(Context& context) {
  Environment& environment = context.environment();
  if (!fs::exists(environment.home().records())) return;
  const RecordStore records(environment.home().records(), environment.clock());
  const auto session = environment.engine().NewSession();
  const PipelineRun run{*session, environment.clock(), context.progress, context.cancel};
  lake::Lake& lake = environment.lake();
  if (!WriteRecords(run, records, lake)) return;
  const LayerOptions options{
      .max_reject_share = environment.config().Number("import.max_reject_share"), .force = false};
  RunSilver(run, lake, lake, options);
  RunGold(run, lake, lake, options);
}

}  // namespace marquee::cli
