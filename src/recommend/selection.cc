#include "recommend/selection.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "recommend/item_filter.h"

namespace marquee {

std::vector<int32_t> LeftOut(const Catalog& catalog, const ItemFilter& filter,
                             std::span<const int32_t> met) {
  const std::span<const int32_t> unavailable = catalog.unavailable();
  if (filter.empty()) {
    std::vector<int32_t> left_out;
    std::ranges::set_union(met, unavailable, std::back_inserter(left_out));
    return left_out;
  }
  const FilterCheck check(catalog, filter);
  std::vector<int32_t> left_out;
  for (int32_t row = 0; row < catalog.size(); ++row) {
    const bool may_show = check.Passes(row) && !std::ranges::binary_search(met, row) &&
                          !std::ranges::binary_search(unavailable, row);
    if (!may_show) left_out.push_back(row);
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
