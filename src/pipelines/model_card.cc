#include "pipelines/model_card.h"

#include <map>
#include <utility>
#include <vector>

#include "base/text.h"
#include "models/registry.h"

namespace marquee {
namespace {

std::string ValueText(const Json& value) {
  return value.is_string() ? value.AsString() : value.Dump();
}

// A cell of a Markdown table: one line, and no column ends in it.
std::string Cell(std::string_view text) {
  return ReplaceAll(ReplaceAll(text, "|", "\\|"), "\n", " ");
}

void AddRow(const std::vector<std::string>& cells, std::string* out) {
  *out += "|";
  for (const std::string& cell : cells) StrAppend(out, " ", Cell(cell), " |");
  *out += "\n";
}

void AddHeader(const std::vector<std::string>& names, std::string* out) {
  AddRow(names, out);
  AddRow(std::vector<std::string>(names.size(), "---"), out);
}

std::string MetricText(const Json* metric) {
  if (metric == nullptr) return "";
  const Json* error = metric->Find("stderr");
  const bool known = error != nullptr && !error->is_null();
  return StrCat(Fixed(metric->GetDouble("mean"), 4),
                known ? StrCat(" ± ", Fixed(error->AsDouble(), 4)) : "");
}

void AddQuality(const ModelManifest& manifest, std::string* out) {
  *out += "\n## Quality\n\n";
  const Json* protocol = manifest.evaluation.Find("protocol");
  if (protocol == nullptr) {
    StrAppend(out, "Not measured. `marquee evaluate --model ", manifest.id.type,
              "` measures a model of these settings, `marquee models promote ", manifest.id.type,
              "` compares it with the champion.\n");
    return;
  }
  StrAppend(out, "Protocol `", protocol->AsString(), "`, segment ",
            manifest.evaluation.GetString("segment"),
            ": a model of the same settings, trained on what the protocol leaves; mean ± standard "
            "error over users.\n\n");
  const Json empty = Json::MakeObject();
  const Json* found = manifest.evaluation.Find("segments");
  const Json& segments = found == nullptr ? empty : *found;
  std::vector<std::string> header = {
      "metric", StrCat("all (", WithThousands(manifest.evaluation.GetInt("users")), ")")};
  for (const auto& [name, segment] : segments.AsObject())
    header.push_back(StrCat(name, " (", WithThousands(segment.GetInt("users")), ")"));
  AddHeader(header, out);
  for (const auto& [name, metric] : manifest.metrics.AsObject()) {
    std::vector<std::string> row = {name, MetricText(&metric)};
    for (const auto& [segment, of] : segments.AsObject())
      row.push_back(MetricText(of.At("metrics").Find(name)));
    AddRow(row, out);
  }
  *out +=
      "\nSegments are by how many interactions the model was told of a user: cold none, new 1 "
      "to 9, light 10 to 49, heavy 50 or more.\n";
}

void AddLimits(const ModelManifest& manifest, std::string* out) {
  const ModelType& type = FindModelType(manifest.id.type);
  StrAppend(
      out, "\n## Limits\n\n",
      "- It was trained on the versions of the tables above. A title that came later is shown "
      "by other rungs of the ladder until a model is trained anew.\n"
      "- A new user, and what a known one did since, is folded in when a list is asked for; "
      "nothing else of the model changes.\n",
      type.predicts_ratings
          ? "- It predicts ratings; lists ordered by them are not what it was fitted for.\n"
          : "- Its scores order titles for one user. They are no probabilities, and scores of "
            "two users are not to be compared.\n",
      "- It learnt from what people chose among what they were shown: it repeats what the lists "
      "of that time favoured. Experiments (docs/experiments.md) tell what it does to people.\n"
      "- Offline figures compare models; they are no forecast of what people will watch.\n");
}

// "settings.factors" -> its value, for all that tells one version from another.
std::map<std::string, Json> Facts(const ModelManifest& manifest) {
  std::map<std::string, Json> facts = {{"model", manifest.id.type},
                                       {"threads", manifest.threads},
                                       {"code_version", manifest.code_version}};
  for (const auto& [key, value] : manifest.settings.AsObject()) facts["settings." + key] = value;
  for (const lake::TableVersion& table : manifest.data)
    facts["data." + table.table] = table.version;
  if (!manifest.metrics.is_object()) return facts;
  for (const auto& [name, metric] : manifest.metrics.AsObject())
    facts["metrics." + name] = metric.At("mean");
  return facts;
}

}  // namespace

std::string ModelCard(const ModelManifest& manifest) {
  std::string card =
      StrCat("# ", manifest.id.name(), "\n\n", FindModelType(manifest.id.type).doc, "\n\nTrained ",
             manifest.created, " by Marquee ", manifest.code_version, " on ", manifest.threads,
             manifest.threads == 1 ? " thread" : " threads",
             ". The same data, settings and threads give the same bytes.\n");
  card += "\n## Data\n\n";
  AddHeader({"table", "version"}, &card);
  for (const lake::TableVersion& table : manifest.data)
    AddRow({table.table, std::to_string(table.version)}, &card);
  card += "\n## Settings\n\n";
  AddHeader({"setting", "value"}, &card);
  for (const auto& [key, value] : manifest.settings.AsObject())
    AddRow({key, ValueText(value)}, &card);
  AddQuality(manifest, &card);
  AddLimits(manifest, &card);
  return card;
}

Json DifferenceOf(const ModelManifest& one, const ModelManifest& other) {
  const std::map<std::string, Json> ours = Facts(one);
  std::map<std::string, std::pair<Json, Json>> both;
  for (const auto& [name, value] : ours) both[name].first = value;
  for (const auto& [name, value] : Facts(other)) both[name].second = value;
  Json json = Json::MakeObject();
  for (const auto& [name, values] : both) {
    if (values.first == values.second) continue;
    json[name] = Json(Json::Array{values.first, values.second});
  }
  return json;
}

}  // namespace marquee
