// marquee runs: what train, tune, evaluate and clients of MLflow recorded in this home.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/tracking.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/run_text.h"
#include "services/tracking_json.h"
#include "tracking/artifact_path.h"

namespace marquee::cli {
namespace {

struct RunsFlags {
  std::string experiment;
  std::string filter;
  std::vector<std::string> order_by;
  std::vector<std::string> metrics;
  std::vector<std::string> ids;
  std::string format = "csv";
  std::string out;
  bool deleted = false;
  int64_t max = 20;
};

constexpr int64_t kRunsAtOnce = 1000;
constexpr size_t kShownMetrics = 3;

Tracking OpenTracking(Context& context) {
  const std::string uri = context.environment().config().Text("tracking.uri");
  if (!uri.empty()) {
    throw Error(Code::kFailedPrecondition, "the runs of this home are recorded elsewhere",
                "look at the server of tracking.uri, or leave that setting out: --config "
                "tracking.uri=");
  }
  return Tracking(context.environment());
}

std::vector<int64_t> Experiments(Tracking& tracking, const std::string& name) {
  if (!name.empty()) {
    if (const auto found = tracking.runs().FindExperiment(name)) return {found->id};
    throw Error(Code::kNotFound, StrCat("no experiment '", name, "'"),
                "marquee runs list shows those of all experiments");
  }
  std::vector<int64_t> ids;
  std::string page;
  do {
    const auto found = tracking.runs().SearchExperiments({.page = page});
    for (const tracking::Experiment& experiment : found.items) ids.push_back(experiment.id);
    page = found.next;
  } while (!page.empty());
  return ids;
}

// At most `max`; 0: all.
std::vector<tracking::Run> Search(Tracking& tracking, const RunsFlags& flags, int64_t max) {
  tracking::RunSearch search{
      .experiment_ids = Experiments(tracking, flags.experiment),
      .filter = flags.filter,
      .order_by = flags.order_by,
      .view = flags.deleted ? tracking::View::kAll : tracking::View::kActiveOnly};
  std::vector<tracking::Run> runs;
  do {
    const int64_t left = max - static_cast<int64_t>(runs.size());
    search.max_results = max == 0 ? kRunsAtOnce : std::min(left, kRunsAtOnce);
    auto found = tracking.runs().SearchRuns(search);
    std::ranges::move(found.items, std::back_inserter(runs));
    search.page = found.next;
  } while (!search.page.empty() && (max == 0 || static_cast<int64_t>(runs.size()) < max));
  return runs;
}

// By its id, or the first letters of it.
tracking::Run FindRun(Tracking& tracking, const std::string& id) {
  if (id.find_first_not_of("0123456789abcdef") != std::string::npos) {
    throw Error(Code::kInvalidArgument, StrCat("run '", id, "': ids are hex digits"),
                "marquee runs list shows them");
  }
  RunsFlags flags;
  flags.filter = StrCat("attributes.run_id LIKE '", id, "%'");
  flags.deleted = true;
  const std::vector<tracking::Run> found = Search(tracking, flags, 2);
  if (found.size() == 1) return found[0];
  throw Error(found.empty() ? Code::kNotFound : Code::kInvalidArgument,
              found.empty() ? StrCat("no run '", id, "'")
                            : StrCat("'", id, "' begins the ids of several runs"),
              "marquee runs list shows them");
}

void AddFiles(const tracking::ArtifactStore& artifacts, const std::string& root,
              const std::string& below, std::vector<std::string>* files) {
  const std::string folder = below.empty() ? root : StrCat(root, "/", below);
  for (const tracking::ArtifactInfo& info : artifacts.List(folder)) {
    const std::string path = below.empty() ? info.name : StrCat(below, "/", info.name);
    if (info.is_folder) {
      AddFiles(artifacts, root, path, files);
    } else {
      files->push_back(StrCat(path, "  ", HumanBytes(info.size_bytes)));
    }
  }
}

// Files that a client keeps elsewhere are not looked at.
std::vector<std::string> FilesOf(Tracking& tracking, const tracking::Run& run) {
  std::vector<std::string> files;
  if (run.info.artifact_uri.starts_with(tracking::kArtifactScheme)) {
    AddFiles(tracking.artifacts(), tracking::PathOfArtifactUri(run.info.artifact_uri), "", &files);
  }
  return files;
}

Json RunsJson(const std::vector<tracking::Run>& runs) {
  Json json = Json::MakeArray();
  for (const tracking::Run& run : runs) json.Append(RenderRun(run));
  return json;
}

// Those that tell most, of what the runs have.
std::vector<std::string> ShownMetrics(const std::vector<tracking::Run>& runs) {
  std::vector<std::string> shown;
  for (const char* key : {"ndcg_at_100", "ndcg_at_10", "hit_rate_at_10", "rmse", "best"}) {
    const bool some = std::ranges::any_of(
        runs, [&](const tracking::Run& run) { return !MetricText(run, key).empty(); });
    if (some && shown.size() < kShownMetrics) shown.emplace_back(key);
  }
  return shown;
}

void List(Context& context, const RunsFlags& flags) {
  Tracking tracking = OpenTracking(context);
  const std::vector<tracking::Run> runs = Search(tracking, flags, flags.max);
  if (context.json) return PrintJson(RunsJson(runs));
  if (runs.empty()) return Print("no runs\n");
  Print(RunsText(runs, flags.metrics.empty() ? ShownMetrics(runs) : flags.metrics));
}

void Show(Context& context, const RunsFlags& flags) {
  Tracking tracking = OpenTracking(context);
  const tracking::Run run = FindRun(tracking, flags.ids[0]);
  context.json ? PrintJson(RenderRun(run)) : Print(RunText(run, FilesOf(tracking, run)));
}

void Compare(Context& context, const RunsFlags& flags) {
  Tracking tracking = OpenTracking(context);
  std::vector<tracking::Run> runs;
  for (const std::string& id : flags.ids) runs.push_back(FindRun(tracking, id));
  context.json ? PrintJson(Differences(runs)) : Print(DifferencesText(runs));
}

void Export(Context& context, const RunsFlags& flags) {
  Tracking tracking = OpenTracking(context);
  const std::vector<tracking::Run> runs = Search(tracking, flags, 0);
  const std::string text = flags.format == "csv" ? RunsCsv(runs) : RunsJson(runs).Pretty() + "\n";
  if (flags.out.empty()) return Print(text);
  WriteFileAtomic(flags.out, text);
  context.Note(StrCat(flags.out, ": ", WithThousands(static_cast<int64_t>(runs.size())), " runs"));
}

void AddSearchFlags(CLI::App& command, RunsFlags& flags) {
  command.add_option("--experiment", flags.experiment, "That one's; none: of all");
  command.add_option("--filter", flags.filter,
                     "As in MLflow: \"metrics.rmse < 0.9 and params.model = 'ials'\"");
  command.add_option("--order-by", flags.order_by,
                     "As in MLflow: \"metrics.rmse ASC\"; may be repeated; none: the newest first");
  command.add_flag("--deleted", flags.deleted, "Those that were deleted, too");
}

}  // namespace

void AddRuns(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<RunsFlags>();
  CLI::App& runs = *root.add_subcommand("runs", "What trainings and evaluations recorded");
  runs.require_subcommand(1);
  runs.fallthrough();
  runs.add_flag("--json", context.json, "One JSON document instead of text");
  CLI::App* list = runs.add_subcommand("list", "A row a run");
  AddSearchFlags(*list, *flags);
  list->add_option("--metric", flags->metrics, "A column of this metric; may be repeated");
  list->add_option("--max", flags->max, "So many at most; 0: all")->capture_default_str();
  list->callback([&context, flags] { List(context, *flags); });
  CLI::App* show = runs.add_subcommand("show", "All there is of one");
  show->add_option("run", flags->ids, "Its id, or the beginning of it")->required()->expected(1);
  show->callback([&context, flags] { Show(context, *flags); });
  CLI::App* compare = runs.add_subcommand("compare", "What differs between some");
  compare->add_option("runs", flags->ids, "Their ids")->required()->expected(2, 20);
  compare->callback([&context, flags] { Compare(context, *flags); });
  CLI::App* dump = runs.add_subcommand("export", "All that are found, as a file for other tools");
  AddSearchFlags(*dump, *flags);
  dump->add_option("--format", flags->format, "csv, or json")
      ->check(CLI::IsMember({"csv", "json"}))
      ->capture_default_str();
  dump->add_option("--out", flags->out, "The file; none: standard output");
  dump->callback([&context, flags] { Export(context, *flags); });
}

}  // namespace marquee::cli
