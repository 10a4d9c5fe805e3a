// Internal: the user features that a model knows, by number.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "interactions/interactions.h"

namespace marquee {

class ModelReader;

// Immutable once made, so thread-safe.
class UserFeatureIndex {
 public:
  UserFeatureIndex() = default;
  // The features of all users of `data` that have interactions.
  explicit UserFeatureIndex(const Interactions& data);
  // REQUIRES: ascending, each once.
  explicit UserFeatureIndex(std::vector<std::string> names) : names_(std::move(names)) {}
  // Those of a section, none where the file has no such section. Throws data_loss for names out of
  // order.
  static UserFeatureIndex Load(const ModelReader& reader, std::string_view section);

  const std::vector<std::string>& names() const { return names_; }
  size_t size() const { return names_.size(); }
  bool empty() const { return names_.empty(); }
  // The numbers of those features that are known, each once.
  std::vector<int32_t> Find(std::span<const std::string> features) const;

 private:
  std::vector<std::string> names_;
};

}  // namespace marquee
