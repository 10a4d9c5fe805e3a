#include "analysis/report.h"

#include <algorithm>
#include <array>
#include <optional>

#include "analysis/chart_set.h"
#include "analysis/documents.h"
#include "base/text.h"
#include "charts/canvas.h"

namespace marquee::analysis {
namespace {

using charts::EscapeXml;

constexpr std::string_view kPageStyle = R"css(
:root{--bg:#fbfcfd;--card:#fff;--ink:#1f2328;--soft:#59636e;--line:#d9dee3;--accent:#1c5cab}
@media(prefers-color-scheme:dark){:root{--bg:#0d1013;--card:#14171a;--ink:#e6edf3;--soft:#9da7b3;--line:#2a3037;--accent:#6db1ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif}
main{max-width:1200px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:32px;line-height:1.2;margin:0}h2{font-size:22px;margin:48px 0 4px}
p{margin:6px 0;color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:24px 0}
.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:10px}
.tile{padding:14px 16px}.tile b{display:block;font-size:24px;line-height:1.25;white-space:nowrap}.tile span{color:var(--soft);font-size:14px}
.findings{padding:14px 20px 14px 36px;margin:0}.findings li{margin:4px 0}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,540px),1fr));gap:16px;margin-top:16px;align-items:start}
.card{padding:10px;overflow:hidden}.wide{grid-column:1/-1}.card svg{display:block;width:100%;height:auto}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:4px 16px 4px 0;text-align:left;border-bottom:1px solid var(--line)}td.n,th.n{text-align:right}
nav a{color:var(--accent);margin-right:16px}
@media print{body{background:#fff}.card,.tile{break-inside:avoid}}
)css";

struct Heading {
  const char* document;
  const char* title;
};
constexpr std::array<Heading, 4> kHeadings = {{{"content_trends", "Growth"},
                                               {"ratings_analysis", "Audiences"},
                                               {"geographical_analysis", "Countries and genres"},
                                               {"duration_patterns", "Duration"}}};

std::string TitleOf(const std::string& document) {
  for (const Heading& heading : kHeadings) {
    if (document == heading.document) return heading.title;
  }
  return document;
}

std::string Percent(double share) { return Fixed(share * 100, 1) + " %"; }

std::string Count(const Json& row, std::string_view key) { return WithThousands(row.GetInt(key)); }

const Json* FirstRow(const Json& document, std::string_view section) {
  const Json* rows = document.Find(section);
  return rows == nullptr || rows->size() == 0 ? nullptr : &rows->AsArray().front();
}

const Json* GreatestRow(const Json& document, std::string_view section, std::string_view key) {
  const Json* rows = document.Find(section);
  if (rows == nullptr || rows->size() == 0) return nullptr;
  return &*std::max_element(
      rows->AsArray().begin(), rows->AsArray().end(),
      [&](const Json& a, const Json& b) { return a.GetDouble(key) < b.GetDouble(key); });
}

class Findings {
 public:
  void Add(const Json& document, const std::string& text) {
    rows_.Append(
        Json::MakeObject({{"document", document.GetString("document")}, {"finding", text}}));
  }
  Json Take() { return std::move(rows_); }

 private:
  Json rows_ = Json::MakeArray();
};

void AddGrowth(const Json& document, Findings& findings) {
  const Json& totals = document.At("totals");
  const int64_t titles = totals.GetInt("titles");
  if (titles == 0) return;
  const double movies = static_cast<double>(totals.GetInt("movies")) / static_cast<double>(titles);
  findings.Add(document,
               StrCat(WithThousands(titles), " titles: ", Count(totals, "movies"), " movies (",
                      Percent(movies), ") and ", Count(totals, "tv_shows"), " TV shows."));
  if (const Json* best = GreatestRow(document, "additions_by_year", "titles")) {
    findings.Add(document, StrCat("The most titles were added in ", best->GetInt("year_added"),
                                  ": ", Count(*best, "titles"), ", of which ",
                                  Percent(best->GetDouble("tv_show_share")), " were TV shows."));
  }
  const double wait = totals.GetDouble("median_years_to_catalogue");
  findings.Add(document, StrCat("Half of the titles came to the catalogue within ", Fixed(wait, 0),
                                wait == 1 ? " year" : " years", " of their release; ",
                                Count(totals, "added_before_release"), " came before it."));
}

void AddAudiences(const Json& document, Findings& findings) {
  if (const Json* largest = FirstRow(document, "audiences")) {
    findings.Add(document,
                 StrCat("The largest audience is ", largest->GetString("content_category"),
                        " with ", Percent(largest->GetDouble("share")), " of the titles."));
  }
  if (const Json* largest = FirstRow(document, "ratings")) {
    findings.Add(document,
                 StrCat("The most frequent rating is ", largest->GetString("rating", "none"), ": ",
                        Count(*largest, "titles"), " titles."));
  }
}

void AddGeography(const Json& document, Findings& findings) {
  if (const Json* largest = FirstRow(document, "countries")) {
    findings.Add(document, StrCat(largest->GetString("country"), " takes part in ",
                                  Count(*largest, "titles"), " titles, more than any other of ",
                                  document.At("countries").size(), " countries."));
  }
  if (const Json* pair = FirstRow(document, "country_pairs")) {
    findings.Add(document, StrCat(pair->GetString("country"), " and ", pair->GetString("partner"),
                                  " made the most titles together: ", Count(*pair, "titles"), "."));
  }
  const Json* genre = FirstRow(document, "genres");
  const Json* pair = FirstRow(document, "genre_pairs");
  if (genre != nullptr && pair != nullptr) {
    findings.Add(document,
                 StrCat("The largest genre is ", genre->GetString("genre"), " with ",
                        Count(*genre, "titles"), " titles; the most frequent pair is ",
                        pair->GetString("genre"), " with ", pair->GetString("other_genre"), "."));
  }
}

void AddDurations(const Json& document, Findings& findings) {
  for (const Json& row : document.At("durations_by_type").AsArray()) {
    if (row.GetString("type") != "Movie") continue;
    findings.Add(document,
                 StrCat("Half of the movies last up to ", Fixed(row.GetDouble("median"), 0),
                        " minutes, a tenth more than ", Fixed(row.GetDouble("p90"), 0),
                        "; the longest ", row.GetInt("longest"), "."));
  }
  const Json* first = FirstRow(document, "seasons");
  if (first != nullptr && first->GetInt("seasons") == 1) {
    findings.Add(document, StrCat(Percent(first->GetDouble("share")), " of the TV shows (",
                                  Count(*first, "tv_shows"), ") have a single season."));
  }
}

std::string Tile(const std::string& value, std::string_view name) {
  return StrCat("<div class=\"tile\"><b>", EscapeXml(value), "</b><span>", name, "</span></div>\n");
}

std::string Tiles(const ReportInput& input) {
  const Json& totals = input.documents.at(0).At("totals");
  const Json& geography = input.documents.at(2);
  return StrCat(
      "<div class=\"tiles\">\n", Tile(Count(totals, "titles"), "titles"),
      Tile(Count(totals, "movies"), "movies"), Tile(Count(totals, "tv_shows"), "TV shows"),
      Tile(WithThousands(static_cast<int64_t>(geography.At("countries").size())), "countries"),
      Tile(WithThousands(static_cast<int64_t>(geography.At("genres").size())), "genres"),
      Tile(totals.GetString("last_added", "unknown"), "last addition"), "</div>\n");
}

std::string FindingList(const Json& findings) {
  std::string html = "<div class=\"card\"><ul class=\"findings\">\n";
  for (const Json& finding : findings.AsArray())
    StrAppend(&html, "<li>", EscapeXml(finding.GetString("finding")), "</li>\n");
  return html + "</ul></div>\n";
}

std::string SectionHtml(const Json& document) {
  const std::string name = document.GetString("document");
  std::string html = StrCat("<section id=\"", name, "\">\n<h2>", TitleOf(name), "</h2>\n<p>",
                            EscapeXml(document.GetString("about")), " Figures: ", name,
                            ".json</p>\n<div class=\"charts\">\n");
  for (const NamedChart& chart : ChartsOf(document))
    StrAppend(&html, "<div class=\"card", chart.is_wide ? " wide" : "", "\">\n", chart.svg,
              "</div>\n");
  return html + "</div>\n</section>\n";
}

std::string CompletenessHtml(const Json& completeness) {
  std::string html =
      "<section id=\"completeness\">\n<h2>What is not known</h2>\n<table>\n<tr><th>field</th>"
      "<th class=\"n\">titles without it</th><th class=\"n\">share</th></tr>\n";
  for (const Json& row : completeness.AsArray()) {
    StrAppend(&html, "<tr><td>", EscapeXml(row.GetString("field")), "</td><td class=\"n\">",
              Count(row, "missing"), "</td><td class=\"n\">", Percent(row.GetDouble("share")),
              "</td></tr>\n");
  }
  return html + "</table>\n</section>\n";
}

}  // namespace

