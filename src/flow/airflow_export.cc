#include "flow/airflow_export.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "flow/airflow_text.h"
#include "flow/launch.h"

namespace marquee::flow {
namespace {

constexpr std::string_view kFirstLine = "# Written by `marquee flow export --airflow`;";

using Arguments = std::vector<std::pair<std::string, std::string>>;

// What a file needs beside its tasks, found while those are written.
struct Needs {
  std::set<std::string> modules;  // "json"
  std::set<std::string> airflow;  // "BashOperator"
  std::set<std::string> helpers;  // "new_version"
  bool templates = false;
};

// Where each name comes from, in Airflow 3 and 2.
struct Origin {
  std::string_view name;
  std::string_view module_3;
  std::string_view module_2;
};
constexpr auto kOrigins = std::to_array<Origin>(
    {{"BashOperator", "airflow.providers.standard.operators.bash", "airflow.operators.bash"},
     {"EmptyOperator", "airflow.providers.standard.operators.empty", "airflow.operators.empty"},
     {"TriggerDagRunOperator", "airflow.providers.standard.operators.trigger_dagrun",
      "airflow.operators.trigger_dagrun"},
     {"ExternalTaskSensor", "airflow.providers.standard.sensors.external_task",
      "airflow.sensors.external_task"},
     {"PythonSensor", "airflow.providers.standard.sensors.python", "airflow.sensors.python"},
     {"PokeReturnValue", "airflow.sdk", "airflow.sensors.base"},
     {"Asset", "airflow.sdk", "airflow.datasets"}});

std::string Call(std::string_view what, const Arguments& arguments, int indent) {
  const std::string margin(static_cast<size_t>(indent), ' ');
  std::string out = StrCat(what, "(\n");
  for (const auto& [name, value] : arguments) {
    StrAppend(&out, margin, "    ", name, name.empty() ? "" : "=", value, ",\n");
  }
  return StrCat(out, margin, ")");
}

// A dictionary, an entry a line; `first` opens it, as in "**ENV".
std::string Dictionary(std::string_view first, const Arguments& entries, int indent) {
  const std::string margin(static_cast<size_t>(indent), ' ');
  std::string out = "{\n";
  if (!first.empty()) StrAppend(&out, margin, "    ", first, ",\n");
  for (const auto& [key, value] : entries) {
    StrAppend(&out, margin, "    ", PythonText(key), ": ", value, ",\n");
  }
  return StrCat(out, margin, "}");
}

std::string Seconds(int64_t ms) {
  if (ms % 1000 == 0) return std::to_string(ms / 1000);
  return Fixed(static_cast<double>(ms) / 1000, 3);
}

// A text that Airflow would take for the name of a file when it ends so.
std::string Markdown(std::string_view text, int indent) {
  return PythonLines(text.ends_with(".md") ? StrCat(text, "\n") : std::string(text), indent);
}

bool IsProcess(const Task& task) {
  return task.kind == Task::Kind::kCommand || task.kind == Task::Kind::kMarquee ||
         task.kind == Task::Kind::kHttp;
}

class FileWriter {
 public:
  FileWriter(const Dag& dag, const AirflowOptions& options) : dag_(dag), options_(options) {}

  std::string Write() {
    common_ = CommonRetries();
    const std::string dag = StrCat("with ", Call("DAG", DagArguments(), 0), ":\n");
    std::string tasks;
    for (const Task& task : dag_.tasks) {
      names_.push_back(PythonName(task.id, &taken_));
      StrAppend(&tasks, tasks.empty() ? "" : "\n", "    ", names_.back(), " = ", WriteTask(task),
                "\n");
    }
    return StrCat(Head(), Imports(), Settings(), Helpers(), "\n\n", dag, tasks, Edges());
  }

