#include "flow/airflow_text.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/template.h"
#include "base/text.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

constexpr size_t kShortLine = 90;

template <typename... Values>
std::string Formatted(const char* format, Values... values) {
  std::array<char, 96> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), format, values...);
  return {buffer.data(), static_cast<size_t>(size)};
}

// The code point that begins at `at` of valid UTF-8, which is moved behind it.
uint32_t NextCodePoint(std::string_view text, size_t* at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte((*at)++);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  uint32_t point = lead & (0x3Fu >> more);
  for (int i = 0; i < more; ++i) point = point << 6 | (byte((*at)++) & 0x3Fu);
  return point;
}

// Controls, line ends of Unicode, and marks that are not seen or turn the writing around.
bool IsHidden(uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0xAD || point == 0x61C ||
         (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
         (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF || point >= 0xE0000;
}

void AppendEscaped(uint32_t point, std::string* out) {
  if (point == '\n') return StrAppend(out, "\\n");
  if (point == '\r') return StrAppend(out, "\\r");
  if (point == '\t') return StrAppend(out, "\\t");
  StrAppend(out, point < 0x100     ? Formatted("\\x%02x", point)
                 : point < 0x10000 ? Formatted("\\u%04x", point)
                                   : Formatted("\\U%08x", point));
}

std::string Quoted(std::string_view valid, char quote) {
  std::string out(1, quote);
  for (size_t at = 0; at < valid.size();) {
    const size_t begin = at;
    const uint32_t point = NextCodePoint(valid, &at);
    if (IsHidden(point)) {
      AppendEscaped(point, &out);
      continue;
    }
    if (point == '\\' || point == static_cast<uint32_t>(quote)) out += '\\';
    out += valid.substr(begin, at - begin);
  }
  return out + quote;
}

// Of what stands on one line: up to a line feed, or to a blank where that is far away.
size_t PieceSize(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  const size_t whole = std::min(line.size() + 1, text.size());
  if (line.size() <= kShortLine) return whole;
  size_t blank = line.rfind(' ', kShortLine);
  if (blank == std::string_view::npos) blank = line.find(' ');
  return blank == std::string_view::npos ? whole : blank + 1;
}

// Python's keywords, and what the files themselves name.
constexpr std::string_view kReserved =
    " and as assert async await break class continue def del elif else except finally for from "
    "global if import in is lambda nonlocal not or pass raise return try while with yield "
    "annotations json os pendulum subprocess timedelta k8s date text answers file_exists "
    "new_version isinstance print str super ";

// As Python's shlex.quote.
std::string ShellQuoted(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("@%+=:,./-_").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return std::string(text);
  return StrCat("'", ReplaceAll(text, "'", "'\"'\"'"), "'");
}

// Of Jinja.
std::string JinjaString(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\\' || c == '\'') {
      StrAppend(&out, "\\", std::string(1, c));
    } else if (c >= 0 && c < 0x20) {
      out += Formatted("\\x%02x", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string JinjaName(std::string_view name) {
  constexpr std::string_view kStart = "(dag_run.data_interval_start or date(dag_run)) | ts";
  constexpr std::string_view kEnd = "(dag_run.data_interval_end or date(dag_run)) | ts";
  constexpr auto kNames = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"ds", "date(dag_run) | ds"},
       {"ds_nodash", "date(dag_run) | ds_nodash"},
       {"ts", "date(dag_run) | ts"},
       {"logical_date", "date(dag_run) | ts"},
       {"ts_nodash", "date(dag_run) | ts_nodash"},
       {"data_interval_start", kStart},
       {"data_interval_end", kEnd},
       {"run_id", "run_id"},
       {"dag_id", "dag.dag_id"},
       {"task_id", "task.task_id"},
       {"try_number", "ti.try_number"},
       {"home", "home"},
       {"conf", "text(dag_run.conf or {})"}});
  for (const auto& [known, expression] : kNames) {
    if (name == known) return StrCat("{{ ", expression, " }}");
  }
  const std::string_view values = name.starts_with("params.") ? "params" : "dag_run.conf";
  return StrCat("{{ text(", values, "[", JinjaString(name.substr(name.find('.') + 1)), "]) }}");
}

// Without what JinjaEnd adds.
void AppendJinjaLiteral(std::string_view text, std::string* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '{';  // what follows may be an expression
    if (text[i] == '\r') {
      // Jinja would make it a line feed.
      StrAppend(out, "{{ '\\r' }}");
    } else if (text[i] == '{' && std::string_view("{%#\r").find(next) != std::string_view::npos) {
      StrAppend(out, "{{ '{' }}");
    } else {
      *out += text[i];
    }
  }
}

// Jinja drops a line feed at the end, and Airflow takes what ends so for the name of a file.
std::string JinjaEnd(std::string jinja) {
  const bool is_at_risk =
      jinja.ends_with('\n') || jinja.ends_with(".sh") || jinja.ends_with(".bash");
  return is_at_risk ? jinja + "{# #}" : jinja;
}

class ScriptWriter {
 public:
  // `text` with each template as "${MARQUEE_VALUE_1}" and so on.
  std::string WithVariables(std::string_view text) {
    std::string out;
    ForEachTemplatePart(
        text, [&](std::string_view plain) { out += plain; },
        [&](std::string_view name) { out += Variable(name); });
    return out;
  }
  std::string Word(std::string_view word) {
    std::string out;
    ForEachTemplatePart(
        word,
        [&](std::string_view plain) {
          if (!plain.empty()) out += ShellQuoted(plain);
        },
        [&](std::string_view name) { StrAppend(&out, "\"", Variable(name), "\""); });
    return out.empty() ? "''" : out;
  }
  AirflowScript Finish(std::string_view script) {
    return {JinjaLiteral(script), std::move(variables_)};
  }

