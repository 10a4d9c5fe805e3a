#include "flow/launch.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "flow/context.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

std::vector<std::string> Rendered(const std::vector<std::string>& words,
                                  const RunContext& context) {
  std::vector<std::string> rendered;
  for (const std::string& word : words) rendered.push_back(RenderTemplate(word, context));
  return rendered;
}

void AppendWords(const std::vector<std::string>& words, std::vector<std::string>* argv) {
  argv->insert(argv->end(), words.begin(), words.end());
}

std::vector<std::string> HttpSensorArguments(const Sensor& sensor, const RunContext& context) {
  std::vector<std::string> arguments =
      Rendered(HttpArguments({.url = sensor.target, .status = sensor.status}), context);
  AppendWords({"--every-ms", std::to_string(sensor.interval_ms), "--for-ms",
               std::to_string(sensor.timeout_ms)},
              &arguments);
  if (sensor.soft_fail) arguments.emplace_back("--soft-fail");
  return arguments;
}

std::map<std::string, std::string> EnvironmentOf(const RunContext& context) {
  return {{"MARQUEE_HOME", context.home},
          {"MARQUEE_DAG_ID", context.dag_id},
          {"MARQUEE_TASK_ID", context.task_id},
          {"MARQUEE_RUN_ID", context.run_id},
          {"MARQUEE_TRY_NUMBER", std::to_string(context.try_number)},
          {"MARQUEE_LOGICAL_DATE", FormatTime(context.logical_us)},
          {"MARQUEE_DATA_INTERVAL_START", FormatTime(context.interval.start_us)},
          {"MARQUEE_DATA_INTERVAL_END", FormatTime(context.interval.end_us)},
          {"MARQUEE_RUN_CONF", context.conf.Dump()}};
}

std::vector<std::string> ArgumentsOf(const Task& task, const RunContext& context,
                                     const SchedulerOptions& options,
                                     std::map<std::string, std::string>* env) {
  if (task.kind == Task::Kind::kCommand) {
    if (!task.is_shell) return Rendered(task.command, context);
    return {"/bin/sh", "-c", RenderScript(task.command.front(), context, env)};
  }
  std::vector<std::string> argv = options.marquee;
  if (task.kind == Task::Kind::kMarquee) {
    AppendWords(Rendered(task.command, context), &argv);
  } else if (task.kind == Task::Kind::kHttp) {
    AppendWords(Rendered(HttpArguments(task.http), context), &argv);
  } else {
    MARQUEE_CHECK(task.kind == Task::Kind::kSensor);
    AppendWords(HttpSensorArguments(task.sensor, context), &argv);
  }
  return argv;
}

}  // namespace

TryFiles FilesOf(const std::filesystem::path& folder, const DagRun& run, std::string_view task_id,
                 int try_number) {
  return {folder / "logs" / run.dag_id / run.run_id / task_id, try_number};
}

TaskCommand CommandOf(const Dag& dag, const Task& task, const DagRun& run,
                      const TaskInstance& instance, const SchedulerOptions& options) {
  const RunContext context = ContextOf(dag, run, instance, options.home.string());
  TaskCommand command;
  command.env = EnvironmentOf(context);
  command.env.insert(options.env.begin(), options.env.end());
  for (const auto& [name, value] : task.env) command.env[name] = RenderTemplate(value, context);
  command.argv = ArgumentsOf(task, context, options, &command.env);
  const bool here = task.kind == Task::Kind::kMarquee && !options.working_folder.empty();
  command.folder = here ? options.working_folder : options.home;
  command.files = FilesOf(options.folder, run, task.id, instance.try_number);
  command.env["MARQUEE_LINEAGE_FILE"] = command.files.lineage().string();
  command.claim = instance.claim;
  command.nice = options.nice;
  command.memory_limit_bytes =
      task.memory_limit_bytes > 0 ? task.memory_limit_bytes : options.memory_limit_bytes;
  command.timeout_ms = task.execution_timeout_ms;
  command.grace_ms = options.grace_ms;
  command.heartbeat = options.folder / "heartbeat";
  command.orphan_ms = options.orphan_ms;
  return command;
}

// Done by the program's own command: this module knows no HTTP.
std::vector<std::string> HttpArguments(const HttpCall& call) {
  std::vector<std::string> arguments = {"flow", "call", call.url, "--method", call.method};
  for (const auto& [name, value] : call.headers) {
    AppendWords({"--header", StrCat(name, ": ", value)}, &arguments);
  }
  if (!call.body.empty()) AppendWords({"--body", call.body}, &arguments);
  if (call.status != 0) AppendWords({"--status", std::to_string(call.status)}, &arguments);
  return arguments;
}

void AppendToLog(const TryFiles& files, int64_t now_us, std::string_view text) {
  const auto open_log = [&] {
    return open(files.log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  };
  int fd = open_log();
  if (fd < 0 && errno == ENOENT) {
    std::error_code ignored;
    std::filesystem::create_directories(files.folder, ignored);
    fd = open_log();
  }
  if (fd < 0) return;
  const std::string line = StrCat("[", FormatTime(now_us), "] marquee: ", text, "\n");
  if (write(fd, line.data(), line.size()) < 0) {
    // As it says above.
  }
  close(fd);
}

}  // namespace marquee::flow
