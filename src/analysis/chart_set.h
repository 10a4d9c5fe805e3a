// The charts of the analyses, drawn from their documents.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace marquee::analysis {

struct NamedChart {
  std::string file;  // "content_trends_additions.svg"
  std::string svg;
  bool is_wide = false;  // wants a row for itself
};

// Those of one document of Documents(), by its "document". The same document gives the same bytes.
// Throws invalid_argument for a document that lacks a section.
std::vector<NamedChart> ChartsOf(const Json& document);

}  // namespace marquee::analysis
