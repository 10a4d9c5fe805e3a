#include "app/flow.h"

#include <cctype>
#include <filesystem>
#include <utility>

#include "app/built_in_dags.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "flow/schema.h"
#include "flow/times.h"

namespace marquee {
namespace {

std::string FlowUrl(const Environment& environment) {
  const std::string url = environment.config().Text("database.url");
  return url.empty() ? environment.home().flow_database().string() : url;
}

std::filesystem::path DagFolder(const Environment& environment) {
  const std::filesystem::path folder = environment.config().Text("flow.dags");
  return folder.is_absolute() ? folder : environment.home().root / folder;
}

// "MARQUEE_FLOW_DAGS"
std::string VariableOf(const std::string& key) {
  std::string name = "MARQUEE_";
  for (const char c : key) {
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

constexpr int64_t kDayUs = int64_t{86'400} * 1'000'000;
constexpr int64_t kRemovedAtOnce = 100;

// Runs, and the logs of their tasks, beyond flow.retention_days.
void RemoveOld(Flow& flow, const Environment& environment) {
  const int64_t days = environment.config().Int("flow.retention_days");
  if (days == 0) return;
  const int64_t before = flow::NowUs(environment.clock()) - days * kDayUs;
  std::vector<flow::DagRun> removed;
  do {
    removed = flow.store().RemoveRunsBefore(before, kRemovedAtOnce);
    for (const flow::DagRun& run : removed) {
      std::error_code ignored;
      std::filesystem::remove_all(flow.folder() / "logs" / run.dag_id / run.run_id, ignored);
    }
  } while (static_cast<int64_t>(removed.size()) == kRemovedAtOnce);
}

}  // namespace

Flow::Flow(Environment& environment)
    : environment_(environment),
      database_({.url = FlowUrl(environment)}, flow::FlowSchema()),
      store_(database_, environment.clock()),
      dags_(BuiltInDags(), DagFolder(environment), environment.clock()),
      service_(store_, dags_, folder()) {}

std::filesystem::path Flow::folder() const {
  return std::filesystem::absolute(environment_.home().root) / "flow";
}

flow::SchedulerOptions Flow::SchedulerSettings() {
  const Config& config = environment_.config();
  const std::filesystem::path home = std::filesystem::absolute(environment_.home().root);
  flow::SchedulerOptions options;
  options.folder = folder();
  options.home = home;
  options.marquee = {std::filesystem::read_symlink("/proc/self/exe").string(), "--home",
                     home.string()};
  // What was said on the command line counts for them too; as variables, since a secret must stand
  // neither in a list of processes nor in a log.
  for (const std::string& key : config.Keys()) {
    if (config.Origin(key) == "flag") options.env[VariableOf(key)] = config.Text(key);
  }
  options.working_folder = std::filesystem::current_path();
  options.parallelism = static_cast<int>(config.Int("flow.parallelism"));
  options.nice = static_cast<int>(config.Int("flow.nice"));
  options.memory_limit_bytes = config.Bytes("flow.memory_limit");
  options.orphan_ms = config.Int("flow.orphan_seconds") * 1000;
  options.paused_at_creation = config.Bool("flow.paused_at_creation");
  options.table_version = [this](const std::string& table) -> std::optional<int64_t> {
    if (!std::filesystem::exists(environment_.home().lake())) return std::nullopt;
    const lake::Lake lake(environment_.home().lake(), environment_.clock());
    if (!lake.Exists(table)) return std::nullopt;
    return lake.Read(table).version;
  };
  return options;
}

void Flow::AddDags() {
  std::vector<std::string> ids;
  for (const auto& [id, dag] : dags_.Current()->dags) ids.push_back(id);
  store_.AddDags(ids, environment_.config().Bool("flow.paused_at_creation"));
}

std::string Flow::Problem() {
  try {
    store_.Pools();
    return "";
  } catch (const Error& error) {
    return error.message();
  }
}

FlowRunner::FlowRunner(Flow& flow, Environment& environment, MetricsRegistry& metrics)
    : flow_(flow),
      environment_(environment),
      notifications_(environment, flow.store(), flow.dags(), &metrics, ShowOnStandardOutput),
      lineage_(environment, flow.store(), flow.dags()),
      scheduler_(flow.store(), flow.dags(), flow.SchedulerSettings(), environment.clock(), steady_),
      thread_([this] { Run(); }) {}

FlowRunner::~FlowRunner() {
  stop_.Request();
  scheduler_.Wake();
  thread_.join();
}

void FlowRunner::Run() {
  try {
    RemoveOld(flow_, environment_);
  } catch (const Error& error) {
    LogWarning(StrCat("flow: old runs stay: ", error.message()));
  }
  scheduler_.Run(stop_);
}

}  // namespace marquee
