// marquee flow: DAGs, their runs and tasks.
#include "app/flow.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/text_table.h"
#include "cli/context.h"
#include "cli/flow_runs.h"
#include "flow/launch.h"
#include "flow/picture.h"
#include "flow/times.h"
#include "services/flow_json.h"

namespace marquee::cli {
namespace {

struct FlowFlags {
  std::string dag;
  std::string run_id;
  std::string task;
  std::vector<std::string> tasks;
  std::string svg;
  std::string from;
  std::string to;
  std::string pool;
  std::optional<int64_t> slots;
  int try_number = 0;
  int64_t limit = 20;
  bool downstream = false;
  bool only_failed = false;
  bool dry_run = false;
};

std::string Moment(const std::optional<int64_t>& us) {
  return us ? flow::FormatTimeZ(*us).substr(0, 19) : "";
}

std::string Took(const std::optional<int64_t>& start, const std::optional<int64_t>& end) {
  return start && end ? flow::HumanDuration(*end - *start) : "";
}

int64_t DateOf(const std::string& text) {
  if (const auto us = flow::ParseTime(text)) return *us;
  throw Error(Code::kInvalidArgument, StrCat("'", text, "' is no date"), "write it as 2026-01-31");
}

void PrintErrors(Context& context, const flow::DagSet& dags) {
  for (const flow::DagError& error : dags.errors) context.Note(StrCat("not read: ", error.message));
}

// The run that is meant: the latest when none is named.
flow::DagRun MeantRun(Flow& flow, const FlowFlags& flags) {
  if (!flags.run_id.empty()) return flow.store().GetRun(flags.dag, flags.run_id);
  const auto runs =
      flow.store().SearchRuns({.dag_ids = {flags.dag}, .order_by = {"-id"}, .limit = 1});
  if (!runs.items.empty()) return runs.items.front();
  throw Error(Code::kNotFound, StrCat("DAG ", flags.dag, " has no run"),
              StrCat("make one: marquee flow run ", flags.dag));
}

void ListDags(Context& context) {
  Flow flow(context.environment());
  flow.AddDags();
  const auto dags = flow.dags().Current();
  TextTable table({"dag", "schedule", "state", "tasks", "last run", "ended", "tags"});
  Json json = Json::MakeArray();
  for (const auto& [id, dag] : dags->dags) {
    const bool paused = flow.store().GetDag(id).paused;
    const auto runs = flow.store().SearchRuns({.dag_ids = {id}, .order_by = {"-id"}, .limit = 1});
    const bool has_run = !runs.items.empty();
    const std::string state = has_run ? std::string(flow::RunStateName(runs.items[0].state)) : "";
    const std::string ended = has_run ? Moment(runs.items[0].end_us) : "";
    table.Add({id, dag->schedule.text(), paused ? "paused" : "active",
               std::to_string(dag->tasks.size()), state, ended, Join(dag->tags, ", ")});
    json.Append(Json::MakeObject({{"dag_id", id},
                                  {"schedule", dag->schedule.text()},
                                  {"paused", paused},
                                  {"tasks", dag->tasks.size()},
                                  {"last_run", has_run ? Json(state) : Json()}}));
  }
  PrintErrors(context, *dags);
  if (context.json) return PrintJson(json);
  Print(dags->dags.empty()
            ? StrCat("No DAGs: declare them in ",
                     (context.environment().home().root / "dags").string(), " (docs/flow.md)\n")
            : table.ToText(0, 60));
}

void ShowDag(Context& context, const FlowFlags& flags) {
  Flow flow(context.environment());
  const flow::DagPtr dag = flow.dags().Current()->Named(flags.dag);
  TextTable table({"task", "does", "needs", "rule", "retries", "pool"});
  Json json = Json::MakeArray();
  for (const flow::Task& task : dag->tasks) {
    table.Add({task.id, std::string(flow::TaskKindName(task.kind)), Join(task.needs, ", "),
               std::string(flow::TriggerRuleName(task.trigger_rule)),
               std::to_string(task.retry.retries), task.pool});
    json.Append(RenderFlowTask(FlowApi::kV1, *dag, task));
  }
  if (context.json) return PrintJson(json);
  Print(StrCat(dag->id, "   ", dag->schedule.text(), " (", dag->time_zone, ")   ",
               dag->file.empty() ? "built in" : dag->file, "\n"));
  if (!dag->description.empty()) Print(dag->description + "\n");
  Print("\n" + table.ToText(0, 60));
}

void SetPaused(Context& context, const FlowFlags& flags, bool paused) {
  Flow flow(context.environment());
  flow.dags().Current()->Named(flags.dag);
  flow.AddDags();
  flow.store().SetPaused(flags.dag, paused);
  Print(StrCat(flags.dag, paused ? " is paused\n" : " is active\n"));
}

void ListRuns(Context& context, const FlowFlags& flags) {
  Flow flow(context.environment());
  flow::RunSearch search{.order_by = {"-id"}, .limit = flags.limit};
  if (!flags.dag.empty()) search.dag_ids = {flags.dag};
  const auto runs = flow.store().SearchRuns(search);
  TextTable table({"dag", "run", "type", "state", "started", "took"});
  Json json = Json::MakeArray();
  for (const flow::DagRun& run : runs.items) {
    table.Add({run.dag_id, run.run_id, std::string(flow::RunTypeName(run.type)),
               std::string(flow::RunStateName(run.state)), Moment(run.start_us),
               Took(run.start_us, run.end_us)});
    json.Append(RenderFlowRun(FlowApi::kV1, run));
  }
  if (context.json) return PrintJson(json);
  Print(runs.items.empty() ? "No runs.\n" : table.ToText(0, 80));
}

void ShowTasks(Context& context, const FlowFlags& flags) {
  Flow flow(context.environment());
  const flow::DagRun run = MeantRun(flow, flags);
  const std::vector<flow::TaskInstance> tasks = flow.store().Tasks(run.run);
  const flow::DagPtr dag = flow.dags().Current()->Find(run.dag_id);
  const int64_t now_us = flow::NowUs(context.environment().clock());
  if (context.json) return PrintJson(FlowRunJson(dag.get(), run, tasks, now_us));
  Print(StrCat(run.dag_id, " ", run.run_id, "   ", flow::RunStateName(run.state), "\n\n",
               FlowTasksText(dag.get(), run, tasks, now_us)));
}

void ShowLog(Context& context, const FlowFlags& flags) {
  Flow flow(context.environment());
  const flow::DagRun run = MeantRun(flow, flags);
  const flow::TaskInstance task = flow.store().GetTask(run.dag_id, run.run_id, flags.task).task;
  const int number = flags.try_number > 0 ? flags.try_number : std::max(task.try_number, 1);
  const auto file = flow::FilesOf(flow.folder(), run, flags.task, number).log();
  if (!std::filesystem::exists(file)) {
    throw Error(Code::kNotFound, StrCat("no log of try ", number, " of task ", flags.task),
                "marquee flow tasks says how many tries there were");
  }
  Print(ReadFile(file));
}

void Clear(Context& context, const FlowFlags& flags) {
  Flow flow(context.environment());
  const flow::DagPtr dag = flow.dags().Current()->Named(flags.dag);
  const flow::DagRun run = MeantRun(flow, flags);
  const auto cleared = flow.store().Clear(*dag, {.run_id = run.run_id,
                                                 .task_ids = flags.tasks,
                                                 .downstream = flags.downstream,
                                                 .only_failed = flags.only_failed,
                                                 .dry_run = flags.dry_run});
  for (const flow::TaskOfRun& each : cleared) {
    Print(StrCat(each.task.task_id, "   ", flow::TaskStateName(each.task.state), "\n"));
  }
  Print(StrCat(cleared.size(), " tasks ", flags.dry_run ? "would run" : "will run", " again\n"));
}

void Backfill(Context& context, const FlowFlags& flags) {
  Flow flow(context.environment());
  const flow::DagPtr dag = flow.dags().Current()->Named(flags.dag);
  const int64_t from = DateOf(flags.from);
  const int64_t to = DateOf(flags.to);
  if (flags.dry_run) {
    for (const flow::DataInterval& interval : dag->schedule.Between(from, to)) {
      Print(StrCat(flow::RunIdOf(flow::RunType::kBackfill, interval.start_us), "\n"));
    }
    return;
  }
  const auto runs = flow.store().Backfill(*dag, from, to, Json::MakeObject());
  for (const flow::DagRun& run : runs) Print(StrCat(run.run_id, "\n"));
  Print(StrCat(runs.size(), " runs were made\n"));
}

void Picture(const FlowFlags& flags, const std::string& text, const std::string& svg) {
  if (flags.svg.empty()) return Print(text);
  WriteFileAtomic(flags.svg, svg);
  Print(StrCat(flags.svg, "\n"));
}

void Graph(Context& context, const FlowFlags& flags) {
  Flow flow(context.environment());
  const flow::DagPtr dag = flow.dags().Current()->Named(flags.dag);
  std::vector<flow::TaskInstance> tasks;
  if (!flags.run_id.empty()) tasks = flow.store().Tasks(MeantRun(flow, flags).run);
  Picture(flags, flow::GraphText(*dag), flow::GraphSvg(*dag, tasks));
}

void Gantt(Context& context, const FlowFlags& flags) {
  Flow flow(context.environment());
  const auto tasks = flow.store().Tasks(MeantRun(flow, flags).run);
  const int64_t now = flow::NowUs(context.environment().clock());
  Picture(flags, flow::GanttText(tasks, now), flow::GanttSvg(tasks, now));
}

void Statistics(Context& context, const FlowFlags& flags) {
  ShowFlowStatistics(context, flags.dag, flags.limit, flags.svg);
}

void Pools(Context& context, const FlowFlags& flags) {
  Flow flow(context.environment());
  if (!flags.pool.empty() && !flags.slots) {
    throw Error(Code::kInvalidArgument, StrCat("pool ", flags.pool, ": how many slots?"),
                "add --slots N");
  }
  if (!flags.pool.empty()) flow.store().SetPool(flags.pool, *flags.slots, {});
  TextTable table({"pool", "slots", "occupied", "waiting"});
  Json json = Json::MakeArray();
  for (const flow::Pool& pool : flow.store().Pools()) {
    table.Add({pool.name, std::to_string(pool.slots), std::to_string(pool.occupied),
               std::to_string(pool.scheduled)});
    json.Append(RenderFlowPool(FlowApi::kV1, pool));
  }
  if (context.json) return PrintJson(json);
  Print(table.ToText());
}

using Action = void (*)(Context&, const FlowFlags&);

CLI::App& AddAction(CLI::App& group, Context& context, const std::string& name,
                    const std::string& what, Action action) {
  CLI::App& command = *group.add_subcommand(name, what);
  const auto flags = std::make_shared<FlowFlags>();
  if (name != "runs" && name != "pools") {
    command.add_option("dag", flags->dag, "The DAG")->required();
  }
  if (name == "runs") {
    command.add_option("dag", flags->dag, "Of this DAG alone");
    command.add_option("--limit", flags->limit, "How many, the newest first")
        ->check(CLI::Range(1, 10'000));
  }
  if (name == "log") command.add_option("task", flags->task, "The task")->required();
  if (name == "log")
    command.add_option("--try", flags->try_number, "Which try (default: the last)");
  if (name == "clear") {
    command.add_option("tasks", flags->tasks, "These alone (default: all)");
    command.add_flag("--downstream", flags->downstream, "And all that come after them");
    command.add_flag("--only-failed", flags->only_failed, "Those that failed");
  }
  if (name == "backfill") {
    command.add_option("from", flags->from, "The first date")->required();
    command.add_option("to", flags->to, "The last date")->required();
  }
  if (name == "clear" || name == "backfill") {
    command.add_flag("--dry-run", flags->dry_run, "Say what would be done, and do nothing");
  }
  if (name == "stats") {
    command.add_option("--runs", flags->limit, "Trends over so many of the latest runs")
        ->check(CLI::Range(1, 10'000));
  }
  if (name == "graph" || name == "gantt" || name == "stats") {
    command.add_option("--svg", flags->svg, "Write a picture to this file");
  }
  for (const char* with_run : {"tasks", "log", "clear", "graph", "gantt"}) {
    if (name == with_run) {
      command.add_option("--run", flags->run_id, "Which run, by its id (default: the last)");
    }
  }
  if (name == "pools") {
    command.add_option("pool", flags->pool, "Make or change this one");
    command.add_option("--slots", flags->slots, "How many tasks of it may run at once; -1: any");
  }
  for (const char* with_json : {"show", "runs", "tasks", "stats", "pools"}) {
    if (name == with_json) command.add_flag("--json", context.json, "One JSON document");
  }
  command.callback([&context, flags, action] { action(context, *flags); });
  return command;
}

}  // namespace

void AddFlow(CLI::App& root, Context& context) {
  CLI::App& group = *root.add_subcommand("flow", "DAGs: pipelines of tasks, and their runs");
  group.require_subcommand(1);
  CLI::App* const dags = group.add_subcommand("dags", "All DAGs, and what could not be read");
  dags->add_flag("--json", context.json, "One JSON document");
  dags->callback([&context] { ListDags(context); });
  AddAction(group, context, "show", "The tasks of a DAG", ShowDag);
  AddFlowRun(group, context);
  AddFlowNotify(group, context);
  AddAction(group, context, "runs", "Runs, the newest first", ListRuns);
  AddAction(group, context, "tasks", "How the tasks of a run fare", ShowTasks);
  AddAction(group, context, "log", "What a task wrote", ShowLog);
  AddAction(group, context, "clear", "Run tasks of a run again", Clear);
  AddAction(group, context, "backfill", "A run for each interval of some time", Backfill);
  AddAction(group, context, "pause", "No new runs",
            [](Context& of, const FlowFlags& flags) { SetPaused(of, flags, true); });
  AddAction(group, context, "unpause", "Run by its schedule",
            [](Context& of, const FlowFlags& flags) { SetPaused(of, flags, false); });
  AddAction(group, context, "graph", "What needs what", Graph);
  AddAction(group, context, "gantt", "When each task of a run ran", Gantt);
  AddAction(group, context, "stats", "How long tasks take, and what they use", Statistics);
  AddAction(group, context, "pools", "How many tasks may run at once", Pools);
  AddFlowExport(group, context);
}

}  // namespace marquee::cli
