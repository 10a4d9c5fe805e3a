#include "pipelines/layer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "pipelines/watch.h"

namespace marquee {
namespace {

std::string_view LayerOf(std::string_view table) { return table.substr(0, table.find('.')); }

Json VersionsJson(const std::vector<lake::TableVersion>& versions) {
  Json json = Json::MakeObject();
  for (const lake::TableVersion& version : versions) json[version.table] = version.version;
  return json;
}

}  // namespace

bool IsOfDataSet(const lake::SqlStep& bronze) {
  return bronze.name != "bronze.loads" && bronze.name != "bronze.events";
}

std::vector<std::string> BronzeDataTables(const lake::SqlSteps& steps) {
  std::vector<std::string> tables;
  for (const lake::SqlStep* step : steps.Layer("bronze")) {
    const std::string name = step->name.substr(step->name.find('.') + 1);
    if (IsOfDataSet(*step)) tables.push_back(name);
  }
  return tables;
}

LayerBuild::LayerBuild(const PipelineRun& run, const lake::SqlSteps& steps, std::string_view layer,
                       const lake::Lake& from, lake::Lake& to)
    : run_(run), steps_(steps), layer_(layer), from_(from), to_(to) {}

void LayerBuild::Require(std::string_view table, std::string_view made_by) const {
  if (from_.Exists(table)) return;
  throw Error(Code::kNotFound, StrCat("no table ", table, " in ", from_.root().string()),
              StrCat("make it with: ", made_by));
}

const lake::Lake& LayerBuild::HomeOf(std::string_view table) const {
  return LayerOf(table) == layer_ ? to_ : from_;
}

std::vector<lake::TableVersion> LayerBuild::InputVersions(const lake::SqlStep& step) const {
  std::vector<lake::TableVersion> versions;
  for (const std::string& table : steps_.StoredInputs(step.name)) {
    const lake::Lake& home = HomeOf(table);
    if (home.Exists(table)) versions.push_back({table, home.Read(table).version});
  }
  return versions;
}

// What Write records is what would be recorded now.
bool LayerBuild::IsCurrent(const lake::SqlStep& step) const {
  if (!to_.Exists(step.name)) return false;
  const std::vector<lake::Commit> history = to_.History(step.name);
  const Json* facts = history.empty() ? nullptr : history.front().info.Find("marquee");
  if (facts == nullptr) return false;
  const Json* inputs = facts->Find("input_versions");
  return facts->GetString("step") == steps_.Hash(step.name) && inputs != nullptr &&
         facts->GetString("input_root") == from_.root().string() &&
         *inputs == VersionsJson(InputVersions(step));
}

std::vector<const lake::SqlStep*> LayerBuild::Stale(bool force) const {
  std::vector<const lake::SqlStep*> stale;
  std::set<std::string> names;
  for (const lake::SqlStep* step : steps_.Layer(layer_)) {
    if (step->is_view) continue;
    const std::vector<std::string> inputs = steps_.StoredInputs(step->name);
    const bool input_is_stale = std::any_of(
        inputs.begin(), inputs.end(), [&](const auto& input) { return names.contains(input); });
    if (!force && !input_is_stale && IsCurrent(*step)) continue;
    names.insert(step->name);
    stale.push_back(step);
  }
  return stale;
}

void LayerBuild::OpenInputs() {
  std::set<std::string> tables;
  for (const lake::SqlStep* step : steps_.Layer(layer_)) {
    for (const std::string& input : steps_.StoredInputs(step->name)) tables.insert(input);
  }
  for (const std::string& table : tables) {
    const lake::Lake& home = HomeOf(table);
    if (home.Exists(table)) {
      home.CreateView(run_.session, table);
    } else {
      lake::CreateEmptyView(run_.session, steps_.At(table));
    }
  }
  for (const lake::SqlStep* step : steps_.Layer(layer_)) {
    if (step->is_view) lake::CreateStepView(run_.session, *step);
  }
}

TableWritten LayerBuild::Write(const lake::SqlStep& step, const std::string& select,
                               const std::string& run_id) {
  SessionWatch watch(run_.session, step.name, run_.progress, run_.cancel);
  const std::vector<lake::TableVersion> inputs = InputVersions(step);
  const lake::WriteResult written = to_.Write(
      run_.session, {.table = step.name,
                     .select = select,
                     .mode = lake::WriteRequest::Mode::kOverwrite,
                     .partition_column = {},
                     .partition_value = {},
                     .column_comments = step.Comments(),
                     .run_id = run_id,
                     .inputs = inputs,
                     .facts = Json::MakeObject({{"step", steps_.Hash(step.name)},
                                                {"input_root", from_.root().string()},
                                                {"input_versions", VersionsJson(inputs)}})});
  to_.CreateView(run_.session, step.name);
  watch.SetOutcome(StrCat(WithThousands(written.rows), " rows"));
  return {step.name, written};
}

}  // namespace marquee
