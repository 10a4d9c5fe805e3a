#include "recommend/selection.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "recommend/item_filter.h"

namespace marquee {
namespace {

constexpr size_t kCandidates = 400;
constexpr size_t kSpreadPlaces = 100;

// Jaccard's index of two ascending sets; 0 for empty ones.
float Overlap(std::span<const int32_t> a, std::span<const int32_t> b) {
  size_t both = 0;
  for (const int32_t genre : a) both += std::ranges::binary_search(b, genre) ? 1 : 0;
  const size_t either = a.size() + b.size() - both;
  return either == 0 ? 0 : static_cast<float>(both) / static_cast<float>(either);
}

// Puts the first kSpreadPlaces of the candidates, which are in the order of scores, each in turn to
// be the one whose score, on a scale of 0 to 1, less its likeness to the nearest one before is
// greatest; the others follow as they were.
void Spread(const Catalog& catalog, float diversity, std::span<kernels::Ranked> candidates) {
  if (candidates.empty()) return;
  const float best = candidates.front().score;
  const float range = std::max(best - candidates.back().score, std::numeric_limits<float>::min());
  std::vector<float> nearest(static_cast<size_t>(catalog.size()), 0);  // by item
  const auto value = [&](const kernels::Ranked& candidate) {
    const float relevance = 1 - (best - candidate.score) / range;
    return (1 - diversity) * relevance - diversity * nearest[static_cast<size_t>(candidate.index)];
  };
  for (size_t place = 0; place < std::min(kSpreadPlaces, candidates.size()); ++place) {
    const auto rest = candidates.subspan(place);
    const auto next = std::ranges::max_element(rest, {}, value);
    std::rotate(rest.begin(), next, next + 1);
    const auto genres = catalog.genres_of(rest.front().index);
    for (const kernels::Ranked& other : rest.subspan(1)) {
      float& likeness = nearest[static_cast<size_t>(other.index)];
      likeness = std::max(likeness, Overlap(catalog.genres_of(other.index), genres));
    }
  }
}

}  // namespace

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

std::vector<kernels::Ranked> Select(const Catalog& catalog, std::span<const float> scores,
                                    std::span<const int32_t> left_out,
                                    const RecommendQuery& query) {
  const auto n = static_cast<size_t>(query.skip + query.k);
  const bool spread = query.diversity > 0;
  std::vector<kernels::Ranked> list =
      kernels::TopK(scores, spread ? std::max(n, kCandidates) : n, left_out);
  if (spread) {
    Spread(catalog, static_cast<float>(query.diversity),
           std::span(list).first(std::min(list.size(), kCandidates)));
  }
  const auto first = static_cast<ptrdiff_t>(std::min(list.size(), static_cast<size_t>(query.skip)));
  const auto last = static_cast<ptrdiff_t>(std::min(list.size(), n));
  return {list.begin() + first, list.begin() + last};
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
