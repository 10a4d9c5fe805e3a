#include "flow/dag_file.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "flow/template.h"
#include "flow/toml_fields.h"

namespace marquee::flow {
namespace {

constexpr int64_t kMaxCount = 1'000'000;

// Blanks in a template end no word.
std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words(1);
  for (size_t at = 0; at < text.size();) {
    const size_t close = text.substr(at).starts_with("{{") ? text.find("}}", at) : text.npos;
    const size_t length = close == text.npos ? 1 : close + 2 - at;
    if (text[at] == ' ') {
      words.emplace_back();
    } else {
      words.back() += text.substr(at, length);
    }
    at += length;
  }
  std::erase(words, "");
  return words;
}

// "task run x y" as words; a list as it is.
std::vector<std::string> WordsOf(TomlFields& fields, std::string_view key) {
  const Json* const value = fields.Value(key);
  if (value == nullptr || !value->is_string()) return fields.Texts(key);
  return SplitWords(value->AsString());
}

void ReadCommand(TomlFields& fields, Task* task) {
  task->kind = Task::Kind::kCommand;
  task->is_shell = fields.Value("command")->is_string();
  task->command = fields.Texts("command");
  if (task->command.empty() || task->command.front().empty()) {
    fields.Refuse("command", "command is empty", "a text for the shell, or a list of words");
  }
}

void ReadMarquee(TomlFields& fields, Task* task) {
  task->kind = Task::Kind::kMarquee;
  task->command = WordsOf(fields, "marquee");
  if (task->command.empty()) fields.Refuse("marquee", "marquee is empty", "as in \"train\"");
}

void ReadEmpty(TomlFields& fields, Task* task) {
  task->kind = Task::Kind::kEmpty;
  if (!fields.Bool("empty", true)) fields.Refuse("empty", "empty is false", "leave it out");
}

void ReadHttp(TomlFields& fields, Task* task) {
  task->kind = Task::Kind::kHttp;
  TomlFields call(fields.document(), fields.Table("http"), fields.PathOf("http"), "http call");
  task->http.method = call.Text("method", "GET");
  task->http.url = call.RequiredText("url");
  task->http.body = call.Text("body");
  task->http.status = static_cast<int>(call.Int("status", 0, 100, 599));
  for (const auto& [name, value] : call.Table("headers").AsObject()) {
    if (!value.is_string()) call.Refuse("headers", StrCat("header ", name, " must be a text"));
    task->http.headers.emplace_back(name, value.AsString());
  }
  call.RefuseUnknown();
}

void ReadTrigger(TomlFields& fields, Task* task) {
  task->kind = Task::Kind::kTrigger;
  TomlFields trigger(fields.document(), fields.Table("trigger"), fields.PathOf("trigger"),
                     "trigger");
  task->trigger.dag_id = trigger.RequiredText("dag");
  task->trigger.conf = trigger.Table("conf");
  task->trigger.wait = trigger.Bool("wait", true);
  trigger.RefuseUnknown();
}

void ReadSensor(TomlFields& fields, Task* task) {
  task->kind = Task::Kind::kSensor;
  TomlFields from(fields.document(), fields.Table("sensor"), fields.PathOf("sensor"), "sensor");
  Sensor& sensor = task->sensor;
  constexpr std::array kTargets =
      std::to_array<std::pair<std::string_view, Sensor::Kind>>({{"file", Sensor::Kind::kFile},
                                                                {"table", Sensor::Kind::kTable},
                                                                {"dag", Sensor::Kind::kDag},
                                                                {"http", Sensor::Kind::kHttp}});
  for (const auto& [key, kind] : kTargets) {
    const std::string target = from.Text(key);
    if (target.empty()) continue;
    if (!sensor.target.empty()) from.Refuse(key, "a sensor waits for one thing", "make two tasks");
    sensor.kind = kind;
    sensor.target = target;
  }
  if (sensor.target.empty()) {
    fields.Refuse("sensor", "the sensor waits for nothing", "name file, table, dag or http");
  }
  if (from.Has("task") && sensor.kind != Sensor::Kind::kDag) {
    from.Refuse("task", "task goes with dag alone");
  }
  if (from.Has("status") && sensor.kind != Sensor::Kind::kHttp) {
    from.Refuse("status", "status goes with http alone");
  }
  sensor.task = from.Text("task");
  sensor.status = static_cast<int>(from.Int("status", 0, 100, 599));
  sensor.interval_ms = std::max<int64_t>(from.Duration("interval", sensor.interval_ms), 1000);
  sensor.timeout_ms = from.Duration("timeout", sensor.timeout_ms);
  sensor.soft_fail = from.Bool("soft_fail", false);
  from.RefuseUnknown();
}

// What a task does is said by one key.
void ReadKind(TomlFields& fields, Task* task) {
  using Reader = void (*)(TomlFields&, Task*);
  constexpr std::array kReaders =
      std::to_array<std::pair<std::string_view, Reader>>({{"command", ReadCommand},
                                                          {"marquee", ReadMarquee},
                                                          {"http", ReadHttp},
                                                          {"trigger", ReadTrigger},
                                                          {"sensor", ReadSensor},
                                                          {"empty", ReadEmpty}});
  std::string found;
  for (const auto& [key, read] : kReaders) {
    if (fields.Value(key) == nullptr) continue;
    if (!found.empty()) {
      fields.Refuse(key, StrCat("task '", task->id, "' has both ", found, " and ", key),
                    "a task does one thing");
    }
    found = key;
    read(fields, task);
  }
  if (!found.empty()) return;
  fields.Refuse("id", StrCat("task '", task->id, "' does nothing"),
                "say command, marquee, http, trigger, sensor, or empty = true");
}

// What a task has, and default_args may say for all.
void ReadArguments(TomlFields& fields, Task* task) {
  const std::string rule = fields.Text("trigger_rule");
  if (!rule.empty()) {
    const auto parsed = ParseTriggerRule(rule);
    if (!parsed) {
      fields.Refuse("trigger_rule",
                    StrCat("trigger_rule is '", rule, "'", DidYouMean(rule, TriggerRuleNames())),
                    StrCat("there are ", Join(std::vector<std::string>(TriggerRuleNames().begin(),
                                                                       TriggerRuleNames().end()),
                                              ", ")));
    }
    task->trigger_rule = *parsed;
  }
  task->retry.retries = static_cast<int>(fields.Int("retries", task->retry.retries, 0, 1000));
  task->retry.delay_ms = fields.Duration("retry_delay", task->retry.delay_ms);
  task->retry.exponential = fields.Bool("retry_exponential_backoff", task->retry.exponential);
  task->retry.max_delay_ms = fields.Duration("max_retry_delay", task->retry.max_delay_ms);
  task->execution_timeout_ms = fields.Duration("execution_timeout", task->execution_timeout_ms);
  task->sla_ms = fields.Duration("sla", task->sla_ms);
  if (fields.Has("memory_limit")) task->memory_limit_bytes = fields.Bytes("memory_limit");
  task->depends_on_past = fields.Bool("depends_on_past", task->depends_on_past);
  task->wait_for_downstream = fields.Bool("wait_for_downstream", task->wait_for_downstream);
  if (task->wait_for_downstream) task->depends_on_past = true;
  task->pool = fields.Text("pool", task->pool);
  task->pool_slots = static_cast<int>(fields.Int("pool_slots", task->pool_slots, 1, kMaxCount));
  task->priority = static_cast<int>(fields.Int("priority", task->priority, -kMaxCount, kMaxCount));
  task->owner = fields.Text("owner", task->owner);
  ReadNotices(fields, &task->notices);
  const Json& env = fields.Table("env");
  for (const auto& [name, value] : env.AsObject()) {
    if (!value.is_string()) fields.Refuse("env", StrCat(name, " of env must be a text"));
    task->env[name] = value.AsString();
  }
}

void CheckTemplatesOf(const Task& task, const Json& params, const TomlFields& fields) {
  const auto check = [&](std::string_view key, std::string_view text) {
    fields.At(key, [&] { CheckTemplate(text, params); });
  };
  const char* const words = task.kind == Task::Kind::kMarquee ? "marquee" : "command";
  for (const std::string& word : task.command) check(words, word);
  check("http", task.http.url);
  check("http", task.http.body);
  for (const auto& [name, value] : task.http.headers) check("http", value);
  check("sensor", task.sensor.target);
  for (const auto& [name, value] : task.env) check("env", value);
}

// Tables, paths and URIs, which may hold templates.
std::vector<std::string> ReadDatasetNames(TomlFields& fields, std::string_view key,
                                          const Json& params) {
  std::vector<std::string> names = fields.Texts(key);
  for (const std::string& name : names) {
    fields.At(key, [&] { CheckTemplate(name, params); });
    const bool is_table = std::ranges::count(name, '.') == 1 && name.find('/') == std::string::npos;
    const bool is_place = name.starts_with('/') || name.find("://") != std::string::npos;
    if (is_table || is_place || name.find("{{") != std::string::npos) continue;
    fields.Refuse(key, StrCat(key, " names '", name, "', which is no data set"),
                  "name a table as silver.ratings, an absolute path, or a URI");
  }
  return names;
}

// `key`: of an element of what stands there.
void RequireTables(const TomlFields& fields, std::string_view key, const Json* list) {
  if (list == nullptr) return;
  const bool good = list->is_array() && std::ranges::all_of(list->AsArray(), [](const Json& each) {
                      return each.is_object();
                    });
  if (!good) fields.Refuse(key, StrCat(key, " must be tables"), "write [[tasks]] above each task");
}

void ReadTasks(TomlFields& fields, const Task& defaults, Dag* dag) {
  const Json* const list = fields.Value("tasks");
  RequireTables(fields, "tasks", list);
  for (size_t i = 0; list != nullptr && i < list->size(); ++i) {
    TomlFields from(fields.document(), list->AsArray()[i], StrCat("tasks[", i, "]"), "task");
    Task task = defaults;
    task.id = from.RequiredText("id");
    task.doc = from.Text("doc");
    task.needs = from.Texts("needs");
    task.inlets = ReadDatasetNames(from, "inlets", dag->params);
    task.outlets = ReadDatasetNames(from, "outlets", dag->params);
    ReadKind(from, &task);
    ReadArguments(from, &task);
    from.RefuseUnknown();
    CheckTemplatesOf(task, dag->params, from);
    dag->tasks.push_back(std::move(task));
  }
}

void ReadSchedule(TomlFields& fields, Dag* dag) {
  dag->time_zone = fields.Text("timezone", "UTC");
  TimeZone zone;
  fields.At("timezone", [&] { zone = TimeZone(dag->time_zone); });
  const Json* const schedule = fields.Value("schedule");
  if (schedule == nullptr) return;
  if (schedule->is_object()) {
    TomlFields from(fields.document(), *schedule, "schedule", "schedule");
    const std::vector<std::string> tables = from.Texts("tables");
    if (tables.empty()) {
      fields.Refuse("schedule", "schedule names no tables",
                    "as in { tables = [\"silver.ratings\"] }");
    }
    from.RefuseUnknown();
    dag->schedule = Schedule::OnTables(tables);
    return;
  }
  const std::string text = fields.RequiredText("schedule");
  fields.At("schedule", [&] { dag->schedule = Schedule(text, zone); });
}

Dag ReadDagFields(TomlFields& fields) {
  Dag dag;
  dag.file = fields.document().file.string();
  dag.id = fields.Text("id", fields.document().file.stem().string());
  dag.description = fields.Text("description");
  dag.doc = fields.Text("doc");
  dag.owner = fields.Text("owner", dag.owner);
  dag.tags = fields.Texts("tags");
  ReadSchedule(fields, &dag);
  dag.start_us = fields.Time("start_date");
  dag.end_us = fields.Time("end_date");
  dag.catchup = fields.Bool("catchup", dag.catchup);
  if (dag.catchup && !dag.start_us) {
    fields.Refuse("catchup", "catchup needs a start_date", "say from when on runs are made up for");
  }
  dag.max_active_runs = static_cast<int>(fields.Int("max_active_runs", 16, 1, kMaxCount));
  dag.max_active_tasks = static_cast<int>(fields.Int("max_active_tasks", 16, 1, kMaxCount));
  dag.run_timeout_ms = fields.Duration("run_timeout", 0);
  ReadNotices(fields, &dag.notices);
  dag.params = fields.Table("params");
  Task defaults;
  TomlFields arguments(fields.document(), fields.Table("default_args"), "default_args",
                       "default_args table");
  ReadArguments(arguments, &defaults);
  arguments.RefuseUnknown();
  ReadTasks(fields, defaults, &dag);
  fields.RefuseUnknown();
  return dag;
}

}  // namespace

Dag ReadDagFile(const std::filesystem::path& file) {
  const TomlDocument document = ReadTomlDocument(file);
  TomlFields fields(document, document.value, "", "DAG");
  Dag dag = ReadDagFields(fields);
  const std::optional<DagProblem> problem = CompleteDag(&dag);
  if (!problem) return dag;
  const std::string path =
      problem->task ? StrCat("tasks[", *problem->task, "].", problem->field) : problem->field;
  const std::string task =
      problem->task ? StrCat("task '", dag.tasks[*problem->task].id, "': ") : std::string();
  throw Error(Code::kInvalidArgument, StrCat(document.Where(path), ": ", task, problem->message));
}

}  // namespace marquee::flow