 private:
  std::string Variable(std::string_view name) {
    const std::string variable = StrCat("MARQUEE_VALUE_", variables_.size() + 1);
    variables_.emplace_back(variable, JinjaName(name));
    return StrCat("${", variable, "}");
  }

  std::vector<std::pair<std::string, std::string>> variables_;
};

}  // namespace

std::string PythonText(std::string_view text) {
  const std::string valid = ToValidUtf8(text);
  const bool single = valid.find('"') != std::string::npos && valid.find('\'') == std::string::npos;
  return Quoted(valid, single ? '\'' : '"');
}

std::string PythonLines(std::string_view text, int indent) {
  const bool is_one = text.find('\n') >= text.size() - std::min<size_t>(text.size(), 1);
  if (is_one && text.size() <= kShortLine) return PythonText(text);
  const std::string margin(static_cast<size_t>(indent), ' ');
  std::string out = "(\n";
  while (!text.empty()) {
    const size_t size = PieceSize(text);
    StrAppend(&out, margin, "    ", PythonText(text.substr(0, size)), "\n");
    text.remove_prefix(size);
  }
  return StrCat(out, margin, ")");
}

std::string PythonValue(const Json& value) {
  if (value.is_null()) return "None";
  if (value.is_bool()) return value.AsBool() ? "True" : "False";
  if (value.is_string()) return PythonText(value.AsString());
  std::vector<std::string> parts;
  if (value.is_array()) {
    for (const Json& each : value.AsArray()) parts.push_back(PythonValue(each));
    return StrCat("[", Join(parts, ", "), "]");
  }
  if (value.is_object()) {
    for (const auto& [key, each] : value.AsObject()) {
      parts.push_back(StrCat(PythonText(key), ": ", PythonValue(each)));
    }
    return StrCat("{", Join(parts, ", "), "}");
  }
  // NaN and the infinities, which JSON has not, become None.
  const std::string number = value.Dump();
  return number == "null" ? "None" : number;
}

std::string PythonDuration(int64_t ms) {
  constexpr auto kUnits = std::to_array<std::pair<int64_t, std::string_view>>(
      {{86'400'000, "days"}, {3'600'000, "hours"}, {60'000, "minutes"}, {1'000, "seconds"}});
  for (const auto& [unit, name] : kUnits) {
    if (ms % unit == 0 && ms != 0) return StrCat("timedelta(", name, "=", ms / unit, ")");
  }
  return StrCat("timedelta(milliseconds=", ms, ")");
}

std::string PythonTime(int64_t us) {
  const std::string text = FormatTime(us);
  const auto part = [&](size_t at, size_t size) {
    return ParseInt(std::string_view(text).substr(at, size)).value_or(0);
  };
  std::string out = StrCat("pendulum.datetime(", part(0, 4), ", ", part(5, 2), ", ", part(8, 2));
  if (us % kDayUs != 0) {
    StrAppend(&out, ", ", part(11, 2), ", ", part(14, 2), ", ", part(17, 2));
    if (us % kSecondUs != 0) StrAppend(&out, ", ", part(20, 6));
  }
  return out + ", tz=\"UTC\")";
}

std::string PythonName(std::string_view id, std::vector<std::string>* taken) {
  std::string name;
  for (const char c : id) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '_';
    const bool is_capital = c >= 'A' && c <= 'Z';
    name += is_plain ? c : is_capital ? static_cast<char>(c - 'A' + 'a') : '_';
  }
  const bool is_bad = name.empty() || name.front() == '_' ||
                      (name.front() >= '0' && name.front() <= '9') ||
                      kReserved.find(StrCat(" ", name, " ")) != std::string_view::npos;
  if (is_bad) name = "task_" + name;
  const std::string base = name;
  for (int i = 2; std::ranges::find(*taken, name) != taken->end(); ++i) name = StrCat(base, "_", i);
  taken->push_back(name);
  return name;
}

std::string JinjaLiteral(std::string_view text) {
  std::string out;
  AppendJinjaLiteral(text, &out);
  return JinjaEnd(out);
}

std::string JinjaTemplate(std::string_view text) {
  std::string out;
  ForEachTemplatePart(
      text, [&](std::string_view plain) { AppendJinjaLiteral(plain, &out); },
      [&](std::string_view name) { out += JinjaName(name); });
  return JinjaEnd(out);
}

Json JinjaTemplates(const Json& value) {
  if (value.is_string()) return JinjaTemplate(value.AsString());
  if (value.is_array()) {
    Json list = Json::MakeArray();
    for (const Json& element : value.AsArray()) list.Append(JinjaTemplates(element));
    return list;
  }
  if (!value.is_object()) return value;
  Json object = Json::MakeObject();
  for (const auto& [key, element] : value.AsObject()) object[key] = JinjaTemplates(element);
  return object;
}

AirflowScript ShellScript(std::string_view text) {
  ScriptWriter writer;
  return writer.Finish(StrCat("exec /bin/sh -c ", ShellQuoted(writer.WithVariables(text))));
}

AirflowScript WordsScript(const std::vector<std::string>& words) {
  ScriptWriter writer;
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back(writer.Word(word));
  return writer.Finish(Join(quoted, " "));
}

}  // namespace marquee::flow
