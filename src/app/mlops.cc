#include "app/mlops.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "app/loaded_data.h"
#include "app/open_event_log.h"
#include "app/pipeline_options.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "mlops/steps.h"
#include "sources/download.h"
#include "titles/dags.h"

namespace marquee {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMlopsDag = "netflix_mlops_pipeline";
constexpr std::string_view kFirstTask = "bronze";
constexpr int kEventsAtOnce = 1000;

fs::path FolderOf(const Environment& environment) { return environment.home().reports() / "mlops"; }

struct Decision {
  bool on_ratings = false;
  std::string why;
};

bool IsDownloadable(const std::string& name) {
  return std::ranges::count(sources::DownloadableDatasets(), name) > 0;
}

bool LogHasRatings(const Environment& environment) {
  if (!HasEventLog(environment)) return false;
  const auto log = OpenEventLog(environment);
  int64_t next = 1;
  while (true) {
    const std::vector<StoredEvent> events = log->Read(next, kEventsAtOnce);
    if (events.empty()) return false;
    for (const StoredEvent& stored : events) {
      if (stored.event.kind == EventKind::kRating) return true;
    }
    next = events.back().offset + 1;
  }
}

bool LakeHasRatings(Environment& environment) {
  return fs::exists(environment.home().lake()) && (environment.lake().Exists("bronze.ratings") ||
                                                   environment.lake().Exists("silver.ratings"));
}

Decision DecideBySource(const std::string& source) {
  if (IsDownloadable(source)) return {true, StrCat(source, " is a data set of ratings")};
  if (source.find("://") != std::string::npos || source.starts_with("kaggle:"))
    return {false, "the source is a table of titles from elsewhere"};
  try {
    return {true, StrCat(source, " holds ratings: ", sources::OpenDataset(source, {}).name)};
  } catch (const Error& error) {
    return {false, StrCat("no ratings in the source: ", error.message())};
  }
}

// std::nullopt: the conf does not say.
std::optional<bool> Forced(const Json& conf) {
  const std::string on = conf.GetString("on");
  if (on.empty()) return std::nullopt;
  if (on != "ratings" && on != "titles")
    throw Error(Code::kInvalidArgument, StrCat("\"on\" is '", on, "': must be ratings or titles"),
                "leave it out to work on ratings where there are some");
  return on == "ratings";
}

Decision Decide(Environment& environment, const Json& conf) {
  if (const auto forced = Forced(conf)) return {*forced, "the conf of the run says so"};
  const std::string source = conf.GetString("source");
  if (!source.empty()) return DecideBySource(source);
  if (LakeHasRatings(environment)) return {true, "the lake has ratings"};
  if (LogHasRatings(environment)) return {true, "the event log has ratings"};
  return {false, "the home has no ratings"};
}

void Note(const Environment& environment, const Decision& decision,
          const titles::TaskContext& context) {
  fs::create_directories(FolderOf(environment));
  WriteFileAtomic(FolderOf(environment) / "decision.json",
                  Json::MakeObject({{"document", "decision"},
                                    {"on", decision.on_ratings ? "ratings" : "titles"},
                                    {"why", decision.why},
                                    {"run_id", context.run_id},
                                    {"decided_at", FormatUtc(context.clock.NowMs())}})
                      .Pretty());
}

// What the first task decided, of this run or, for a task by hand, of the last one.
bool IsOnRatings(Environment& environment, std::string_view task, titles::TaskContext& context) {
  const fs::path noted = FolderOf(environment) / "decision.json";
  if (task != kFirstTask) {
    if (const auto forced = Forced(context.conf)) return *forced;
    if (fs::exists(noted)) return Json::Parse(ReadFile(noted)).GetString("on") == "ratings";
  }
  const Decision decision = Decide(environment, context.conf);
  context.say(StrCat("this run is on ", decision.on_ratings ? "ratings" : "titles alone", ": ",
                     decision.why));
  if (task == kFirstTask) Note(environment, decision, context);
  return decision.on_ratings;
}

mlops::RatingsSettings SettingsOf(const Environment& environment, const Json& conf) {
  mlops::RatingsSettings settings{
      .folder = FolderOf(environment),
      .min_rating = environment.min_rating(),
      .threads = environment.threads(),
      .max_reject_share = environment.config().Number("import.max_reject_share"),
      .promotion = PromotionRulesOf(environment)};
  settings.model = conf.GetString("rating_model", settings.model);
  const int64_t days = conf.GetInt("window_days", settings.window_days);
  if (days < 1 || days > 3650)
    throw Error(Code::kInvalidArgument, StrCat("\"window_days\" is ", days, ": must be 1 to 3650"));
  settings.window_days = static_cast<int>(days);
  if (const Json* named = conf.Find("settings")) {
    for (const auto& [key, value] : named->AsObject())
      settings.model_settings[key] = value.is_string() ? value.AsString() : value.Dump();
  }
  return settings;
}

// The data set that the conf names, fetched where it is one to download.
std::optional<LoadedData> FindData(const Environment& environment, const Json& conf,
                                   titles::TaskContext& context) {
  const std::string source = conf.GetString("source");
  if (source.empty()) return std::nullopt;
  fs::path path = source;
  if (IsDownloadable(source)) {
    path = sources::DownloadDataset(source, environment.home().data(), {}, context.progress,
                                    context.cancel)
               .file;
  }
  return LoadedData{fs::absolute(path).lexically_normal(), {}, "", ""};
}

void RunBronzeTask(Environment& environment, mlops::RatingsRun& run, titles::TaskContext& context) {
  mlops::RatingsSource source{.load = LoadOptionsOf(environment)};
  std::optional<sources::Dataset> dataset;
  std::optional<LoadedData> data = FindData(environment, context.conf, context);
  if (data) {
    dataset = sources::OpenDataset(data->path, data->options);
    if (!dataset->notice.empty()) run.say(dataset->notice);
    data->name = dataset->name;
    data->fingerprint = dataset->fingerprint;
    source.dataset = &*dataset;
  }
  std::unique_ptr<EventLog> log;
  if (HasEventLog(environment)) log = OpenEventLog(environment);
  std::optional<RecordStore> records;
  if (fs::exists(environment.home().records()))
    records.emplace(environment.home().records(), environment.clock());
  source.events = log.get();
  source.records = records ? &*records : nullptr;
  mlops::LoadBronze(run, source);
  if (data) WriteLoadedData(environment.home().data(), *data);
}

}  // namespace

void RunBuiltInTask(Environment& environment, const std::function<const Recording&()>& recording,
                    std::string_view dag, std::string_view task, titles::TaskContext& context) {
  titles::TaskNamed(dag, task);
  if (dag != kMlopsDag || !IsOnRatings(environment, task, context))
    return titles::RunTask(dag, task, context);
  ModelStore models(environment.home().models(), environment.clock());
  const auto session = environment.engine().NewSession();
  mlops::RatingsRun run{*session,       environment.lake(), models,
                        recording(),    context.clock,      context.progress,
                        context.cancel, context.say,        SettingsOf(environment, context.conf)};
  if (task == kFirstTask) return RunBronzeTask(environment, run, context);
  mlops::StepNamed(task)(run);
  context.cancel.ThrowIfRequested(task);
}

}  // namespace marquee
