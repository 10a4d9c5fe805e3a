// For tests: three users and three items, and scores of a history written down by hand.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "interactions/interactions.h"
#include "models/model.h"

namespace marquee {

// u0: a b, u1: a b, u2: b c.
inline Interactions ThreeUsers() {
  InteractionsBuilder builder;
  for (const char* user : {"u0", "u1", "u2"}) builder.AddUser(user);
  for (const char* item : {"a", "b", "c"}) builder.AddItem(item);
  for (const auto& [user, item] : {std::pair{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 1}, {2, 2}})
    builder.Add(user, item, 1, 0);
  return builder.Build();
}

// A history with values 1 that lives as long as this.
struct TestHistory {
  explicit TestHistory(std::vector<int32_t> items)
      : TestHistory(items, std::vector<int64_t>(items.size(), 0)) {}
  TestHistory(std::vector<int32_t> items, std::vector<int64_t> times)
      : columns(std::move(items)), values(columns.size(), 1), times_s(std::move(times)) {}

  SparseRow row() const { return {columns, values, times_s}; }

  std::vector<int32_t> columns;
  std::vector<float> values;
  std::vector<int64_t> times_s;
};

inline std::vector<float> ScoresOf(const Model& model, const TestHistory& history) {
  std::vector<float> scores(static_cast<size_t>(model.items().size()));
  model.Score(history.row(), scores);
  return scores;
}

}  // namespace marquee
