#include "analysis/chart_set.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "base/text.h"
#include "charts/charts.h"

namespace marquee::analysis {
namespace {

using charts::BarChart;
using charts::BarDirection;
using charts::BarLayout;
using charts::BarSeries;
using charts::Frame;
using charts::HeatMap;
using charts::LineChart;
using charts::LineSeries;

constexpr double kNoData = std::numeric_limits<double>::quiet_NaN();

double NumberIn(const Json& row, std::string_view key) {
  const Json& value = row.At(key);
  return value.is_number() ? value.AsDouble() : kNoData;
}

std::string LabelIn(const Json& row, std::string_view key) {
  const Json& value = row.At(key);
  if (value.is_null()) return "none";
  return value.is_string() ? value.AsString() : value.Dump();
}

std::vector<std::string> Labels(const Json& rows, std::string_view key) {
  std::vector<std::string> labels;
  for (const Json& row : rows.AsArray()) labels.push_back(LabelIn(row, key));
  return labels;
}

std::vector<double> Numbers(const Json& rows, std::string_view key) {
  std::vector<double> numbers;
  for (const Json& row : rows.AsArray()) numbers.push_back(NumberIn(row, key));
  return numbers;
}

LineSeries Line(const Json& rows, std::string name, std::string_view x, std::string_view y) {
  LineSeries series{std::move(name), {}};
  for (const Json& row : rows.AsArray())
    series.points.push_back({NumberIn(row, x), NumberIn(row, y)});
  return series;
}

// The first `count` rows: the largest, where rows are ordered by size.
Json First(const Json& rows, size_t count) {
  const Json::Array& all = rows.AsArray();
  return Json::Array(all.begin(),
                     all.begin() + static_cast<ptrdiff_t>(std::min(count, all.size())));
}

// The rows whose number `key` is at least `least`.
Json From(const Json& rows, std::string_view key, double least) {
  Json kept = Json::MakeArray();
  for (const Json& row : rows.AsArray()) {
    if (NumberIn(row, key) >= least) kept.Append(row);
  }
  return kept;
}

BarChart MoviesAndShows(const Json& rows, std::string_view key, Frame frame) {
  return {.frame = std::move(frame),
          .categories = Labels(rows, key),
          .series = {{"Movies", Numbers(rows, "movies")}, {"TV shows", Numbers(rows, "tv_shows")}},
          .layout = BarLayout::kStacked};
}

BarChart Ranking(const Json& rows, std::string_view key, std::string_view value, Frame frame) {
  frame.height_px = 70 + 22 * static_cast<int>(std::max<size_t>(rows.size(), 3));
  return {.frame = std::move(frame),
          .categories = Labels(rows, key),
          .series = {{"", Numbers(rows, value)}},
          .direction = BarDirection::kHorizontal};
}

// Rows of (row, column, value) as a table; rows and columns in the order in which they come.
HeatMap Table(const Json& rows, const std::array<std::string_view, 3>& keys, Frame frame) {
  HeatMap map{.frame = std::move(frame)};
  const auto place = [](std::vector<std::string>& names, const std::string& name) {
    const auto found = std::find(names.begin(), names.end(), name);
    const size_t at = static_cast<size_t>(found - names.begin());
    if (found == names.end()) names.push_back(name);
    return at;
  };
  std::map<std::pair<size_t, size_t>, double> cells;
  for (const Json& row : rows.AsArray()) {
    const size_t r = place(map.rows, LabelIn(row, keys[0]));
    const size_t c = place(map.columns, LabelIn(row, keys[1]));
    cells[{r, c}] = NumberIn(row, keys[2]);
  }
  map.values.assign(map.rows.size(), std::vector<double>(map.columns.size(), kNoData));
  for (const auto& [at, value] : cells) map.values[at.first][at.second] = value;
  map.frame.height_px = 80 + 24 * static_cast<int>(std::max<size_t>(map.rows.size(), 2));
  return map;
}

// To one digit after the point.
Json WithPercent(const Json& rows) {
  Json out = rows;
  for (Json& row : out.AsArray()) row["percent"] = std::round(NumberIn(row, "share") * 1000) / 10;
  return out;
}

HeatMap Seasons(const Json& months) {
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  HeatMap map{.frame = {.title = "Titles added, month by month"},
              .columns = {kMonths.begin(), kMonths.end()}};
  for (const Json& row : months.AsArray()) {
    const std::string month = LabelIn(row, "month");
    const std::string year = month.substr(0, month.find('-'));
    if (map.rows.empty() || map.rows.back() != year) {
      map.rows.push_back(year);
      map.values.emplace_back(12, kNoData);
    }
    const auto number = ParseInt(month.substr(month.find('-') + 1).starts_with('0')
                                     ? month.substr(month.size() - 1)
                                     : month.substr(month.size() - 2));
    if (number && *number >= 1 && *number <= 12)
      map.values.back()[static_cast<size_t>(*number - 1)] = NumberIn(row, "titles");
  }
  map.frame.height_px = 80 + 24 * static_cast<int>(std::max<size_t>(map.rows.size(), 2));
  return map;
}

std::vector<NamedChart> TrendCharts(const Json& document) {
  const Json& by_year = document.At("additions_by_year");
  const Json& production = document.At("production_by_year");
  const Json recent = From(production, "release_year", 1990);
  LineChart released{
      .frame = {.title = "Titles by year of release, from 1990", .y_label = "titles"},
      .series = {Line(recent, "Movies", "release_year", "movies"),
                 Line(recent, "TV shows", "release_year", "tv_shows")}};
  const Json& delay = document.At("delay_by_year_added");
  LineChart waited{.frame = {.title = "Years from release to catalogue, by year of addition",
                             .y_label = "years"},
                   .series = {Line(delay, "Movies, mean", "year_added", "movie_mean_years"),
                              Line(delay, "TV shows, mean", "year_added", "tv_show_mean_years"),
                              Line(delay, "All, median", "year_added", "median_years")}};
  return {
      {"additions", ToSvg(MoviesAndShows(by_year, "year_added",
                                         {.title = "Titles added, by year", .y_label = "titles"}))},
      {"seasons", ToSvg(Seasons(document.At("additions_by_month")))},
      {"production", ToSvg(released)},
      {"delay", ToSvg(waited)}};
}

// A series an audience over all years, the largest first. Shares are taken of the counts: rounded
// ones would not add up to 100.
BarChart AudienceMix(const Json& mix, const Json& audiences) {
  BarChart chart{
      .frame = {.title = "The mix of audiences in what was added, by year", .y_label = "percent"},
      .layout = BarLayout::kStacked};
  std::map<std::string, double> totals;
  for (const Json& row : mix.AsArray()) {
    const std::string year = LabelIn(row, "year_added");
    if (!totals.contains(year)) chart.categories.push_back(year);
    totals[year] += NumberIn(row, "titles");
  }
  for (const std::string& audience : Labels(audiences, "content_category")) {
    BarSeries series{audience, std::vector<double>(chart.categories.size(), kNoData)};
    for (const Json& row : mix.AsArray()) {
      if (LabelIn(row, "content_category") != audience) continue;
      const std::string year = LabelIn(row, "year_added");
      const auto at = std::find(chart.categories.begin(), chart.categories.end(), year);
      series.values[static_cast<size_t>(at - chart.categories.begin())] =
          100 * NumberIn(row, "titles") / totals[year];
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

std::vector<NamedChart> RatingCharts(const Json& document) {
  const Json by_country = WithPercent(document.At("audiences_by_country"));
  return {
      {"ratings", ToSvg(Ranking(document.At("ratings"), "rating", "titles",
                                {.title = "Titles by audience rating"}))},
      {"mix", ToSvg(AudienceMix(document.At("audiences_by_year_added"), document.At("audiences")))},
      {"countries", ToSvg(Table(by_country, {"country", "content_category", "percent"},
                                {.title = "Audiences of the largest countries, percent"}))}};
}

std::vector<NamedChart> GeographyCharts(const Json& document) {
  const Json shares = From(WithPercent(document.At("coproductions_by_year")), "release_year", 1990);
  LineChart together{
      .frame = {.title = "Titles of several countries, by year of release", .y_label = "percent"},
      .series = {Line(shares, "", "release_year", "percent")}};
  const Json by_country = WithPercent(document.At("genres_by_country"));
  return {{"countries", ToSvg(Ranking(First(document.At("countries"), 15), "country", "titles",
                                      {.title = "The fifteen countries with the most titles"}))},
          {"regions", ToSvg(MoviesAndShows(document.At("regions"), "region",
                                           {.title = "Titles by part of the world"}))},
          {"coproductions", ToSvg(together)},
          {"genres", ToSvg(Ranking(First(document.At("genres"), 15), "genre", "titles",
                                   {.title = "The fifteen genres with the most titles"}))},
          {"genres_by_country",
           ToSvg(Table(by_country, {"genre", "country", "percent"},
                       {.title = "Genres in the largest countries, percent of their titles",
                        .width_px = 960})),
           true}};
}

std::vector<NamedChart> DurationCharts(const Json& document) {
  const Json& bins = document.At("movie_minutes_histogram");
  charts::Histogram histogram{
      .frame = {.title = "Movies by duration", .x_label = "minutes", .y_label = "movies"}};
  for (const Json& row : bins.AsArray()) {
    const double from = NumberIn(row, "from_minutes");
    if (histogram.edges.empty()) histogram.edges.push_back(from);
    // A step without movies is no row.
    if (histogram.edges.back() < from) {
      histogram.edges.push_back(from);
      histogram.counts.push_back(0);
    }
    histogram.edges.push_back(NumberIn(row, "to_minutes"));
    histogram.counts.push_back(NumberIn(row, "movies"));
  }
  const Json& decades = document.At("movie_minutes_by_decade");
  LineChart by_decade{
      .frame = {.title = "Minutes of movies, by decade of release", .y_label = "minutes"},
      .series = {Line(decades, "longest tenth from", "decade", "p90"),
                 Line(decades, "median", "decade", "median"),
                 Line(decades, "shortest tenth to", "decade", "p10")}};
  Json genres = document.At("movie_minutes_by_genre");
  std::stable_sort(
      genres.AsArray().begin(), genres.AsArray().end(),
      [](const Json& a, const Json& b) { return NumberIn(a, "median") > NumberIn(b, "median"); });
  return {
      {"minutes", ToSvg(histogram)},
      {"by_decade", ToSvg(by_decade)},
      {"by_genre",
       ToSvg(Ranking(genres, "genre", "median", {.title = "Median minutes of movies, by genre"}))},
      {"seasons", ToSvg(BarChart{.frame = {.title = "TV shows by number of seasons",
                                           .x_label = "seasons",
                                           .y_label = "TV shows"},
                                 .categories = Labels(document.At("seasons"), "seasons"),
                                 .series = {{"", Numbers(document.At("seasons"), "tv_shows")}}})}};
}

}  // namespace

std::vector<NamedChart> ChartsOf(const Json& document) {
  const std::string name = document.At("document").AsString();
  std::vector<NamedChart> made;
  if (name == "content_trends") made = TrendCharts(document);
  if (name == "ratings_analysis") made = RatingCharts(document);
  if (name == "geographical_analysis") made = GeographyCharts(document);
  if (name == "duration_patterns") made = DurationCharts(document);
  for (NamedChart& chart : made) chart.file = StrCat(name, "_", chart.file, ".svg");
  return made;
}

}  // namespace marquee::analysis