Json FindingsOf(const ReportInput& input) {
  Findings findings;
  AddGrowth(input.documents.at(0), findings);
  AddAudiences(input.documents.at(1), findings);
  AddGeography(input.documents.at(2), findings);
  AddDurations(input.documents.at(3), findings);
  return findings.Take();
}

Json ComprehensiveReport(const ReportInput& input) {
  Json analyses = Json::MakeObject();
  for (const Json& document : input.documents)
    analyses[document.At("document").AsString()] = document;
  return Json::MakeObject({{"document", "comprehensive_report"},
                           {"made_at", input.made_at},
                           {"run_id", input.run_id},
                           {"totals", input.documents.at(0).At("totals")},
                           {"findings", FindingsOf(input)},
                           {"completeness", input.completeness},
                           {"analyses", std::move(analyses)}});
}

std::string ReportHtml(const ReportInput& input) {
  std::string html = StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>The catalogue of titles</title>\n<style>",
      kPageStyle, "</style>\n</head>\n<body>\n<main>\n<h1>The catalogue of titles</h1>\n<p>Made ",
      EscapeXml(input.made_at), ", run ", EscapeXml(input.run_id), "</p>\n<nav>");
  for (const Heading& heading : kHeadings)
    StrAppend(&html, "<a href=\"#", heading.document, "\">", heading.title, "</a>");
  StrAppend(&html, "</nav>\n", Tiles(input), FindingList(FindingsOf(input)));
  for (const Json& document : input.documents) html += SectionHtml(document);
  StrAppend(&html, CompletenessHtml(input.completeness), "</main>\n</body>\n</html>\n");
  return html;
}

}  // namespace marquee::analysis
