#include "analysis/documents.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace marquee::analysis {
namespace {

constexpr char kLayer[] = "analysis.";

Json ValueOf(const lake::Chunk& chunk, const lake::ColumnInfo& type, size_t column, size_t row) {
  if (chunk.IsNull(column, row)) return nullptr;
  if (type.sql_type == "BIGINT") return chunk.Int64(column)[row];
  if (type.sql_type == "INTEGER") return int64_t{chunk.Int32(column)[row]};
  if (type.sql_type == "DOUBLE") return chunk.Double(column)[row];
  if (type.sql_type == "BOOLEAN") return chunk.Bool(column)[row] != 0;
  return chunk.Display(column, row);
}

Json TypeSchema(const lake::StepColumn& column) {
  const std::string type = column.type == "bigint" || column.type == "integer" ? "integer"
                           : column.type == "double"                           ? "number"
                           : column.type == "boolean"                          ? "boolean"
                                                                               : "string";
  Json schema = Json::MakeObject({{"type", Json::Array{type, "null"}}});
  if (column.type == "bigint") {
    // Counts: always there, never below 0.
    schema["type"] = type;
    schema["minimum"] = 0;
  }
  if (column.type == "date") schema["format"] = "date";
  schema["description"] = column.doc;
  return schema;
}

Json RowSchema(const lake::SqlStep& step) {
  Json properties = Json::MakeObject();
  Json required = Json::MakeArray();
  for (const lake::StepColumn& column : step.columns) {
    properties[column.name] = TypeSchema(column);
    required.Append(column.name);
  }
  return Json::MakeObject({{"type", "object"},
                           {"properties", std::move(properties)},
                           {"required", std::move(required)},
                           {"additionalProperties", false}});
}

const lake::SqlStep& StepOf(const lake::SqlSteps& steps, const Section& section) {
  return steps.At(kLayer + section.step);
}

}  // namespace

const std::vector<Document>& Documents() {
  static const std::vector<Document> documents = {
      {"content_trends",
       "What was produced and what was added, over time and by type.",
       {{"totals", true},
        {"production_by_year"},
        {"production_by_decade"},
        {"additions_by_year"},
        {"additions_by_month"},
        {"additions_by_calendar_month"},
        {"delay_by_year_added"}}},
      {"ratings_analysis",
       "For whom the titles are: audience ratings, their mix and its change.",
       {{"ratings"}, {"audiences"}, {"audiences_by_year_added"}, {"audiences_by_country"}}},
      {"geographical_analysis",
       "Where the titles come from and what they are: countries, regions, co-productions, genres.",
       {{"countries"},
        {"regions"},
        {"country_pairs"},
        {"coproductions_by_year"},
        {"genres"},
        {"genre_pairs"},
        {"genres_by_country"}}},
      {"duration_patterns",
       "How long the titles are: minutes of movies, seasons of TV shows.",
       {{"durations_by_type"},
        {"movie_minutes_histogram"},
        {"movie_minutes_by_decade"},
        {"movie_minutes_by_genre"},
        {"movie_minutes_by_audience"},
        {"seasons"},
        {"seasons_by_genre"},
        {"seasons_by_decade"}}},
  };
  return documents;
}

const Document& DocumentNamed(std::string_view name) {
  std::vector<std::string> names;
  for (const Document& document : Documents()) {
    if (document.name == name) return document;
    names.push_back(document.name);
  }
  throw Error(Code::kNotFound, StrCat("no analysis '", name, "'", DidYouMean(name, names)),
              StrCat("there are ", Join(names, ", ")));
}

const std::vector<std::string>& ColumnsRead() {
  static const std::vector<std::string> columns = {"show_id",
                                                   "type",
                                                   "country",
                                                   "release_year",
                                                   "rating",
                                                   "duration",
                                                   "listed_in",
                                                   "date_added",
                                                   "year_added",
                                                   "month_added",
                                                   "duration_minutes",
                                                   "seasons",
                                                   "primary_country",
                                                   "country_count",
                                                   "content_category",
                                                   "decade",
                                                   "years_to_catalogue",
                                                   "is_coproduction"};
  return columns;
}

void OpenViews(lake::Session& session, const lake::SqlSteps& steps) {
  for (const lake::SqlStep* step : steps.Layer("analysis")) {
    if (step->is_view) lake::CreateStepView(session, *step);
  }
}

Json RowsOf(lake::Session& session, const lake::SqlStep& step) {
  Json rows = Json::MakeArray();
  const auto result = session.Query(step.select);
  const std::vector<lake::ColumnInfo>& columns = result->columns();
  while (const lake::Chunk* chunk = result->Next()) {
    for (size_t row = 0; row < chunk->size(); ++row) {
      Json object = Json::MakeObject();
      for (size_t i = 0; i < columns.size(); ++i)
        object[columns[i].name] = ValueOf(*chunk, columns[i], i, row);
      rows.Append(std::move(object));
    }
  }
  return rows;
}

Json MakeDocument(lake::Session& session, const lake::SqlSteps& steps, const Document& document) {
  Json json = Json::MakeObject({{"document", document.name}, {"about", document.about}});
  for (const Section& section : document.sections) {
    Json rows = RowsOf(session, StepOf(steps, section));
    json[section.step] = section.one_row ? rows.AsArray().at(0) : std::move(rows);
  }
  return json;
}

Json SchemaOf(const Document& document, const lake::SqlSteps& steps) {
  Json properties = Json::MakeObject({{"document", Json::MakeObject({{"const", document.name}})},
                                      {"about", Json::MakeObject({{"type", "string"}})}});
  Json required = Json::Array{"document", "about"};
  for (const Section& section : document.sections) {
    const lake::SqlStep& step = StepOf(steps, section);
    Json schema = RowSchema(step);
    if (!section.one_row)
      schema = Json::MakeObject({{"type", "array"}, {"items", std::move(schema)}});
    schema["description"] = step.doc;
    properties[section.step] = std::move(schema);
    required.Append(section.step);
  }
  return Json::MakeObject({{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                           {"title", document.name},
                           {"description", document.about},
                           {"type", "object"},
                           {"properties", std::move(properties)},
                           {"required", std::move(required)},
                           {"additionalProperties", false}});
}

}  // namespace marquee::analysis
