// DAGs as files for Airflow: what stands in them, read by Python itself. That Airflow runs them:
// tests/compat/airflow.sh.
#include "flow/airflow_export.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/text.h"
#include "flow/airflow_text.h"

namespace marquee::flow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

const AirflowOptions kHere = {.program = "/usr/bin/marquee", .home = "/srv/home"};

// What a person, or somebody who means ill, may write into any text of a DAG.
constexpr const char* kHostile =
    "\"\"\" ''' \"); import os; os.abort() # \\ \\\" $(touch x) `id` {{ 1/0 }} {% if %} {#\r\n"
    "# \u202e \u2028 \u00fc \x7f";

// The constants of a file as Python reads them: each text on a line, as JSON.
std::vector<std::string> TextsOf(const std::string& python) {
  constexpr const char* kScript =
      "import ast, json, sys\n"
      "source = open(sys.argv[1], encoding='utf-8').read()\n"
      "compile(source, sys.argv[1], 'exec')\n"
      "with open(sys.argv[2], 'w', encoding='utf-8') as out:\n"
      "    for node in ast.walk(ast.parse(source)):\n"
      "        if isinstance(node, ast.Constant) and isinstance(node.value, str):\n"
      "            out.write(json.dumps(node.value) + '\\n')\n";
  const TempDir folder;
  const std::string script = (folder.path() / "texts.py").string();
  const std::string file = (folder.path() / "dag.py").string();
  const std::string out = (folder.path() / "texts").string();
  WriteFileAtomic(script, kScript);
  WriteFileAtomic(file, python);
  const std::string command = StrCat("python3 ", script, " ", file, " ", out);
  if (std::system(command.c_str()) != 0) return {StrCat("not Python:\n", python)};
  std::vector<std::string> texts;
  const std::string lines = ReadFile(out);
  for (const std::string_view line : Split(Trim(lines), "\n")) {
    texts.push_back(Json::Parse(line).AsString());
  }
  return texts;
}

Task Command(const std::string& id, std::vector<std::string> words) {
  return {.id = id, .kind = Task::Kind::kCommand, .command = std::move(words)};
}

Dag DagOf(std::vector<Task> tasks) {
  Dag dag{.id = "nightly"};
  dag.tasks = std::move(tasks);
  return dag;
}

std::string FileOf(Dag dag) { return AirflowFile(*MakeDag(std::move(dag)), kHere); }

constexpr const char* kGolden =
    R"py(# Written by `marquee flow export --airflow`; change the DAG there and export again.
from __future__ import annotations

import json
import os
from datetime import timedelta

import pendulum
from airflow.timetables.interval import CronDataIntervalTimetable

try:
    from airflow.sdk import DAG
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
    AIRFLOW_3 = True
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.bash import BashOperator
    from airflow.operators.trigger_dagrun import TriggerDagRunOperator
    AIRFLOW_3 = False

# As they were here; the environment of the worker may say otherwise.
PROGRAM = os.environ.get("MARQUEE_PROGRAM", "/usr/bin/marquee")
HOME = os.environ.get("MARQUEE_HOME", "/srv/home")

# Values reach a command as variables, so that none is ever read as text of a script.
IN_HOME = 'mkdir -p "${MARQUEE_HOME}" && cd "${MARQUEE_HOME}" && '
MARQUEE = IN_HOME + 'exec "${MARQUEE_PROGRAM}" --home "${MARQUEE_HOME}" '
ENV = {
    "MARQUEE_PROGRAM": PROGRAM,
    "MARQUEE_HOME": HOME,
    "MARQUEE_DAG_ID": "{{ dag.dag_id }}",
    "MARQUEE_TASK_ID": "{{ task.task_id }}",
    "MARQUEE_RUN_ID": "{{ run_id }}",
    "MARQUEE_TRY_NUMBER": "{{ ti.try_number }}",
    "MARQUEE_LOGICAL_DATE": "{{ date(dag_run) | ts }}",
    "MARQUEE_DATA_INTERVAL_START": "{{ (dag_run.data_interval_start or date(dag_run)) | ts }}",
    "MARQUEE_DATA_INTERVAL_END": "{{ (dag_run.data_interval_end or date(dag_run)) | ts }}",
    "MARQUEE_RUN_CONF": "{{ text(dag_run.conf or {}) }}",
}


def date(run):
    """The date of a run; in Airflow 3 some have no logical one."""
    return run.logical_date or run.run_after


