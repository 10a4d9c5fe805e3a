// What a person reads: findings in words, and one page with all charts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace marquee::analysis {

// The four documents, in the order of Documents(), and what is not known of the titles: the rows of
// analysis.completeness.
struct ReportInput {
  std::vector<Json> documents;
  Json completeness;
  std::string made_at;  // shown: "2024-01-05 10:00 UTC"
  std::string run_id;
};

// Sentences with the figures that matter, each {"finding": ..., "document": ...}; one whose figures
// are missing is left out.
Json FindingsOf(const ReportInput& input);

// comprehensive_report.json: the totals, the findings, the completeness and all documents.
Json ComprehensiveReport(const ReportInput& input);

// A page without outside parts, scripts or hosts; light and dark; readable on a phone and in print.
std::string ReportHtml(const ReportInput& input);

}  // namespace marquee::analysis
