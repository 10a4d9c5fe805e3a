#include "evaluation/split.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace marquee {
namespace {

// The ids as numbers, when all are.
std::optional<std::vector<int64_t>> AsNumbers(const IdDictionary& ids) {
  std::vector<int64_t> numbers;
  for (int32_t row = 0; row < ids.size(); ++row) {
    const std::optional<int64_t> number = ParseInt(ids.Name(row));
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

std::vector<bool> ItemsMet(const Interactions& all, std::span<const int32_t> users,
                           const KeepEntry& keep) {
  std::vector<bool> met(static_cast<size_t>(all.num_items()));
  for (const int32_t user : users) {
    const SparseRow row = all.by_user().Row(user);
    for (size_t i = 0; i < row.size(); ++i) {
      if (keep(user, i)) met[static_cast<size_t>(row.columns[i])] = true;
    }
  }
  return met;
}

}  // namespace

std::vector<int32_t> RowsInIdOrder(const IdDictionary& ids) {
  std::vector<int32_t> rows(static_cast<size_t>(ids.size()));
  std::iota(rows.begin(), rows.end(), 0);
  const auto numbers = AsNumbers(ids);
  std::sort(rows.begin(), rows.end(), [&](int32_t a, int32_t b) {
    if (numbers) {
      const int64_t x = (*numbers)[static_cast<size_t>(a)], y = (*numbers)[static_cast<size_t>(b)];
      if (x != y) return x < y;
    }
    return ids.Name(a) < ids.Name(b);
  });
  return rows;
}

Interactions Positives(const Interactions& data, double min_rating) {
  for (int32_t user = 0; user < data.num_users(); ++user) {
    for (const float value : data.by_user().Row(user).values) {
      if (value != 1) return KeepAbove(data, static_cast<float>(min_rating));
    }
  }
  return data;
}

void RowCollector::Add(int32_t column, float value, int64_t time_s) {
  row_.push_back({column, value, time_s});
}

void RowCollector::EndRow() {
  std::sort(row_.begin(), row_.end(),
            [](const Entry& a, const Entry& b) { return a.column < b.column; });
  for (const Entry& entry : row_) {
    columns_.push_back(entry.column);
    values_.push_back(entry.value);
    times_s_.push_back(entry.time_s);
  }
  row_.clear();
  offsets_.push_back(static_cast<int64_t>(columns_.size()));
}

ItemContent ContentOf(const ItemContent& all, std::span<const int32_t> rows) {
  ItemContent content;
  for (const int32_t row : rows) {
    const auto at = static_cast<size_t>(row);
    if (!all.titles.empty()) content.titles.push_back(all.titles[at]);
    if (!all.genres.empty()) content.genres.push_back(all.genres[at]);
    if (!all.years.empty()) content.years.push_back(all.years[at]);
  }
  return content;
}

UserContent UserContentOf(const Interactions& all, std::span<const int32_t> rows) {
  UserContent content;
  if (all.user_content().features.empty()) return content;
  for (const int32_t row : rows) {
    const std::span<const std::string> features = all.UserFeatures(row);
    content.features.emplace_back(features.begin(), features.end());
  }
  return content;
}

std::span<const std::string> RankingSplit::FeaturesOf(int32_t scored_user) const {
  const auto at = static_cast<size_t>(scored_user);
  if (at >= users.features.size()) return {};
  return users.features[at];
}

SparseMatrix RowCollector::Take(int32_t num_columns) {
  return SparseMatrix(num_columns, std::exchange(offsets_, {0}), std::exchange(columns_, {}),
                      std::exchange(values_, {}), std::exchange(times_s_, {}));
}

TrainingPart CutTraining(const Interactions& all, std::span<const int32_t> users,
                         const KeepEntry& keep) {
  const std::vector<bool> met = ItemsMet(all, users, keep);
  TrainingPart part;
  part.item_of.assign(met.size(), -1);
  InteractionsBuilder builder;
  std::vector<int32_t> kept_items;
  for (const int32_t item : RowsInIdOrder(all.items())) {
    if (!met[static_cast<size_t>(item)]) continue;
    part.item_of[static_cast<size_t>(item)] = builder.AddItem(all.items().Name(item));
    kept_items.push_back(item);
  }
  std::vector<int32_t> kept_users;
  for (const int32_t user : users) {
    const SparseRow row = all.by_user().Row(user);
    int32_t added = -1;
    for (size_t i = 0; i < row.size(); ++i) {
      if (!keep(user, i)) continue;
      if (added < 0) {
        added = builder.AddUser(all.users().Name(user));
        kept_users.push_back(user);
      }
      builder.Add(added, part.item_of[static_cast<size_t>(row.columns[i])], row.values[i],
                  row.times_s[i]);
    }
  }
  builder.SetContent(ContentOf(all.content(), kept_items));
  builder.SetUserContent(UserContentOf(all, kept_users));
  part.data = builder.Build();
  return part;
}

}  // namespace marquee
