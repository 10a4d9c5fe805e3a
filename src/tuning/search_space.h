// Where settings are searched, and the two ways to choose the next point.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/registry.h"

namespace marquee {

// One number that is searched. REQUIRES: lo < hi, and lo > 0 when `log`.
struct SearchParameter {
  std::string key;
  double lo;
  double hi;
  bool log = false;      // evenly on a logarithmic scale
  bool integer = false;  // rounded to whole numbers

  bool operator==(const SearchParameter&) const = default;
};

using SearchSpace = std::vector<SearchParameter>;

// What `type` declares for its settings, without those that `fixed` names, changed and completed by
// `ranges`: "key=lo:hi", or "key=lo:hi:log". Throws invalid_argument for a range that is not one,
// for a setting that is unknown or no number, for a range beyond what the setting takes, and when
// nothing is left to search.
SearchSpace BuildSearchSpace(const ModelType& type, const std::map<std::string, std::string>& fixed,
                             const std::vector<std::string>& ranges);

// A trial that ended: where, and how good; higher is better.
struct Observation {
  std::vector<double> point;  // index = parameter
  double value;
};

enum class SearchKind { kRandom, kTpe };

// Throws invalid_argument that names the choices.
SearchKind ParseSearchKind(std::string_view name);
std::string_view SearchKindName(SearchKind kind);

// The point of trial number `trial`; the same for the same seed and observations.
//
// Random: uniform in each range. TPE (Bergstra et al. 2011, "Algorithms for Hyper-Parameter
// Optimization", section 4): the first ten points are random; then the best quarter of the
// observations and the rest are two densities l and g, a mixture of normal distributions each, one
// parameter apart from the other; of 24 draws from l the one with the largest l/g is taken.
// O(observations^2 parameters).
std::vector<double> NextPoint(const SearchSpace& space, SearchKind kind,
                              std::span<const Observation> observations, uint64_t seed,
                              int64_t trial);

// The point as texts of settings.
std::map<std::string, std::string> SettingsOf(const SearchSpace& space,
                                              std::span<const double> point);

}  // namespace marquee