def text(value):
    """A value as Marquee writes it: a text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def sla(time):
    """From the end of the data interval; Airflow 3 has no SLAs."""
    return {} if AIRFLOW_3 else {"sla": time}


class TriggerWithConf(TriggerDagRunOperator):
    """Gives the other run the conf of this one, below what the task itself says."""

    def execute(self, context):
        own = self.conf or {}  # its keys first, and its values last
        self.conf = {**own, **(context["dag_run"].conf or {}), **own}
        return super().execute(context)


with DAG(
    dag_id="nightly",
    description="Ratings in, model out",
    schedule=CronDataIntervalTimetable("30 2 * * *", timezone="Europe/Berlin"),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=16,
    max_active_tasks=16,
    params={
        "folder": "/data/in",
    },
    default_args={
        "owner": "marquee",
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": False,
    },
    user_defined_macros={"date": date, "home": HOME, "text": text},
):
    load = BashOperator(
        task_id="load",
        bash_command=MARQUEE + 'import "${MARQUEE_VALUE_1}"/"${MARQUEE_VALUE_2}".csv',
        env={
            **ENV,
            "MARQUEE_VALUE_1": "{{ text(params['folder']) }}",
            "MARQUEE_VALUE_2": "{{ date(dag_run) | ds }}",
        },
        append_env=True,
        execution_timeout=timedelta(minutes=30),
        **sla(timedelta(hours=1)),
    )

    tell = TriggerWithConf(
        task_id="tell",
        trigger_dag_id="other",
        conf={"day": "{{ date(dag_run) | ds }}"},
        wait_for_completion=True,
        poke_interval=5,
        trigger_rule="all_done",
    )

    load >> tell
)py";

TEST(AirflowFile, IsWhatAPersonWouldWrite) {
  Task load{.id = "load", .kind = Task::Kind::kMarquee};
  load.command = {"import", "{{ params.folder }}/{{ ds }}.csv"};
  load.retry = {.retries = 2, .delay_ms = 60'000};
  load.execution_timeout_ms = 1'800'000;
  load.sla_ms = 3'600'000;
  Task tell{.id = "tell", .kind = Task::Kind::kTrigger, .needs = {"load"}};
  tell.trigger = {.dag_id = "other", .conf = Json::MakeObject({{"day", "{{ ds }}"}})};
  tell.trigger_rule = TriggerRule::kAllDone;
  tell.retry = load.retry;
  Dag dag = DagOf({load, tell});
  dag.description = "Ratings in, model out";
  dag.schedule = Schedule("30 2 * * *", TimeZone("Europe/Berlin"));
  dag.time_zone = "Europe/Berlin";
  dag.start_us = int64_t{1'767'225'600} * 1'000'000;
  dag.params = Json::MakeObject({{"folder", "/data/in"}});
  EXPECT_EQ(FileOf(dag), kGolden);
}

TEST(AirflowFile, SaysTheSameEachTime) {
  const Dag dag = DagOf({Command("one", {"true"}), Command("two", {"echo", "{{ ds }}"})});
  EXPECT_EQ(FileOf(dag), FileOf(dag));
  EXPECT_TRUE(IsAirflowFile(FileOf(dag)));
  EXPECT_FALSE(IsAirflowFile("# my own file\n"));
}

TEST(AirflowFile, KeepsHostileTextsTexts) {
  Task task{.id = "sense", .kind = Task::Kind::kTrigger};
  task.trigger.dag_id = "other";
  task.doc = kHostile;
  task.pool = kHostile;
  task.owner = kHostile;
  Dag dag = DagOf({task});
  dag.description = kHostile;
  dag.tags = {kHostile};
  dag.params = Json::MakeObject({{kHostile, Json::MakeArray()}});
  const std::vector<std::string> texts = TextsOf(FileOf(dag));
  EXPECT_EQ(std::ranges::count(texts, kHostile), 6) << Join(texts, "\n");
}

TEST(AirflowFile, WritesNoMarkThatTurnsTheWritingAround) {
  Dag dag = DagOf({Command("one", {"true"})});
  dag.description = "\u202e\u2066\u200b\u2028";
  EXPECT_THAT(FileOf(dag), HasSubstr(R"("\u202e\u2066\u200b\u2028")"));
  dag.description = "\xff";
  EXPECT_THAT(TextsOf(FileOf(dag)), testing::Contains("\u00ff"));
}

TEST(AirflowFile, IsPythonWhateverTheTasksAreCalled) {
  std::vector<Task> tasks;
  for (const char* id : {"import", "date", "HOME", "a-b", "a.b", "a_b", "2", "-", "isinstance"}) {
    tasks.push_back(Command(id, {"true"}));
    if (tasks.size() > 1) tasks.back().needs = {tasks[tasks.size() - 2].id};
  }
  const std::string file = FileOf(DagOf(tasks));
  EXPECT_THAT(TextsOf(file), testing::IsSupersetOf({"import", "a-b", "a.b", "a_b", "isinstance"}));
  EXPECT_THAT(file, HasSubstr("    task_import >> task_date\n    task_date >> home\n"
                              "    home >> a_b\n    a_b >> a_b_2\n    a_b_2 >> a_b_3\n"));
}

TEST(AirflowFile, TakesNoTextForTheNameOfAFile) {
  Task task = Command("run", {"echo", "all.sh"});
  task.env = {{"SCRIPT", "all.bash"}};
  task.doc = "see /etc/passwd.md";
  EXPECT_THAT(
      TextsOf(FileOf(DagOf({task}))),
      testing::IsSupersetOf({"exec echo all.sh ", "all.bash{# #}", "see /etc/passwd.md\n"}));
}

TEST(AirflowFile, UnpausesOnlyWhatOthersTrigger) {
  AirflowOptions options = kHere;
  options.triggered = {"nightly"};
  Dag dag = DagOf({Command("one", {"true"})});
  constexpr const char* kUnpaused = "is_paused_upon_creation=False";
  EXPECT_THAT(FileOf(dag), Not(HasSubstr(kUnpaused)));
  EXPECT_THAT(AirflowFile(*MakeDag(dag), options), HasSubstr(kUnpaused));
  dag.schedule = Schedule("6h", TimeZone());
  EXPECT_THAT(AirflowFile(*MakeDag(dag), options), Not(HasSubstr(kUnpaused)));
}

TEST(AirflowFile, DescribesPodsWhenAnImageIsNamed) {
  AirflowOptions options = kHere;
  options.image = "shop/airflow-marquee:1";
  options.volume_claim = "home";
  const std::string file = AirflowFile(*MakeDag(DagOf({Command("one", {"true"})})), options);
  EXPECT_THAT(TextsOf(file),
              testing::IsSupersetOf({"shop/airflow-marquee:1", "base", "home", "pod_override"}));
  EXPECT_THAT(FileOf(DagOf({Command("one", {"true"})})), Not(HasSubstr("kubernetes")));
}

TEST(AirflowFile, RefusesAHomeThatAirflowWouldRead) {
  AirflowOptions options = kHere;
  options.home = "/srv/{{ home }}";
  EXPECT_THAT([&] { AirflowFile(*MakeDag(DagOf({Command("one", {"true"})})), options); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("the home is '/srv/{{ home }}'")));
}

TEST(AirflowText, GivesJinjaLiteralsThatItLeavesAlone) {
  EXPECT_EQ(JinjaLiteral("a {b} }} %} ${x}"), "a {b} }} %} ${x}");
  EXPECT_EQ(JinjaLiteral("{{ x }}"), "{{ '{' }}{ x }}");
  EXPECT_EQ(JinjaLiteral("{%{#"), "{{ '{' }}%{{ '{' }}#");
  EXPECT_EQ(JinjaLiteral("{\r\n"), "{{ '{' }}{{ '\\r' }}\n{# #}");
}

TEST(AirflowText, TranslatesTemplates) {
  EXPECT_EQ(JinjaTemplate("{{ds}}/{{ conf.it's \\ }}{"),
            "{{ date(dag_run) | ds }}/{{ text(dag_run.conf['it\\'s \\\\']) }}{{ '{' }}");
  EXPECT_EQ(JinjaTemplate("{{ params.a.b }}"), "{{ text(params['a.b']) }}");
}

TEST(AirflowText, MakesVariablesOfValuesInCommands) {
  const AirflowScript words = WordsScript({"echo", "it's", "", "{{ ds }}/x y", "*"});
  EXPECT_EQ(words.script, R"(echo 'it'"'"'s' '' "${MARQUEE_VALUE_1}"'/x y' '*')");
  EXPECT_THAT(words.variables, ElementsAre(Pair("MARQUEE_VALUE_1", "{{ date(dag_run) | ds }}")));
  const AirflowScript shell = ShellScript("echo \"{{ conf }}\" ${#x}");
  EXPECT_EQ(shell.script, R"(exec /bin/sh -c 'echo "${MARQUEE_VALUE_1}" ${{ '{' }}#x}')");
  EXPECT_THAT(ShellScript("true").variables, IsEmpty());
}

}  // namespace
}  // namespace marquee::flow
