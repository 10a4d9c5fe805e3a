// Internal: texts as Python, Jinja and a shell read them, for the DAG files of Airflow.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace marquee::flow {

// A literal of Python for any text: quotes, control characters and marks that change the direction
// of writing are escaped; what is no UTF-8 is read as Latin-1.
std::string PythonText(std::string_view text);
// The same over several lines, in parentheses, where `text` has them; `indent` is that of the line
// it begins on.
std::string PythonLines(std::string_view text, int indent);
// A literal for any value.
std::string PythonValue(const Json& value);
// "timedelta(minutes=5)"
std::string PythonDuration(int64_t ms);
// "pendulum.datetime(2026, 1, 1, tz=\"UTC\")"
std::string PythonTime(int64_t us);
// A name for a variable made of an id, unlike those in `taken`, to which it is added.
std::string PythonName(std::string_view id, std::vector<std::string>* taken);

// What Airflow's Jinja renders as `text`, whatever stands in it.
std::string JinjaLiteral(std::string_view text);
// The same for a text with Marquee's templates, which become Airflow's.
std::string JinjaTemplate(std::string_view text);
// JinjaTemplate for each text in `value`.
Json JinjaTemplates(const Json& value);

// A command for Airflow's BashOperator: `script`, a text for Jinja, has each value of a template as
// a variable, as RenderScript has.
struct AirflowScript {
  std::string script;
  std::vector<std::pair<std::string, std::string>> variables;  // their values are texts for Jinja
};
// `text` runs in /bin/sh.
AirflowScript ShellScript(std::string_view text);
// Each of `words` is one word of the command.
AirflowScript WordsScript(const std::vector<std::string>& words);

}  // namespace marquee::flow
