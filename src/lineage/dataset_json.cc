#include "lineage/dataset_json.h"

#include <utility>

#include "base/dataset_log.h"
#include "base/text.h"
#include "lineage/event.h"

namespace marquee::lineage {
namespace {

namespace fs = std::filesystem;

// A table stands for its folder, as in what tasks tell of it.
Dataset DeclaredDataset(const std::string& name, const fs::path& lake) {
  const bool is_table = name.find('/') == std::string::npos;
  return is_table ? DatasetAt(lake / ReplaceAll(name, ".", "/")) : DatasetOfUri(name);
}

std::string TextIn(const Json& object, std::string_view key) {
  const Json* const value = object.Find(key);
  if (value == nullptr || value->is_null()) return "";
  return value->is_string() ? value->AsString() : value->Dump();
}

Json SchemaFields(const Json& told) {
  Json fields = Json::MakeArray();
  const Json* const list = told.Find("fields");
  if (list == nullptr || !list->is_array()) return fields;
  for (const Json& each : list->AsArray()) {
    const std::string name = TextIn(each, "name");
    if (name.empty()) continue;
    Json field = Json::MakeObject({{"name", name}});
    for (const char* const key : {"type", "description"}) {
      if (std::string text = TextIn(each, key); !text.empty()) field[key] = std::move(text);
    }
    fields.Append(std::move(field));
  }
  return fields;
}

Json FacetsOf(const Json& told) {
  Json facets = Json::MakeObject();
  if (const std::string version = TextIn(told, "version"); !version.empty()) {
    facets["version"] = FacetOf("1-0-1/DatasetVersionDatasetFacet",
                                Json::MakeObject({{"datasetVersion", version}}));
  }
  if (Json fields = SchemaFields(told); fields.size() > 0) {
    facets["schema"] =
        FacetOf("1-2-0/SchemaDatasetFacet", Json::MakeObject({{"fields", std::move(fields)}}));
  }
  return facets;
}

Json OutputFacetsOf(const Json& told) {
  Json counts = Json::MakeObject();
  for (const auto& [key, name] :
       {std::pair("rows", "rowCount"), {"bytes", "size"}, {"files", "fileCount"}}) {
    const Json* const value = told.Find(key);
    if (value != nullptr && value->is_int()) counts[name] = *value;
  }
  Json facets = Json::MakeObject();
  if (counts.size() > 0) {
    facets["outputStatistics"] =
        FacetOf("1-0-2/OutputStatisticsOutputDatasetFacet", std::move(counts));
  }
  return facets;
}

void Put(Json dataset, Json* datasets) {
  for (Json& there : datasets->AsArray()) {
    if (there.At("namespace") == dataset.At("namespace") &&
        there.At("name") == dataset.At("name")) {
      there = std::move(dataset);
      return;
    }
  }
  datasets->Append(std::move(dataset));
}

}  // namespace

Json FacetOf(std::string_view name, Json fields) {
  const std::string_view type = name.substr(name.find('/') + 1);
  Json facet = Json::MakeObject(
      {{"_producer", Producer()},
       {"_schemaURL", StrCat("https://openlineage.io/spec/facets/", name, ".json#/$defs/", type)}});
  for (const auto& [key, value] : fields.AsObject()) facet[key] = value;
  return facet;
}

Json DatasetsJson(Direction direction, const std::vector<std::string>& declared, const Json* told,
                  const fs::path& lake) {
  Json datasets = Json::MakeArray();
  for (const std::string& name : declared) {
    const Dataset dataset = DeclaredDataset(name, lake);
    Put(Json::MakeObject({{"namespace", dataset.space}, {"name", dataset.name}}), &datasets);
  }
  if (told == nullptr || !told->is_array()) return datasets;
  for (const Json& each : told->AsArray()) {
    const std::string space = TextIn(each, "namespace");
    const std::string name = TextIn(each, "name");
    if (name.empty()) continue;
    Json dataset = Json::MakeObject({{"namespace", space.empty() ? "file" : space},
                                     {"name", name},
                                     {"facets", FacetsOf(each)}});
    if (direction == Direction::kOutput) dataset["outputFacets"] = OutputFacetsOf(each);
    Put(std::move(dataset), &datasets);
  }
  return datasets;
}

}  // namespace marquee::lineage
