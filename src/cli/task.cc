// marquee task: one task of a built-in DAG, as the scheduler runs it.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>

#include "app/mlops.h"
#include "app/titles.h"
#include "base/error.h"
#include "base/text.h"
#include "base/text_table.h"
#include "cli/context.h"
#include "titles/dags.h"

namespace marquee::cli {
namespace {

struct TaskFlags {
  std::string dag;
  std::string task;
  std::string date;
  std::string conf = "{}";
  std::string run_id;
};

Json ParseConf(const std::string& text) {
  Json conf;
  try {
    conf = Json::Parse(text);
  } catch (const Error& error) {
    throw error.WithContext("--conf");
  }
  if (!conf.is_object())
    throw Error(Code::kInvalidArgument, StrCat("--conf is ", text, ": not a JSON object"),
                "write it as '{\"source\": \"PATH\"}'");
  return conf;
}

void RunTaskCommand(Context& context, const TaskFlags& flags) {
  Environment& environment = context.environment();
  const int64_t now = environment.clock().NowMs();
  const std::string date = flags.date.empty() ? FormatDate(now) : flags.date;
  if (!ParseUtc(date))
    throw Error(Code::kInvalidArgument, StrCat("--date is '", date, "': no such date"),
                "write it as 2024-01-05");
  titles::TaskNamed(flags.dag, flags.task);
  const titles::TitlesSettings settings = TitlesSettingsOf(environment);
  titles::TaskContext task{
      .settings = settings,
      .engine = [&]() -> lake::Engine& { return environment.engine(); },
      .clock = environment.clock(),
      .progress = context.progress,
      .cancel = context.cancel,
      .say = [&](std::string_view line) { Print(StrCat(line, "\n")); },
      .env = [](const char* name) { return static_cast<const char*>(std::getenv(name)); },
      .conf = ParseConf(flags.conf),
      .date = date,
      .run_id = flags.run_id.empty() ? "manual__" + FormatUtc(now) : flags.run_id};
  try {
    RunBuiltInTask(
        environment, [&]() -> const Recording& { return context.recording(); }, flags.dag,
        flags.task, task);
  } catch (const Error& error) {
    // The command was right, its data was not.
    if (error.code() != Code::kInvalidArgument) throw;
    throw Error(Code::kFailedPrecondition, error.message(), error.hint());
  }
  context.progress.Finish();
}

void ListTasks(Context& context) {
  Json json = Json::MakeArray();
  TextTable table({"dag", "task", "after", "triggers"});
  for (const titles::DagDefinition& dag : titles::BuiltInDags()) {
    for (const titles::TaskDefinition& task : dag.tasks) {
      Json upstream = Json::MakeArray();
      for (const std::string& id : task.upstream) upstream.Append(id);
      json.Append(Json::MakeObject({{"dag", dag.id},
                                    {"task", task.id},
                                    {"upstream", std::move(upstream)},
                                    {"triggers", task.triggers}}));
      table.Add({dag.id, task.id, Join(task.upstream, ", "), task.triggers});
    }
  }
  if (context.json) return PrintJson(json);
  Print(table.ToText(0, 120));
}

}  // namespace

void AddTask(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<TaskFlags>();
  CLI::App* task = root.add_subcommand("task", "The tasks of Marquee's own DAGs, one by one");
  task->require_subcommand(1);
  CLI::App* run = task->add_subcommand("run", "Runs one task: exit 0 when it succeeded");
  run->add_option("dag", flags->dag, "Id of the DAG")->required();
  run->add_option("task", flags->task, "Id of the task")->required();
  run->add_option("--date", flags->date, "The date of the run; default today");
  run->add_option("--conf", flags->conf, "What the run was given, a JSON object")
      ->capture_default_str();
  run->add_option("--run-id", flags->run_id, "Id of the run; default manual__ and the time");
  run->callback([&context, flags] { RunTaskCommand(context, *flags); });
  CLI::App* list = task->add_subcommand("list", "The DAGs and their tasks");
  list->add_flag("--json", context.json, "One JSON document instead of text");
  list->callback([&context] { ListTasks(context); });
}

}  // namespace marquee::cli