 private:
  // The DAG.
  Arguments DagArguments();
  std::string ScheduleText();
  Arguments DefaultArguments();
  Arguments RetryArguments(const Task& task);
  Arguments CommonRetries();
  // Its tasks.
  std::string WriteTask(const Task& task);
  void AppendKind(const Task& task, Arguments* arguments);
  void AppendScript(const Task& task, Arguments* arguments);
  void AppendTrigger(const Task& task, Arguments* arguments);
  void AppendSensor(const Task& task, Arguments* arguments);
  void AppendPolicy(const Task& task, Arguments* arguments);
  std::string OperatorOf(const Task& task);
  std::string RuleText(TriggerRule rule);
  std::string Edges() const;
  // What stands above them.
  std::string Head() const;
  std::string Imports() const;
  std::string Settings() const;
  std::string PodText() const;
  std::string Helpers() const;

  bool Needed(const char* helper) const { return needs_.helpers.contains(helper); }

  const Dag& dag_;
  const AirflowOptions& options_;
  Needs needs_;
  Arguments common_;  // how most tasks are tried again
  std::vector<std::string> taken_;
  std::vector<std::string> names_;  // of the variables, in the order of the tasks
};

std::string FileWriter::ScheduleText() {
  const Schedule& schedule = dag_.schedule;
  switch (schedule.kind()) {
    case Schedule::Kind::kManual:
      return "None";
    case Schedule::Kind::kOnce:
      return "\"@once\"";
    case Schedule::Kind::kEvery:
      needs_.airflow.insert("DeltaDataIntervalTimetable");
      needs_.modules.insert("timedelta");
      return StrCat("DeltaDataIntervalTimetable(", PythonDuration(schedule.every_us() / 1000), ")");
    case Schedule::Kind::kTables: {
      needs_.airflow.insert("Asset");
      std::vector<std::string> assets;
      for (const std::string& table : schedule.tables()) {
        assets.push_back(StrCat("Asset(", PythonText("x-marquee://lake/" + table), ")"));
      }
      return assets.size() == 1 ? StrCat("[", assets.front(), "]") : Join(assets, " | ");
    }
    case Schedule::Kind::kCron:
      break;
  }
  needs_.airflow.insert("CronDataIntervalTimetable");
  const std::string text = schedule.text() == "@annually"   ? "@yearly"
                           : schedule.text() == "@midnight" ? "@daily"
                                                            : schedule.text();
  return StrCat("CronDataIntervalTimetable(", PythonText(text),
                ", timezone=", PythonText(dag_.time_zone), ")");
}

// All that another default could change is said.
Arguments FileWriter::RetryArguments(const Task& task) {
  const RetryPolicy& retry = task.retry;
  Arguments arguments = {{"retries", std::to_string(retry.retries)}};
  if (retry.retries == 0) return arguments;
  needs_.modules.insert("timedelta");
  arguments.emplace_back("retry_delay", PythonDuration(retry.delay_ms));
  if (!retry.exponential) {
    arguments.emplace_back("retry_exponential_backoff", "False");
    return arguments;
  }
  needs_.helpers.insert("AIRFLOW_3");
  arguments.emplace_back("retry_exponential_backoff", "2 if AIRFLOW_3 else True");
  arguments.emplace_back("max_retry_delay",
                         PythonDuration(std::min(retry.max_delay_ms, RetryPolicy().max_delay_ms)));
  return arguments;
}

Arguments FileWriter::CommonRetries() {
  std::vector<Arguments> all;
  for (const Task& task : dag_.tasks) all.push_back(RetryArguments(task));
  return *std::ranges::max_element(
      all, {}, [&](const Arguments& each) { return std::ranges::count(all, each); });
}

Arguments FileWriter::DefaultArguments() {
  Arguments arguments = {{"owner", PythonText(dag_.owner)}};
  arguments.insert(arguments.end(), common_.begin(), common_.end());
  if (!options_.image.empty()) arguments.emplace_back("executor_config", "{\"pod_override\": POD}");
  return arguments;
}

Arguments FileWriter::DagArguments() {
  constexpr int64_t kAnyDayUs = int64_t{1'704'067'200} * 1'000'000;  // 2024-01-01
  const bool is_manual = dag_.schedule.kind() == Schedule::Kind::kManual;
  Arguments arguments = {{"dag_id", PythonText(dag_.id)}};
  if (!dag_.description.empty()) {
    arguments.emplace_back("description", PythonText(dag_.description));
  }
  if (!dag_.doc.empty()) {
    arguments.emplace_back("doc_md", Markdown(dag_.doc, 4));
  }
  arguments.emplace_back("schedule", ScheduleText());
  arguments.emplace_back("start_date", PythonTime(dag_.start_us.value_or(kAnyDayUs)));
  if (dag_.end_us) arguments.emplace_back("end_date", PythonTime(*dag_.end_us));
  arguments.emplace_back("catchup", dag_.catchup ? "True" : "False");
  arguments.emplace_back("max_active_runs", std::to_string(dag_.max_active_runs));
  arguments.emplace_back("max_active_tasks", std::to_string(dag_.max_active_tasks));
  if (dag_.run_timeout_ms > 0) {
    needs_.modules.insert("timedelta");
    arguments.emplace_back("dagrun_timeout", PythonDuration(dag_.run_timeout_ms));
  }
  if (is_manual && options_.triggered.contains(dag_.id)) {
    // It runs only when another DAG says so, and paused it would let that one wait.
    arguments.emplace_back("is_paused_upon_creation", "False");
  }
  if (!dag_.tags.empty()) {
    Json tags = Json::MakeArray();
    for (const std::string& tag : dag_.tags) tags.Append(tag);
    arguments.emplace_back("tags", PythonValue(tags));
  }
  if (dag_.params.size() > 0) {
    Arguments params;
    for (const auto& [name, value] : dag_.params.AsObject()) {
      params.emplace_back(name, PythonValue(value));
    }
    arguments.emplace_back("params", Dictionary("", params, 4));
  }
  arguments.emplace_back("default_args", Dictionary("", DefaultArguments(), 4));
  arguments.emplace_back("user_defined_macros", "{\"date\": date, \"home\": HOME, \"text\": text}");
  return arguments;
}

std::string FileWriter::OperatorOf(const Task& task) {
  if (task.kind == Task::Kind::kTrigger) {
    needs_.airflow.insert("TriggerDagRunOperator");
    needs_.helpers.insert("TriggerWithConf");
    return "TriggerWithConf";
  }
  std::string name = IsProcess(task)                          ? "BashOperator"
                     : task.kind == Task::Kind::kEmpty        ? "EmptyOperator"
                     : task.sensor.kind == Sensor::Kind::kDag ? "ExternalTaskSensor"
                                                              : "PythonSensor";
  needs_.airflow.insert(name);
  return name;
}

std::string FileWriter::WriteTask(const Task& task) {
  Arguments arguments = {{"task_id", PythonText(task.id)}};
  AppendKind(task, &arguments);
  AppendPolicy(task, &arguments);
  return Call(OperatorOf(task), arguments, 4);
}

void FileWriter::AppendKind(const Task& task, Arguments* arguments) {
  if (IsProcess(task)) return AppendScript(task, arguments);
  if (task.kind == Task::Kind::kTrigger) return AppendTrigger(task, arguments);
  if (task.kind == Task::Kind::kSensor) return AppendSensor(task, arguments);
}

void FileWriter::AppendScript(const Task& task, Arguments* arguments) {
  const bool is_command = task.kind == Task::Kind::kCommand;
  const std::vector<std::string> words =
      task.kind == Task::Kind::kHttp ? HttpArguments(task.http) : task.command;
  AirflowScript script =
      is_command && task.is_shell ? ShellScript(words.front()) : WordsScript(words);
  std::string_view begin = "MARQUEE + ";
  if (is_command) {
    begin = "IN_HOME + ";
    if (!task.is_shell) script.script = "exec " + script.script;
  }
  const std::string limit =
      task.memory_limit_bytes > 0
          ? StrCat("\"ulimit -v ", std::max<int64_t>(task.memory_limit_bytes / 1024, 1),
                   " && \" + ")
          : std::string();
  // A blank at the end, or Airflow takes the command for the name of a script.
  const bool is_name = script.script.ends_with("{# #}") && !script.script.ends_with("\n{# #}");
  if (is_name) script.script.replace(script.script.size() - 5, 5, " ");
  arguments->emplace_back("bash_command", StrCat(limit, begin, PythonLines(script.script, 8)));
  Arguments env;
  for (const auto& [name, value] : task.env) {
    env.emplace_back(name, PythonText(JinjaTemplate(value)));
  }
  for (const auto& [name, value] : script.variables) env.emplace_back(name, PythonText(value));
  arguments->emplace_back("env", env.empty() ? "ENV" : Dictionary("**ENV", env, 8));
  arguments->emplace_back("append_env", "True");
  needs_.helpers.insert("ENV");
  needs_.helpers.insert(is_command ? "IN_HOME" : "MARQUEE");
}

void FileWriter::AppendTrigger(const Task& task, Arguments* arguments) {
  arguments->emplace_back("trigger_dag_id", PythonText(JinjaLiteral(task.trigger.dag_id)));
  if (task.trigger.conf.size() > 0) {
    arguments->emplace_back("conf", PythonValue(JinjaTemplates(task.trigger.conf)));
  }
  arguments->emplace_back("wait_for_completion", task.trigger.wait ? "True" : "False");
  if (task.trigger.wait) arguments->emplace_back("poke_interval", "5");
}

void FileWriter::AppendSensor(const Task& task, Arguments* arguments) {
  const Sensor& sensor = task.sensor;
  const std::string target = PythonText(JinjaTemplate(sensor.target));
  if (sensor.kind == Sensor::Kind::kDag) {
    arguments->emplace_back("external_dag_id", PythonText(JinjaLiteral(sensor.target)));
    if (!sensor.task.empty()) {
      arguments->emplace_back("external_task_id", PythonText(JinjaLiteral(sensor.task)));
    }
    arguments->emplace_back("allowed_states",
                            sensor.task.empty() ? R"(["success"])" : R"(["success", "skipped"])");
    arguments->emplace_back("failed_states", sensor.task.empty()
                                                 ? R"(["failed"])"
                                                 : R"(["failed", "upstream_failed", "removed"])");
  } else {
    const char* const helper = sensor.kind == Sensor::Kind::kFile    ? "file_exists"
                               : sensor.kind == Sensor::Kind::kTable ? "new_version"
                                                                     : "answers";
    needs_.helpers.insert(helper);
    if (sensor.kind != Sensor::Kind::kFile) needs_.modules.insert("subprocess");
    if (sensor.kind == Sensor::Kind::kTable) needs_.airflow.insert("PokeReturnValue");
    const std::string status = sensor.status == 0 ? "" : StrCat(", ", sensor.status);
    arguments->emplace_back("python_callable", helper);
    arguments->emplace_back("op_args", StrCat("[", target, status, "]"));
  }
  arguments->emplace_back("mode", "\"reschedule\"");
  arguments->emplace_back("poke_interval", Seconds(sensor.interval_ms));
  arguments->emplace_back("timeout", Seconds(sensor.timeout_ms));
  if (sensor.soft_fail) arguments->emplace_back("soft_fail", "True");
}

std::string FileWriter::RuleText(TriggerRule rule) {
  const std::string name(TriggerRuleName(rule));
  if (rule != TriggerRule::kAllDoneMinOneSuccess) return PythonText(name);
  needs_.helpers.insert("AIRFLOW_3");
  return StrCat(PythonText(name), " if AIRFLOW_3 else \"all_done\"");
}

void FileWriter::AppendPolicy(const Task& task, Arguments* arguments) {
  const auto add = [&](const char* name, std::string value) {
    arguments->emplace_back(name, std::move(value));
  };
  const auto add_time = [&](const char* name, int64_t ms) {
    needs_.modules.insert("timedelta");
    add(name, PythonDuration(ms));
  };
  if (task.trigger_rule != TriggerRule::kAllSuccess) {
    add("trigger_rule", RuleText(task.trigger_rule));
  }
  if (const Arguments retries = RetryArguments(task); retries != common_) {
    arguments->insert(arguments->end(), retries.begin(), retries.end());
  }
  if (task.execution_timeout_ms > 0 && IsProcess(task)) {
    add_time("execution_timeout", task.execution_timeout_ms);
  }
  if (task.sla_ms > 0) {
    needs_.helpers.insert("sla");
    needs_.helpers.insert("AIRFLOW_3");
    needs_.modules.insert("timedelta");
    // Not a keyword: what it gives, where there are SLAs.
    add("", StrCat("**sla(", PythonDuration(task.sla_ms), ")"));
  }
  if (task.depends_on_past) add("depends_on_past", "True");
  if (task.wait_for_downstream) add("wait_for_downstream", "True");
  if (task.pool != kDefaultPool) add("pool", PythonText(task.pool));
  if (task.pool_slots != 1) add("pool_slots", std::to_string(task.pool_slots));
  if (task.priority != 1) add("priority_weight", std::to_string(task.priority));
  if (task.owner != dag_.owner) add("owner", PythonText(task.owner));
  if (!task.doc.empty()) add("doc_md", Markdown(task.doc, 8));
}

std::string FileWriter::Edges() const {
  std::string out;
  for (size_t i = 0; i < dag_.tasks.size(); ++i) {
    std::vector<std::string> before;
    for (const size_t place : dag_.tasks[i].upstream) before.push_back(names_[place]);
    if (before.empty()) continue;
    const std::string from =
        before.size() == 1 ? before.front() : StrCat("[", Join(before, ", "), "]");
    StrAppend(&out, "    ", from, " >> ", names_[i], "\n");
  }
  return out.empty() ? "" : "\n" + out;
}

std::string FileWriter::Head() const {
  std::string out = StrCat(kFirstLine, " change the DAG there and export again.\n");
  if (dag_.schedule.kind() == Schedule::Kind::kTables) {
    out +=
        "# It runs when an asset below is updated: by a task with that outlet, or by a request "
        "for\n"
        "# an asset event to Airflow's API. Marquee itself tells Airflow nothing.\n";
  }
  if (!dag_.start_us && dag_.schedule.kind() != Schedule::Kind::kManual) {
    out +=
        "# In Marquee it counts from when it was first seen: the start date stands for any past "
        "day.\n";
  }
  for (const Task& task : dag_.tasks) {
    if (task.pool == kDefaultPool) continue;
    out += "# Its pools must be there before it runs: airflow pools set NAME SLOTS DESCRIPTION\n";
    break;
  }
  return out;
}

std::string FileWriter::Imports() const {
  std::string out = "from __future__ import annotations\n\nimport json\nimport os\n";
  if (needs_.modules.contains("subprocess")) out += "import subprocess\n";
  if (needs_.modules.contains("timedelta")) out += "from datetime import timedelta\n";
  out += "\nimport pendulum\n";
  std::string three = "    from airflow.sdk import DAG";
  std::string two = "    from airflow import DAG\n";
  std::string more;
  for (const Origin& origin : kOrigins) {
    const std::string name(origin.name);
    if (!needs_.airflow.contains(name)) continue;
    const bool is_sdk = origin.module_3 == "airflow.sdk";
    if (is_sdk) StrAppend(&three, ", ", name);
    if (!is_sdk) StrAppend(&more, "    from ", origin.module_3, " import ", name, "\n");
    const std::string alias = name == "Asset" ? "Dataset as Asset" : name;
    StrAppend(&two, "    from ", origin.module_2, " import ", alias, "\n");
  }
  for (const char* timetable : {"CronDataIntervalTimetable", "DeltaDataIntervalTimetable"}) {
    if (!needs_.airflow.contains(timetable)) continue;
    StrAppend(&out, "from airflow.timetables.interval import ", timetable, "\n");
  }
  if (!options_.image.empty()) out += "from kubernetes.client import models as k8s\n";
  const bool asks = Needed("AIRFLOW_3");
  return StrCat(out, "\ntry:\n", three, "\n", more, asks ? "    AIRFLOW_3 = True\n" : "",
                "except ImportError:  # Airflow 2\n", two, asks ? "    AIRFLOW_3 = False\n" : "");
}

std::string FileWriter::Settings() const {
  std::string out =
      StrCat("\n# As they were here; the environment of the worker may say otherwise.\n",
             "PROGRAM = os.environ.get(\"MARQUEE_PROGRAM\", ", PythonText(options_.program), ")\n",
             "HOME = os.environ.get(\"MARQUEE_HOME\", ", PythonText(options_.home), ")\n");
  if (!options_.image.empty()) out += PodText();
  if (!Needed("ENV")) return out;
  out += R"(
# Values reach a command as variables, so that none is ever read as text of a script.
IN_HOME = 'mkdir -p "${MARQUEE_HOME}" && cd "${MARQUEE_HOME}" && '
)";
  if (Needed("MARQUEE")) {
    out += "MARQUEE = IN_HOME + 'exec \"${MARQUEE_PROGRAM}\" --home \"${MARQUEE_HOME}\" '\n";
  }
  Arguments env = {{"MARQUEE_PROGRAM", "PROGRAM"}, {"MARQUEE_HOME", "HOME"}};
  constexpr auto kVariables = std::to_array<std::pair<const char*, const char*>>(
      {{"MARQUEE_DAG_ID", "{{ dag_id }}"},
       {"MARQUEE_TASK_ID", "{{ task_id }}"},
       {"MARQUEE_RUN_ID", "{{ run_id }}"},
       {"MARQUEE_TRY_NUMBER", "{{ try_number }}"},
       {"MARQUEE_LOGICAL_DATE", "{{ logical_date }}"},
       {"MARQUEE_DATA_INTERVAL_START", "{{ data_interval_start }}"},
       {"MARQUEE_DATA_INTERVAL_END", "{{ data_interval_end }}"},
       {"MARQUEE_RUN_CONF", "{{ conf }}"}});
  for (const auto& [name, value] : kVariables) {
    env.emplace_back(name, PythonText(JinjaTemplate(value)));
  }
  return StrCat(out, "ENV = ", Dictionary("", env, 0), "\n");
}

std::string FileWriter::PodText() const {
  const bool mounts = !options_.volume_claim.empty();
  Arguments container = {{"name", "\"base\""},
                         {"image", PythonText(options_.image)},
                         {"env",
                          "[k8s.V1EnvVar(name=\"MARQUEE_PROGRAM\", value=PROGRAM), "
                          "k8s.V1EnvVar(name=\"MARQUEE_HOME\", value=HOME)]"}};
  Arguments spec;
  if (mounts) {
    container.emplace_back("volume_mounts",
                           "[k8s.V1VolumeMount(name=\"marquee-home\", mount_path=HOME)]");
  }
  spec.emplace_back("containers", StrCat("[", Call("k8s.V1Container", container, 8), "]"));
  if (mounts) {
    const std::string claim = StrCat("k8s.V1PersistentVolumeClaimVolumeSource(claim_name=",
                                     PythonText(options_.volume_claim), ")");
    const std::string volume =
        Call("k8s.V1Volume", {{"name", "\"marquee-home\""}, {"persistent_volume_claim", claim}}, 8);
    spec.emplace_back("volumes", StrCat("[", volume, "]"));
  }
  return StrCat("\n# What the pods of KubernetesExecutor have beside its template.\nPOD = ",
                Call("k8s.V1Pod", {{"spec", Call("k8s.V1PodSpec", spec, 4)}}, 0), "\n");
}

constexpr std::string_view kCommonHelpers = R"(

def date(run):
    """The date of a run; in Airflow 3 some have no logical one."""
    return run.logical_date or run.run_after


def text(value):
    """A value as Marquee writes it: a text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
)";

constexpr std::string_view kSla = R"(

def sla(time):
    """From the end of the data interval; Airflow 3 has no SLAs."""
    return {} if AIRFLOW_3 else {"sla": time}
)";

constexpr std::string_view kTriggerWithConf = R"(

class TriggerWithConf(TriggerDagRunOperator):
    """Gives the other run the conf of this one, below what the task itself says."""

    def execute(self, context):
        own = self.conf or {}  # its keys first, and its values last
        self.conf = {**own, **(context["dag_run"].conf or {}), **own}
        return super().execute(context)
)";

constexpr std::string_view kFileExists = R"(

def file_exists(path):
    """Whether there is a file or folder; a relative path counts from the home."""
    return os.path.exists(os.path.join(HOME, path))
)";

constexpr std::string_view kAnswers = R"(

def answers(url, status=None):
    """Whether a URL answers with that status, or with success."""
    command = [PROGRAM, "--home", HOME, "flow", "call", url]
    if status is not None:
        command += ["--status", str(status)]
    code = subprocess.run(command, check=False).returncode
    if code not in (0, 1):
        raise RuntimeError(f"{command} ended with {code}")
    return code == 0
)";

constexpr std::string_view kNewVersion = R"(

def new_version(table, ti):
    """Whether a table of the lake has a version that no earlier run of this task saw."""
    command = [PROGRAM, "--home", HOME, "data", "--json", "tables"]
    listed = subprocess.run(command, check=False, capture_output=True, text=True)
    if listed.returncode != 0:
        print(listed.stderr)
        return False
    versions = {each["table"]: each["version"] for each in json.loads(listed.stdout)}
    version = versions.get(table)
    seen = ti.xcom_pull(task_ids=ti.task_id, include_prior_dates=True)
    is_new = version is not None and (seen is None or version > seen)
    return PokeReturnValue(is_done=is_new, xcom_value=version)
)";

constexpr auto kHelpers =
    std::to_array<std::pair<const char*, std::string_view>>({{"sla", kSla},
                                                             {"TriggerWithConf", kTriggerWithConf},
                                                             {"file_exists", kFileExists},
                                                             {"answers", kAnswers},
                                                             {"new_version", kNewVersion}});

std::string FileWriter::Helpers() const {
  std::string out(kCommonHelpers);
  for (const auto& [name, definition] : kHelpers) {
    if (Needed(name)) out += definition;
  }
  return out;
}

void RequirePlain(std::string_view what, std::string_view path) {
  for (const char* mark : {"{{", "{%", "{#"}) {
    if (path.find(mark) == std::string_view::npos) continue;
    throw Error(Code::kInvalidArgument,
                StrCat("the ", what, " is '", path, "': Airflow would read '", mark, "' in it"),
                "move it to a path without");
  }
}

}  // namespace

std::string AirflowFile(const Dag& dag, const AirflowOptions& options) {
  RequirePlain("home", options.home);
  RequirePlain("program", options.program);
  return FileWriter(dag, options).Write();
}

std::vector<std::string> TriggeredBy(const Dag& dag) {
  std::vector<std::string> ids;
  for (const Task& task : dag.tasks) {
    if (task.kind == Task::Kind::kTrigger) ids.push_back(task.trigger.dag_id);
  }
  return ids;
}

bool IsAirflowFile(std::string_view text) { return text.starts_with(kFirstLine); }

}  // namespace marquee::flow
