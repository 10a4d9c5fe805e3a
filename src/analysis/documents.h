// The analyses of the catalogue of titles as JSON documents. Each is made of SQL steps
// (sql/analysis), a section a step; what the columns mean stands in the steps, and the schemas are
// made from them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "lake/sql_step.h"

namespace marquee::analysis {

struct Section {
  std::string
      step;  // "production_by_year": of analysis.production_by_year, and its key in the document
  bool one_row = false;  // an object; otherwise an array of objects
};

struct Document {
  std::string name;  // "content_trends"
  std::string about;
  std::vector<Section> sections;

  std::string file() const { return name + ".json"; }
};

// content_trends, ratings_analysis, geographical_analysis, duration_patterns.
const std::vector<Document>& Documents();
// Throws not_found, naming the nearest.
const Document& DocumentNamed(std::string_view name);

// The columns of titles.features that the steps read.
const std::vector<std::string>& ColumnsRead();

// Makes the views of the layer. REQUIRES: titles.features is readable.
void OpenViews(lake::Session& session, const lake::SqlSteps& steps);
// The rows of one step in order: objects with its columns as keys; dates as "2021-09-25".
Json RowsOf(lake::Session& session, const lake::SqlStep& step);
// {"document": name, "about": ..., <step>: rows, ...}. REQUIRES: OpenViews.
Json MakeDocument(lake::Session& session, const lake::SqlSteps& steps, const Document& document);
// What MakeDocument gives, as JSON Schema (2020-12).
Json SchemaOf(const Document& document, const lake::SqlSteps& steps);

}  // namespace marquee::analysis
