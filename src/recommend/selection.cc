#include "recommend/selection.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/text.h"

namespace marquee {
namespace {

int32_t RequireGenre(const Catalog& catalog, const std::string& genre) {
  const std::optional<int32_t> found = catalog.FindGenre(genre);
  if (found) return *found;
  throw Error(Code::kInvalidArgument,
              StrCat("genre '", genre, "' is unknown", DidYouMean(genre, catalog.genres())),
              "genres are: " + Join(catalog.genres(), ", "));
}

bool YearPasses(const ItemFilter& filter, int32_t year) {
  if (filter.min_year == 0 && filter.max_year == 0) return true;
  if (year == 0) return false;
  return year >= filter.min_year && (filter.max_year == 0 || year <= filter.max_year);
}

}  // namespace

std::vector<int32_t> LeftOut(const Catalog& catalog, const ItemFilter& filter,
                             std::span<const int32_t> met) {
  if (filter.empty()) return {met.begin(), met.end()};
  std::set<int32_t> genres;
  for (const std::string& genre : filter.genres) genres.insert(RequireGenre(catalog, genre));
  std::set<int32_t> excluded;
  for (const std::string& item_id : filter.exclude) {
    if (const std::optional<int32_t> row = catalog.Find(item_id)) excluded.insert(*row);
  }
  const auto passes = [&](int32_t row) {
    const bool of_genre =
        genres.empty() || std::ranges::any_of(catalog.genres_of(row), [&](int32_t genre) {
          return genres.contains(genre);
        });
    return of_genre && YearPasses(filter, catalog.at(row).year) && !excluded.contains(row);
  };
  std::vector<int32_t> left_out;
  for (int32_t row = 0; row < catalog.size(); ++row) {
    if (!passes(row) || std::ranges::binary_search(met, row)) left_out.push_back(row);
  }
  return left_out;
}

std::vector<float> TasteScores(const Catalog& catalog,
                               const std::map<std::string, double>& tastes) {
  std::vector<double> weights(catalog.genres().size(), 0);
  double squares = 0;
  for (const auto& [genre, weight] : tastes) {
    weights[static_cast<size_t>(RequireGenre(catalog, genre))] = weight;
    squares += weight * weight;
  }
  std::vector<float> scores(static_cast<size_t>(catalog.size()), 0);
  if (squares == 0) return scores;
  for (int32_t row = 0; row < catalog.size(); ++row) {
    const auto genres = catalog.genres_of(row);
    double sum = 0;
    for (const int32_t genre : genres) sum += weights[static_cast<size_t>(genre)];
    if (sum == 0) continue;
    const double cosine = sum / std::sqrt(squares * static_cast<double>(genres.size()));
    scores[static_cast<size_t>(row)] =
        static_cast<float>(cosine * std::log(2 + static_cast<double>(catalog.at(row).num_ratings)));
  }
  return scores;
}

}  // namespace marquee
