// marquee flow run: a run, and with --wait the scheduler for it; marquee flow test: one task;
// marquee flow call: what tasks with a URL do.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "app/flow.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/text_table.h"
#include "cli/flow_runs.h"
#include "flow/launch.h"
#include "flow/schema.h"
#include "flow/sla.h"
#include "flow/times.h"
#include "http/client.h"
#include "services/flow_json.h"

namespace marquee::cli {
namespace {

struct RunFlags {
  std::string dag;
  std::string task;
  std::string date;
  std::string conf = "{}";
  std::string run_id;
  bool wait = false;
  bool dry_run = false;
};

Json ConfOf(const RunFlags& flags) {
  try {
    Json conf = Json::Parse(flags.conf);
    if (conf.is_object()) return conf;
  } catch (const Error& error) {
    throw error.WithContext("--conf");
  }
  throw Error(Code::kInvalidArgument, StrCat("--conf is ", flags.conf, ": must be a JSON object"),
              "as in --conf '{\"source\": \"file.csv\"}'");
}

flow::NewRun NewRunOf(const RunFlags& flags) {
  flow::NewRun run{.run_id = flags.run_id, .conf = ConfOf(flags)};
  if (!flags.date.empty()) {
    run.logical_us = flow::ParseTime(flags.date);
    if (!run.logical_us) {
      throw Error(Code::kInvalidArgument, StrCat("'", flags.date, "' is no date"),
                  "write it as 2026-01-31");
    }
  }
  return run;
}

// Says how a run goes on, and how far it is.
class RunView {
 public:
  RunView(Context& context, int64_t root) : context_(context), root_(root) {}

  void Observe(const flow::DagRun& run, const flow::TaskInstance* task) {
    if (task == nullptr) {
      if (run.run != root_)
        Line(StrCat(run.dag_id, " ", run.run_id), flow::RunStateName(run.state));
      return;
    }
    if (task->state == flow::TaskState::kScheduled || task->state == flow::TaskState::kNone) return;
    std::string state(flow::TaskStateName(task->state));
    if (task->try_number > 1) StrAppend(&state, " (try ", task->try_number, ")");
    if (flow::IsFinished(task->state) && task->start_us && task->end_us) {
      StrAppend(&state, "  ", flow::HumanDuration(*task->end_us - *task->start_us));
    }
    if (!task->reason.empty()) StrAppend(&state, "  ", task->reason);
    Line(StrCat(run.dag_id, ".", task->task_id), state);
  }

  // On a terminal; elsewhere the lines of the tasks say it.
  void ShowProgress(flow::FlowStore& store) {
    if (!isatty(STDERR_FILENO)) return;
    const auto tasks = store.Tasks(root_);
    const auto done = std::ranges::count_if(
        tasks, [](const flow::TaskInstance& task) { return flow::IsFinished(task.state); });
    context_.progress.Update(
        "tasks", tasks.empty() ? 1 : static_cast<double>(done) / static_cast<double>(tasks.size()),
        StrCat(done, " of ", tasks.size()));
  }

 private:
  void Line(std::string_view what, std::string_view state) {
    std::string padded(what);
    padded.resize(std::max<size_t>(padded.size(), 52), ' ');
    context_.Note(StrCat(padded, " ", state));
  }

