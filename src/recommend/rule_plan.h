// Rules, worked out for one catalogue and one moment.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recommend/catalog.h"
#include "recommend/rules.h"

namespace marquee {

// Immutable, thread-safe.
class RulePlan {
 public:
  // A place of the list, from 0, and what is to stand there: the first of `items` that may be
  // shown, or the best of a source.
  struct Slot {
    size_t place;
    std::vector<int32_t> items = {};
    std::string_view source;  // "pinned", "editorial", or one of RuleSources: never goes away
    std::string reason;       // of items
  };
  struct Cap {
    int32_t genre;
    size_t max;
    size_t first;
  };

  // O(items x rules). What the catalogue does not know is left out, with a warning.
  RulePlan(std::shared_ptr<const Rules> rules, const Catalog& catalog, int64_t now_ms);

  const Rules& rules() const { return *rules_; }
  std::shared_ptr<const Rules> shared_rules() const { return rules_; }
  // The moment that it holds for.
  int64_t now_ms() const { return now_ms_; }
  // Whether lists are other than the order of scores.
  bool reorders() const { return reorders_; }
  bool explores() const { return rules_->exploration.share > 0; }
  // Rows that are never shown, ascending.
  std::span<const int32_t> hidden() const { return hidden_; }
  // What freshness and burial add to the relevance of a title.
  float LiftOf(int32_t row) const { return lift_.empty() ? 0 : lift_[static_cast<size_t>(row)]; }
  // Ascending, one a place: pins before lists before sources, else in the order of the file.
  const std::vector<Slot>& slots() const { return slots_; }
  const std::vector<Cap>& caps() const { return caps_; }
  // "pin 1: no item 'x'"
  const std::vector<std::string>& warnings() const { return warnings_; }
  // Another plan is due from then on.
  int64_t next_change_ms() const { return next_change_ms_; }

 private:
  class Builder;

  std::shared_ptr<const Rules> rules_;
  int64_t now_ms_;
  bool reorders_ = false;
  std::vector<int32_t> hidden_;
  std::vector<float> lift_;  // by row; empty: all 0
  std::vector<Slot> slots_;
  std::vector<Cap> caps_;
  std::vector<std::string> warnings_;
  int64_t next_change_ms_;
};

}  // namespace marquee
