#include "cli/run_text.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "base/clock.h"
#include "base/text.h"
#include "base/text_table.h"
#include "services/tracking_json.h"

namespace marquee::cli {
namespace {

constexpr size_t kShownId = 8;
constexpr size_t kWidest = 60;

std::string Number(double value) { return std::isnan(value) ? "NaN" : Json(value).Dump(); }

std::string StatusOf(const tracking::RunInfo& info) {
  return AsciiLower(RenderRunInfo(info).GetString("status"));
}

std::string SecondsOf(const tracking::RunInfo& info) {
  return info.end_ms ? Fixed(static_cast<double>(*info.end_ms - info.start_ms) / 1000, 1) : "";
}

using Cells = std::map<std::string, std::string>;

Cells ParamsOf(const tracking::Run& run) {
  Cells cells;
  for (const tracking::Param& param : run.params) cells[param.key] = param.value;
  return cells;
}

Cells MetricsOf(const tracking::Run& run) {
  Cells cells;
  for (const tracking::Metric& metric : run.metrics) cells[metric.key] = Number(metric.value);
  return cells;
}

// For people: six digits.
Cells ShortMetricsOf(const tracking::Run& run) {
  Cells cells;
  for (const tracking::Metric& metric : run.metrics) cells[metric.key] = StrCat(metric.value);
  return cells;
}

Cells TagsOf(const tracking::Run& run) {
  Cells cells;
  for (const tracking::Tag& tag : run.tags) cells[tag.key] = tag.value;
  return cells;
}

// Of each run the value of a key; nothing where it has none.
using Row = std::vector<std::optional<std::string>>;

std::map<std::string, Row> Gather(std::span<const tracking::Run> runs,
                                  const std::function<Cells(const tracking::Run&)>& cells_of) {
  std::map<std::string, Row> rows;
  for (size_t i = 0; i < runs.size(); ++i) {
    for (const auto& [key, value] : cells_of(runs[i])) {
      Row& row = rows[key];
      row.resize(runs.size());
      row[i] = value;
    }
  }
  return rows;
}

bool Differs(const Row& row) {
  return std::ranges::any_of(row, [&](const auto& value) { return value != row[0]; });
}

Json DifferencesOf(std::span<const tracking::Run> runs, Cells (*cells_of)(const tracking::Run&)) {
  Json json = Json::MakeObject();
  for (const auto& [key, row] : Gather(runs, cells_of)) {
    if (!Differs(row)) continue;
    Json values = Json::MakeArray();
    for (const auto& value : row) values.Append(value ? Json(*value) : Json());
    json[key] = std::move(values);
  }
  return json;
}

std::string CsvCell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return StrCat("\"", ReplaceAll(text, "\"", "\"\""), "\"");
}

void AddSection(const std::string& title, const Cells& cells, std::string* text) {
  if (cells.empty()) return;
  StrAppend(text, "\n", title, "\n");
  TextTable table({"key", "value"});
  for (const auto& [key, value] : cells) table.Add({key, value});
  *text += table.ToText(2, 80);
}

}  // namespace

std::string StartOf(const tracking::RunInfo& info) {
  return ReplaceAll(FormatUtc(info.start_ms).substr(0, 19), "T", " ");
}

std::string MetricText(const tracking::Run& run, const std::string& key) {
  const auto found = std::ranges::find(run.metrics, key, &tracking::Metric::key);
  return found == run.metrics.end() ? "" : Fixed(found->value, 4);
}

std::string RunsText(std::span<const tracking::Run> runs, const std::vector<std::string>& metrics) {
  std::vector<std::string> header = {"run", "name", "status", "started", "seconds"};
  header.insert(header.end(), metrics.begin(), metrics.end());
  TextTable table(header);
  for (const tracking::Run& run : runs) {
    std::vector<std::string> row = {run.info.run_id.substr(0, kShownId), run.info.name,
                                    StatusOf(run.info), StartOf(run.info), SecondsOf(run.info)};
    for (const std::string& metric : metrics) row.push_back(MetricText(run, metric));
    table.Add(std::move(row));
  }
  return table.ToText();
}

std::string RunText(const tracking::Run& run, const std::vector<std::string>& files) {
  std::string text = StrCat(run.info.name, "  ", run.info.run_id, "\n", StatusOf(run.info),
                            ", started ", StartOf(run.info));
  if (run.info.end_ms) StrAppend(&text, ", took ", SecondsOf(run.info), " s");
  text += "\n";
  AddSection("Params", ParamsOf(run), &text);
  AddSection("Metrics, the latest", ShortMetricsOf(run), &text);
  Cells inputs;
  for (const tracking::DatasetInput& input : run.dataset_inputs)
    inputs[input.dataset.name] = input.dataset.digest;
  AddSection("Data", inputs, &text);
  AddSection("Tags", TagsOf(run), &text);
  if (!files.empty()) StrAppend(&text, "\nFiles\n  ", Join(files, "\n  "), "\n");
  return text;
}

Json Differences(std::span<const tracking::Run> runs) {
  return Json::MakeObject(
      {{"params", DifferencesOf(runs, ParamsOf)}, {"metrics", DifferencesOf(runs, MetricsOf)}});
}

std::string DifferencesText(std::span<const tracking::Run> runs) {
  std::vector<std::string> header = {""};
  for (const tracking::Run& run : runs)
    header.push_back(StrCat(run.info.name, " ", run.info.run_id.substr(0, kShownId)));
  TextTable table(header);
  const Json differences = Differences(runs);
  for (const auto& [kind, keys] : differences.AsObject()) {
    for (const auto& [key, values] : keys.AsObject()) {
      std::vector<std::string> row = {kind == "params" ? "param " + key : key};
      for (const Json& value : values.AsArray())
        row.push_back(value.is_null() ? "-" : value.AsString());
      table.Add(std::move(row));
    }
  }
  return table.ToText(0, kWidest);
}

std::string RunsCsv(std::span<const tracking::Run> runs) {
  const std::map<std::string, Row> groups[] = {Gather(runs, ParamsOf), Gather(runs, MetricsOf),
                                               Gather(runs, TagsOf)};
  const char* const prefixes[] = {"params.", "metrics.", "tags."};
  std::string csv = "run_id,name,status,start,end";
  for (size_t g = 0; g < std::size(groups); ++g) {
    for (const auto& [key, row] : groups[g]) StrAppend(&csv, ",", CsvCell(prefixes[g] + key));
  }
  csv += "\r\n";
  for (size_t i = 0; i < runs.size(); ++i) {
    const tracking::RunInfo& info = runs[i].info;
    StrAppend(&csv, info.run_id, ",", CsvCell(info.name), ",", StatusOf(info), ",",
              FormatUtc(info.start_ms), ",", info.end_ms ? FormatUtc(*info.end_ms) : "");
    for (const auto& group : groups) {
      for (const auto& [key, row] : group) StrAppend(&csv, ",", CsvCell(row[i].value_or("")));
    }
    csv += "\r\n";
  }
  return csv;
}

}  // namespace marquee::cli