  Context& context_;
  const int64_t root_;
};

// Runs a scheduler for this run until it has ended. Ctrl-C ends its tasks and the run.
flow::DagRun RunHere(Context& context, flow::FlowStore& store, flow::DagCatalogue& dags,
                     flow::SchedulerOptions options, const flow::DagRun& run) {
  constexpr std::chrono::milliseconds kLook{100};
  RunView view(context, run.run);
  options.only_root = run.run;
  options.observe = [&](const flow::DagRun& of, const flow::TaskInstance* task) {
    view.Observe(of, task);
  };
  const flow::SteadyClock steady;
  flow::Scheduler scheduler(store, dags, options, store.clock(), steady);
  bool cancelled = false;
  while (true) {
    if (context.cancel.requested() && !cancelled) {
      cancelled = true;
      const auto all = store.SearchRuns(
          {.states = {flow::RunState::kQueued, flow::RunState::kRunning}, .limit = 1'000});
      for (const flow::DagRun& each : all.items) {
        if (each.root_run == run.run) {
          store.SetRunState(each.dag_id, each.run_id, flow::RunState::kFailed);
        }
      }
    }
    if (!scheduler.Turn()) {
      const flow::DagRun now = store.GetRun(run.run);
      if (flow::IsFinished(now.state) && scheduler.running() == 0) break;
      view.ShowProgress(store);
      scheduler.Wait(kLook);
    }
  }
  context.progress.Finish();
  if (cancelled) context.cancel.ThrowIfRequested(StrCat("run ", run.run_id));
  return store.GetRun(run.run);
}

void ShowDryRun(const Flow&, const flow::Dag& dag, const flow::SchedulerOptions& options,
                const flow::NewRun& wanted) {
  flow::DagRun run{.dag_id = dag.id, .run_id = "dry_run"};
  run.logical_us = wanted.logical_us.value_or(flow::NowUs(SystemClock()));
  run.interval = dag.schedule.Around(*run.logical_us);
  run.conf = wanted.conf;
  TextTable table({"task", "needs", "does"});
  for (const flow::Task& task : dag.tasks) {
    flow::TaskInstance instance{.task_id = task.id, .try_number = 1, .claim = 1};
    std::string does(flow::TaskKindName(task.kind));
    const bool is_process =
        task.kind == flow::Task::Kind::kCommand || task.kind == flow::Task::Kind::kMarquee;
    if (is_process) does = Join(flow::CommandOf(dag, task, run, instance, options).argv, " ");
    if (task.kind == flow::Task::Kind::kTrigger) does = StrCat("run DAG ", task.trigger.dag_id);
    table.Add({task.id, Join(task.needs, ", "), does});
  }
  Print(table.ToText(0, 100));
}

void FinishWith(Context& context, flow::FlowStore& store, const flow::Dag& dag,
                const flow::DagRun& run) {
  const std::vector<flow::TaskInstance> tasks = store.Tasks(run.run);
  if (context.json) PrintJson(FlowRunJson(&dag, run, tasks, flow::NowUs(store.clock())));
  if (!context.json) {
    Print(StrCat(run.dag_id, " ", run.run_id, "   ", flow::RunStateName(run.state), "\n"));
  }
  if (run.state == flow::RunState::kSuccess) return;
  std::vector<std::string> failed;
  for (const flow::TaskInstance& task : tasks) {
    if (task.state == flow::TaskState::kFailed) failed.push_back(task.task_id);
  }
  throw Error(
      Code::kUnavailable,
      StrCat("run ", run.run_id, " of DAG ", run.dag_id, " failed", failed.empty() ? "" : ": ",
             Join(failed, ", ")),
      failed.empty() ? "" : StrCat("see: marquee flow log ", run.dag_id, " ", failed.front()));
}

// A channel that cannot be reached holds nobody up for long.
void TellAll(Context& context, Notifications& notifications) {
  constexpr std::chrono::seconds kAtMost{30};
  const auto left = notifications.Finish(kAtMost, context.progress, context.cancel);
  left.empty() ? context.progress.Finish() : context.progress.Abandon();
  for (const std::string& each : left) {
    context.Note(StrCat("not told yet: ", each, " (the next scheduler of this home goes on)"));
  }
}

void RunAndWait(Context& context, Flow& flow, const flow::Dag& dag, const flow::NewRun& wanted) {
  // What the console would say stands there already.
  Notifications notifications(context.environment(), flow.store(), flow.dags(), nullptr, nullptr);
  Lineage lineage(context.environment(), flow.store(), flow.dags());
  const flow::DagRun run = flow.store().Trigger(dag, wanted);
  const flow::DagRun ended =
      RunHere(context, flow.store(), flow.dags(), flow.SchedulerSettings(), run);
  TellAll(context, notifications);
  lineage.Drain(context.progress, context.cancel);
  context.progress.Finish();
  FinishWith(context, flow.store(), dag, ended);
}

void RunDag(Context& context, const RunFlags& flags) {
  Environment& environment = context.environment();
  Flow flow(environment);
  const flow::DagPtr dag = flow.dags().Current()->Named(flags.dag);
  const flow::NewRun wanted = NewRunOf(flags);
  if (flags.dry_run) return ShowDryRun(flow, *dag, flow.SchedulerSettings(), wanted);
  flow.AddDags();
  if (flags.wait) return RunAndWait(context, flow, *dag, wanted);
  const flow::DagRun run = flow.store().Trigger(*dag, wanted);
  if (context.json) {
    return PrintJson(FlowRunJson(dag.get(), run, flow.store().Tasks(run.run),
                                 flow::NowUs(flow.store().clock())));
  }
  Print(StrCat(run.dag_id, " ", run.run_id, "   ", flow::RunStateName(run.state), "\n"));
  if (flow.store().GetDag(dag->id).paused) {
    context.Note(StrCat("It waits: the DAG is paused. marquee flow unpause ", dag->id));
  }
}

// The task alone, without what it needs and without a second try, in a place of its own: no run is
// kept. What it writes comes to standard output.
void TestTask(Context& context, const RunFlags& flags) {
  Flow flow(context.environment());
  const auto declared = flow.dags().Current();
  const flow::DagPtr dag = declared->Named(flags.dag);
  flow::Task task = dag->Named(flags.task);
  task.needs.clear();
  task.upstream.clear();
  task.downstream.clear();
  task.retry.retries = 0;
  task.depends_on_past = false;
  task.pool = flow::kDefaultPool;
  flow::Dag alone = *dag;
  alone.tasks = {task};
  std::vector<flow::DagPtr> dags;
  for (const auto& [id, other] : declared->dags) {
    dags.push_back(id == dag->id ? flow::MakeDag(alone) : other);
  }
  const TempDir folder;
  const Clock& clock = context.environment().clock();
  database::Database database({.url = (folder.path() / "flow.db").string()}, flow::FlowSchema());
  flow::FlowStore store(database, clock);
  flow::DagCatalogue catalogue(std::move(dags), folder.path() / "none", clock);
  flow::SchedulerOptions options = flow.SchedulerSettings();
  options.folder = folder.path();
  const flow::DagRun run = store.Trigger(*catalogue.Current()->Named(dag->id), NewRunOf(flags));
  const flow::DagRun ended = RunHere(context, store, catalogue, options, run);
  const auto log = flow::FilesOf(folder.path(), run, task.id, 1).log();
  if (!context.json && std::filesystem::exists(log)) Print(ReadFile(log));
  FinishWith(context, store, *dag, ended);
}

struct CallFlags {
  std::string url;
  std::string method = "GET";
  std::vector<std::string> headers;
  std::string body;
  int status = 0;
  int64_t every_ms = 0;
  int64_t for_ms = 0;
  bool soft_fail = false;
};

http::OutgoingRequest RequestOf(const CallFlags& flags) {
  http::OutgoingRequest request{.method = flags.method, .url = flags.url, .body = flags.body};
  for (const std::string& header : flags.headers) {
    const size_t colon = header.find(':');
    if (colon == std::string::npos) {
      throw Error(Code::kInvalidArgument, StrCat("the header '", header, "' has no ':'"),
                  "write it as Name: value");
    }
    request.headers.push_back(
        {header.substr(0, colon), std::string(Trim(std::string_view(header).substr(colon + 1)))});
  }
  request.repeatable = flags.method == "GET" || flags.method == "HEAD";
  return request;
}

bool IsWanted(const CallFlags& flags, int status) {
  return flags.status == 0 ? status >= 200 && status < 300 : status == flags.status;
}

// Once; or, for a sensor, until the answer is the one that is wanted.
void Call(Context& context, const CallFlags& flags) {
  constexpr int kSkipped = 99;
  const http::Client client({.timeout_ms = 60'000});
  const http::OutgoingRequest request = RequestOf(flags);
  const double end = SteadySeconds() + static_cast<double>(flags.for_ms) / 1000;
  std::string last;
  while (true) {
    const http::Client::Attempt attempt = client.Try(request);
    const bool answered = attempt.outcome == http::TransferResult::Outcome::kAnswered;
    last = answered ? StrCat("status ", attempt.response.status) : attempt.reason;
    Print(StrCat(flags.method, " ", flags.url, ": ", last, "\n"));
    if (answered && IsWanted(flags, attempt.response.status)) {
      return Print(StrCat(attempt.response.body, "\n"));
    }
    if (flags.every_ms == 0 || SteadySeconds() >= end) break;
    for (int64_t waited = 0; waited < flags.every_ms; waited += 50) {
      context.cancel.ThrowIfRequested("call");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  if (flags.soft_fail) std::exit(kSkipped);
  throw Error(Code::kUnavailable, StrCat(flags.method, " ", flags.url, ": ", last),
              flags.status == 0 ? "an answer of success was wanted"
                                : StrCat("status ", flags.status, " was wanted"));
}

void AddCall(CLI::App& group, Context& context) {
  const auto flags = std::make_shared<CallFlags>();
  CLI::App& call = *group.add_subcommand("call", "Ask a URL, as tasks with http do");
  call.add_option("url", flags->url, "http or https")->required();
  call.add_option("--method", flags->method, "GET, POST, ...");
  call.add_option("--header", flags->headers, "Name: value; may be repeated")
      ->allow_extra_args(false);
  call.add_option("--body", flags->body, "What is sent");
  call.add_option("--status", flags->status, "The answer that is wanted (default: any success)");
  call.add_option("--every-ms", flags->every_ms, "Ask again until it comes");
  call.add_option("--for-ms", flags->for_ms, "But no longer than this");
  call.add_flag("--soft-fail", flags->soft_fail, "Then end with 99, which is skipped");
  call.callback([&context, flags] { Call(context, *flags); });
}

}  // namespace

Json FlowRunJson(const flow::Dag* dag, const flow::DagRun& run,
                 const std::vector<flow::TaskInstance>& tasks, int64_t now_us) {
  Json json = RenderFlowRun(FlowApi::kV1, run);
  Json list = Json::MakeArray();
  for (const flow::TaskInstance& task : tasks) {
    Json each = RenderFlowTaskInstance(FlowApi::kV1, {run, task}, dag, now_us);
    each["reason"] = task.reason;
    each["exit_code"] = task.exit_code ? Json(*task.exit_code) : Json();
    each["cpu_ms"] = task.usage.cpu_ms ? Json(*task.usage.cpu_ms) : Json();
    each["peak_rss_bytes"] = task.usage.peak_rss_bytes ? Json(*task.usage.peak_rss_bytes) : Json();
    list.Append(std::move(each));
  }
  json["tasks"] = std::move(list);
  return json;
}

std::string FlowTasksText(const flow::Dag* dag, const flow::DagRun& run,
                          const std::vector<flow::TaskInstance>& tasks, int64_t now_us) {
  TextTable table({"task", "state", "try", "took", "cpu s", "peak memory", "why"});
  for (const flow::TaskInstance& task : tasks) {
    const bool ended = task.start_us && task.end_us;
    const flow::Task* const declared = dag == nullptr ? nullptr : dag->Find(task.task_id);
    const auto late =
        declared == nullptr ? std::nullopt : flow::LateBy(*declared, run, task, now_us);
    std::string why = task.reason;
    if (late) StrAppend(&why, why.empty() ? "" : "; ", "late by ", flow::HumanDuration(*late));
    table.Add({task.task_id, std::string(flow::TaskStateName(task.state)),
               std::to_string(task.try_number),
               ended ? flow::HumanDuration(*task.end_us - *task.start_us) : "",
               task.usage.cpu_ms ? Fixed(static_cast<double>(*task.usage.cpu_ms) / 1000, 2) : "",
               task.usage.peak_rss_bytes ? HumanBytes(*task.usage.peak_rss_bytes) : "", why});
  }
  return table.ToText(0, 60);
}

void AddFlowRun(CLI::App& group, Context& context) {
  const auto flags = std::make_shared<RunFlags>();
  CLI::App& run = *group.add_subcommand("run", "Run a DAG now");
  CLI::App& test = *group.add_subcommand("test", "Run one task of a DAG, and keep nothing of it");
  for (CLI::App* const command : {&run, &test}) {
    command->add_option("dag", flags->dag, "The DAG")->required();
    command->add_option("--conf", flags->conf, "JSON for this run: {\"source\": \"file.csv\"}");
    command->add_flag("--json", context.json, "One JSON document");
  }
  run.add_option("--date", flags->date, "The run's date (default: now)");
  run.add_option("--run-id", flags->run_id, "Its name (default: made of type and date)");
  run.add_flag("--wait", flags->wait,
               "Run it here, without a server, until it ends: exit code 0 when it succeeded");
  run.add_flag("--dry-run", flags->dry_run, "Say what would be run, and run nothing");
  run.callback([&context, flags] { RunDag(context, *flags); });
  test.add_option("task", flags->task, "The task")->required();
  test.add_option("date", flags->date, "The run's date")->required();
  test.callback([&context, flags] { TestTask(context, *flags); });
  AddCall(group, context);
}

}  // namespace marquee::cli
