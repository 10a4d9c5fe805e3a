// Invented film titles: a small grammar over word lists, some of them per genre.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/random.h"

namespace marquee {

// The genre names of MovieLens, in alphabetical order.
std::span<const std::string_view> GenreNames();

// Gives each title once. Not thread-safe.
class TitleMaker {
 public:
  // A title for a film whose first genre is `genre` (an index of GenreNames()): "The Velvet
  // Lighthouse". Never runs out: when the words do, sequels are counted ("... III").
  std::string Make(size_t genre, Rng& rng);

 private:
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string, int> sequels_;
};

// As MovieLens writes it: "Velvet Lighthouse, The (1987)".
std::string CatalogTitle(std::string_view title, int year);

}  // namespace marquee
