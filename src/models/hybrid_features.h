// Internal: what items are made of, for hybrid.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "interactions/interactions.h"

namespace marquee {

struct HybridFeatureChoice {
  bool ids = true;      // of items with interactions: what sets them apart from others alike
  bool content = true;  // genres and decade
};

// Items as lists of features. Immutable once made, so thread-safe. Memory: 8 bytes an entry.
class HybridFeatures {
 public:
  HybridFeatures() = default;
  // Feature numbers: the item rows first, then genres and decades by name. Genres are alike without
  // regard to case. Each counts 1; an item without any has no entry.
  HybridFeatures(const Interactions& data, const HybridFeatureChoice& choice);
  // Of a file. REQUIRES: offsets that divide `entries`, ascending.
  HybridFeatures(std::vector<std::string> names, std::vector<int64_t> offsets,
                 std::vector<int32_t> entries);

  int32_t num_items() const { return static_cast<int32_t>(offsets_.size()) - 1; }
  // Item ids and named features together.
  size_t size() const { return static_cast<size_t>(num_items()) + names_.size(); }
  std::span<const int32_t> Of(int32_t item) const;

  // "genre:drama", "decade:1990"; name n is feature num_items() + n. Ascending.
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<int64_t>& offsets() const { return offsets_; }
  const std::vector<int32_t>& entries() const { return entries_; }

 private:
  std::vector<std::string> names_;
  std::vector<int64_t> offsets_ = {0};
  std::vector<int32_t> entries_;
};

}  // namespace marquee
