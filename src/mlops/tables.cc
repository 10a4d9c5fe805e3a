// Bronze, silver and gold, and the documents of all steps.
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "mlops/documents.h"
#include "pipelines/compaction.h"
#include "pipelines/record_tables.h"

namespace marquee::mlops {
namespace {

namespace fs = std::filesystem;

void SayWritten(RatingsRun& run, const LayerResult& result) {
  if (result.was_up_to_date()) return run.say("nothing changed below: the tables stay");
  for (const TableWritten& written : result.written) {
    run.say(StrCat(written.table, " version ", written.result.version, ": ",
                   WithThousands(written.result.rows), " rows"));
  }
}

}  // namespace

void WriteDocument(RatingsRun& run, const char* name, const Json& json) {
  const fs::path& folder = run.settings.folder;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) ThrowFileError(error.value(), "create", folder);
  WriteFileAtomic(folder / name, json.Pretty());
  run.say((folder / name).string());
}

Json ReadDocument(const RatingsRun& run, const char* name, std::string_view made_by) {
  const fs::path file = run.settings.folder / name;
  if (!fs::exists(file)) {
    throw Error(Code::kNotFound, StrCat("there is no ", file.string()),
                StrCat("it is made by: marquee task run netflix_mlops_pipeline ", made_by));
  }
  return Json::Parse(ReadFile(file));
}

Json VersionsJson(const std::vector<lake::TableVersion>& versions) {
  Json json = Json::MakeObject();
  for (const lake::TableVersion& version : versions) json[version.table] = version.version;
  return json;
}

std::vector<lake::TableVersion> VersionsOf(const Json& json) {
  std::vector<lake::TableVersion> versions;
  for (const auto& [table, version] : json.AsObject()) versions.push_back({table, version.AsInt()});
  return versions;
}

void LoadBronze(RatingsRun& run, const RatingsSource& source) {
  if (source.dataset != nullptr) {
    const BronzeResult result = RunBronze(run.pipeline(), *source.dataset, run.lake, source.load);
    run.say(result.was_up_to_date
                ? StrCat(source.dataset->name, " is loaded already, as ", result.load_id)
                : StrCat(source.dataset->name, " is loaded for ", result.date, ", as ",
                         result.load_id));
  }
  if (source.events != nullptr) {
    const CompactResult result = CompactEvents(run.pipeline(), *source.events, run.lake);
    run.say(StrCat(WithThousands(result.events), " new events from the log"));
  }
  if (source.records != nullptr && WriteRecords(run.pipeline(), *source.records, run.lake))
    run.say("titles and people as they were changed over the API");
}

void MakeSilver(RatingsRun& run) {
  SayWritten(run, RunSilver(run.pipeline(), run.lake, run.lake,
                            {.max_reject_share = run.settings.max_reject_share}));
}

void MakeGold(RatingsRun& run) { SayWritten(run, RunGold(run.pipeline(), run.lake, run.lake, {})); }

void (*StepNamed(std::string_view task))(RatingsRun&) {
  static constexpr std::pair<std::string_view, void (*)(RatingsRun&)> kSteps[] = {
      {"silver", MakeSilver},     {"gold", MakeGold},           {"features", DescribeFeatures},
      {"train", TrainModels},     {"evaluate", EvaluateModels}, {"register", RegisterModels},
      {"monitor", MonitorRatings}};
  for (const auto& [name, step] : kSteps) {
    if (name == task) return step;
  }
  return nullptr;
}

}  // namespace marquee::mlops
