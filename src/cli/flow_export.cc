// marquee flow export: DAGs as files for Airflow.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/flow.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/flow_runs.h"
#include "flow/airflow_export.h"

namespace marquee::cli {
namespace {

namespace fs = std::filesystem;

struct ExportFlags {
  std::string folder;
  std::vector<std::string> dags;
  std::string image;
  std::string volume_claim;
  bool force = false;
};

struct ExportedFile {
  std::string dag;
  fs::path path;
  std::string text;
};

std::vector<flow::DagPtr> MeantDags(const flow::DagSet& all, const ExportFlags& flags) {
  std::vector<flow::DagPtr> dags;
  for (const std::string& id : flags.dags) dags.push_back(all.Named(id));
  if (!dags.empty()) return dags;
  for (const auto& [id, dag] : all.dags) dags.push_back(dag);
  return dags;
}

void RefuseForeign(const fs::path& path) {
  if (!fs::exists(path) || flow::IsAirflowFile(ReadFile(path))) return;
  throw Error(Code::kAlreadyExists,
              StrCat(path.string(), " was not written by marquee flow export"),
              "move it away, or replace it with --force");
}

std::vector<ExportedFile> FilesFor(Flow& flow, const flow::DagSet& all, const ExportFlags& flags) {
  const flow::SchedulerOptions here = flow.SchedulerSettings();
  flow::AirflowOptions options{.program = here.marquee.front(),
                               .home = here.home.string(),
                               .image = flags.image,
                               .volume_claim = flags.volume_claim};
  for (const auto& [id, dag] : all.dags) {
    for (std::string& triggered : flow::TriggeredBy(*dag)) {
      options.triggered.insert(std::move(triggered));
    }
  }
  std::vector<ExportedFile> files;
  for (const flow::DagPtr& dag : MeantDags(all, flags)) {
    files.push_back({dag->id, fs::path(flags.folder) / StrCat(dag->id, ".py"),
                     flow::AirflowFile(*dag, options)});
  }
  return files;
}

// Pools are no part of a DAG: how to make those of the home in Airflow.
void NotePools(Context& context, Flow& flow) {
  for (const flow::Pool& pool : flow.store().Pools()) {
    if (pool.name == flow::kDefaultPool) continue;
    context.Note(
        StrCat("pool: airflow pools set ", pool.name, " ", pool.slots, " 'as in Marquee'"));
  }
}

void Export(Context& context, const ExportFlags& flags) {
  if (flags.image.empty() && !flags.volume_claim.empty()) {
    throw Error(Code::kInvalidArgument, StrCat("--volume-claim ", flags.volume_claim, " alone"),
                "add --image NAME: it is mounted into pods of that image");
  }
  Flow flow(context.environment());
  const auto all = flow.dags().Current();
  for (const flow::DagError& error : all->errors) {
    context.Note(StrCat("not read: ", error.message));
  }
  const std::vector<ExportedFile> files = FilesFor(flow, *all, flags);
  if (!flags.force) {
    for (const ExportedFile& file : files) RefuseForeign(file.path);
  }
  fs::create_directories(flags.folder);
  Json json = Json::MakeArray();
  for (const ExportedFile& file : files) {
    WriteFileAtomic(file.path, file.text);
    json.Append(Json::MakeObject({{"dag_id", file.dag}, {"file", file.path.string()}}));
    if (!context.json) Print(StrCat(file.path.string(), "\n"));
  }
  if (context.json) PrintJson(json);
  NotePools(context, flow);
}

}  // namespace

void AddFlowExport(CLI::App& group, Context& context) {
  const auto flags = std::make_shared<ExportFlags>();
  CLI::App& command = *group.add_subcommand("export", "Write DAGs as files that Airflow runs");
  command.add_option("--airflow", flags->folder, "Into this folder, a Python file for each DAG")
      ->required();
  command.add_option("dags", flags->dags, "These alone (default: all)");
  command.add_option("--image", flags->image,
                     "For KubernetesExecutor: the image of the pods, with Airflow and marquee");
  command.add_option("--volume-claim", flags->volume_claim,
                     "The claim of a volume that is the home in those pods");
  command.add_flag("--force", flags->force, "Replace files that it did not write, too");
  command.add_flag("--json", context.json, "One JSON document");
  command.callback([&context, flags] { Export(context, *flags); });
}

}  // namespace marquee::cli
