#include "recommend/charts.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <tuple>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "recommend/item_filter.h"

namespace marquee {
namespace {

constexpr int64_t kHoursADay = 24;
constexpr int64_t kHourS = 3600;
constexpr double kPrior = 10;

// How often each title was met before the window and within it; index = item row.
struct Met {
  std::vector<int64_t> before;
  std::vector<int64_t> within;
};

Met CountMet(const RecommendEngine& engine, const ModelBundle& bundle, int days) {
  const LiveActivity& live = engine.live().activity();
  const int64_t loaded_hour = bundle.interactions.newest_s() / kHourS;
  const int64_t end_day = std::max(loaded_hour, live.newest_hour()) / kHoursADay;
  const int64_t from_day = days == 0 ? 0 : end_day + 1 - days;
  const auto size = static_cast<size_t>(bundle.catalog->size());
  Met met{std::vector<int64_t>(size), std::vector<int64_t>(size)};
  if (bundle.activity) {
    for (size_t row = 0; row < size; ++row) {
      const auto item = static_cast<int32_t>(row);
      met.before[row] = bundle.activity->Count(item, 0, from_day);
      met.within[row] = bundle.activity->Count(item, from_day, std::numeric_limits<int64_t>::max());
    }
  }
  for (const auto& [item_id, counts] : live.Count(loaded_hour, from_day * kHoursADay)) {
    const std::optional<int32_t> row = bundle.catalog->Find(item_id);
    if (!row) continue;
    met.before[static_cast<size_t>(*row)] += counts.before;
    met.within[static_cast<size_t>(*row)] += counts.within;
  }
  return met;
}

// The rows that may be shown and that `score` gives something above 0, best first; ties by the
// number of ratings, then by row.
Recommendation Chart(std::shared_ptr<const ModelBundle> bundle, std::string rung,
                     const ChartQuery& query, const std::function<double(int32_t)>& score,
                     const std::function<std::string(int32_t)>& reason) {
  const std::string_view source = rung == "popular"    ? bundle->popular->type()
                                  : rung == "trending" ? "trending"
                                                       : "new";
  const Catalog& catalog = *bundle->catalog;
  const FilterCheck check(catalog, query.filter);
  std::vector<std::pair<double, int32_t>> scored;
  for (int32_t row = 0; row < catalog.size(); ++row) {
    const CatalogItem& item = catalog.at(row);
    if (item.deleted || !item.available || !check.Passes(row)) continue;
    const double of_row = score(row);
    if (of_row > 0) scored.emplace_back(of_row, row);
  }
  const size_t end = std::min(scored.size(), static_cast<size_t>(query.skip + query.k));
  std::ranges::partial_sort(
      scored, scored.begin() + static_cast<std::ptrdiff_t>(end), {}, [&](const auto& entry) {
        return std::tuple(-entry.first, -catalog.at(entry.second).num_ratings, entry.second);
      });
  std::vector<Recommended> items;
  for (auto i = static_cast<size_t>(query.skip); i < end; ++i) {
    const auto& [of_row, row] = scored[i];
    items.push_back({row, static_cast<float>(of_row), reason(row), source});
  }
  return {"", std::move(rung), std::move(items), std::move(bundle)};
}

std::string WindowText(int days) {
  return days == 1 ? "the last day" : StrCat("the last ", days, " days");
}

int64_t YearAdded(const CatalogItem& item) {
  return item.added_ms > 0 ? ParseInt(FormatDate(item.added_ms).substr(0, 4)).value_or(0) : 0;
}

}  // namespace

double TrendingScore(double n, double e) {
  constexpr double kQuantile = -1.6448536269514722;  // of the normal distribution, at 5 %
  const double shape = n + kPrior;
  const double root = 1 - 1 / (9 * shape) + kQuantile / (3 * std::sqrt(shape));
  return shape * root * root * root / (e + kPrior);
}

Recommendation PopularChart(const RecommendEngine& engine, const ChartQuery& query) {
  auto bundle = engine.bundle();
  const Met met = CountMet(engine, *bundle, query.days);
  const std::string reason =
      query.days == 0 ? "popular with everyone" : "popular in " + WindowText(query.days);
  return Chart(
      bundle, "popular", query,
      [&](int32_t row) { return static_cast<double>(met.within[static_cast<size_t>(row)]); },
      [&](int32_t) { return reason; });
}

Recommendation TrendingChart(const RecommendEngine& engine, const ChartQuery& query) {
  auto bundle = engine.bundle();
  const Met met = CountMet(engine, *bundle, query.days);
  double all_before = 0;
  double all_within = 0;
  for (size_t row = 0; row < met.before.size(); ++row) {
    all_before += static_cast<double>(met.before[row]);
    all_within += static_cast<double>(met.within[row]);
  }
  const auto expected = [&](int32_t row) {
    const auto before = static_cast<double>(met.before[static_cast<size_t>(row)]);
    return all_before > 0 ? all_within * before / all_before : 0;
  };
  return Chart(
      bundle, "trending", query,
      [&](int32_t row) {
        const int64_t n = met.within[static_cast<size_t>(row)];
        return n > 0 ? TrendingScore(static_cast<double>(n), expected(row)) : 0;
      },
      [&](int32_t row) {
        const int64_t n = met.within[static_cast<size_t>(row)];
        return StrCat("rising: ", n, n == 1 ? " time" : " times", " in ", WindowText(query.days),
                      ", ", Fixed(expected(row), 1), " would be usual");
      });
}

Recommendation NewChart(const RecommendEngine& engine, const ChartQuery& query) {
  auto bundle = engine.bundle();
  const Catalog& catalog = *bundle->catalog;
  const auto added_first = [&](int32_t row) {
    return YearAdded(catalog.at(row)) > catalog.at(row).year;
  };
  return Chart(
      bundle, "new", query,
      [&](int32_t row) {
        const CatalogItem& item = catalog.at(row);
        const auto year = static_cast<double>(std::max<int64_t>(item.year, YearAdded(item)));
        constexpr double kEndOfTimeMs = 1e15;  // the fraction keeps years apart
        return year + static_cast<double>(item.added_ms) / kEndOfTimeMs;
      },
      [&](int32_t row) {
        const CatalogItem& item = catalog.at(row);
        return added_first(row) ? StrCat("new here since ", FormatDate(item.added_ms))
                                : StrCat("released in ", item.year);
      });
}

}  // namespace marquee
