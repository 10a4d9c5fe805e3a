// One list of several, so that one person judges them all.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace marquee {

struct Interleaved {
  int32_t list;   // whose pick it was
  int32_t place;  // in that list
};

// Team draft (Radlinski, Kurup and Joachims 2008), for any number of lists (Schuth et al. 2014): in
// each round every list, in an order drawn anew, picks its best item that nobody picked before.
// Gives `k` picks, fewer when the lists have no more. The same for the same seed.
// O(k lists) and a hash of each item.
std::vector<Interleaved> TeamDraft(std::span<const std::vector<std::string>> lists, int k,
                                   uint64_t seed);

}  // namespace marquee
