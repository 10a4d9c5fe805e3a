#include "flow/template.h"

#include <optional>

#include "base/error.h"
#include "base/template.h"
#include "base/text.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

const std::vector<std::string>& TemplateNames() {
  static const std::vector<std::string> names = {
      "ds",     "ds_nodash", "ts",      "ts_nodash",  "logical_date", "data_interval_start",
      "run_id", "dag_id",    "task_id", "try_number", "home",         "data_interval_end",
      "conf"};
  return names;
}

std::string TextOf(const Json& value) {
  return value.is_string() ? value.AsString() : value.Dump();
}

// 20261121T024006
std::string WithoutDashes(int64_t us) {
  const std::string text = FormatTime(us).substr(0, 19);
  return ReplaceAll(ReplaceAll(text, "-", ""), ":", "");
}

std::optional<std::string> Simple(std::string_view name, const RunContext& context) {
  const int64_t logical = context.logical_us;
  if (name == "ds") return FormatTime(logical).substr(0, 10);
  if (name == "ds_nodash") return FormatDay(logical);
  if (name == "ts" || name == "logical_date") return FormatTime(logical);
  if (name == "ts_nodash") return WithoutDashes(logical);
  if (name == "data_interval_start") return FormatTime(context.interval.start_us);
  if (name == "data_interval_end") return FormatTime(context.interval.end_us);
  if (name == "run_id") return context.run_id;
  if (name == "dag_id") return context.dag_id;
  if (name == "task_id") return context.task_id;
  if (name == "try_number") return std::to_string(context.try_number);
  if (name == "home") return context.home;
  if (name == "conf") return context.conf.Dump();
  return std::nullopt;
}

[[noreturn]] void RefuseName(std::string_view name) {
  throw Error(Code::kInvalidArgument,
              StrCat("'{{ ", name, " }}' is not known", DidYouMean(name, TemplateNames())),
              StrCat("there are ", Join(TemplateNames(), ", "), ", params.NAME and conf.NAME"));
}

std::string ValueOf(std::string_view name, const RunContext& context) {
  if (auto value = Simple(name, context)) return *std::move(value);
  const bool is_param = name.starts_with("params.");
  if (!is_param && !name.starts_with("conf.")) RefuseName(name);
  const std::string_view key = name.substr(name.find('.') + 1);
  if (const Json* value = context.conf.Find(key)) return TextOf(*value);
  if (const Json* value = is_param ? context.params.Find(key) : nullptr) return TextOf(*value);
  throw Error(
      Code::kInvalidArgument, StrCat("'{{ ", name, " }}': the run's conf has no '", key, "'"),
      is_param ? "give it with --conf, or among the params of the DAG" : "give it with --conf");
}

}  // namespace

std::string RenderTemplate(std::string_view text, const RunContext& context) {
  std::string out;
  ForEachTemplatePart(
      text, [&](std::string_view plain) { out += plain; },
      [&](std::string_view name) { out += ValueOf(name, context); });
  return out;
}

std::string RenderScript(std::string_view text, const RunContext& context,
                         std::map<std::string, std::string>* env) {
  std::string out;
  int count = 0;
  ForEachTemplatePart(
      text, [&](std::string_view plain) { out += plain; },
      [&](std::string_view name) {
        const std::string variable = StrCat("MARQUEE_VALUE_", ++count);
        (*env)[variable] = ValueOf(name, context);
        StrAppend(&out, "${", variable, "}");
      });
  return out;
}

void CheckTemplate(std::string_view text, const Json& params) {
  ForEachTemplatePart(
      text, [](std::string_view) {},
      [&](std::string_view name) {
        if (name.starts_with("conf.") || Simple(name, {})) return;
        if (!name.starts_with("params.")) RefuseName(name);
        const std::string_view key = name.substr(7);
        std::vector<std::string> known;
        for (const auto& [param, value] : params.AsObject()) known.push_back(param);
        if (params.Find(key) != nullptr) return;
        throw Error(
            Code::kInvalidArgument,
            StrCat("'{{ ", name, " }}': the DAG has no param '", key, "'", DidYouMean(key, known)),
            "add it to [params]");
      });
}

Json RenderTemplates(const Json& value, const RunContext& context) {
  if (value.is_string()) return RenderTemplate(value.AsString(), context);
  if (value.is_array()) {
    Json list = Json::MakeArray();
    for (const Json& element : value.AsArray()) list.Append(RenderTemplates(element, context));
    return list;
  }
  if (!value.is_object()) return value;
  Json object = Json::MakeObject();
  for (const auto& [key, element] : value.AsObject()) {
    object[key] = RenderTemplates(element, context);
  }
  return object;
}

}  // namespace marquee::flow
