#include "interactions/interactions.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"

namespace marquee {

int32_t IdDictionary::Add(std::string_view id) {
  if (const std::optional<int32_t> row = Find(id)) return *row;
  const int32_t row = size();
  names_.emplace_back(id);
  rows_.emplace(id, row);
  return row;
}

std::optional<int32_t> IdDictionary::Find(std::string_view id) const {
  const auto found = rows_.find(id);
  if (found == rows_.end()) return std::nullopt;
  return found->second;
}

SparseMatrix::SparseMatrix(int32_t num_columns, std::vector<int64_t> offsets,
                           std::vector<int32_t> columns, std::vector<float> values,
                           std::vector<int64_t> times_s)
    : num_columns_(num_columns),
      offsets_(std::move(offsets)),
      columns_(std::move(columns)),
      values_(std::move(values)),
      times_s_(std::move(times_s)) {
  MARQUEE_CHECK(!offsets_.empty() && offsets_.back() == nnz());
  MARQUEE_CHECK(values_.size() == columns_.size() && times_s_.size() == columns_.size());
}

SparseRow SparseMatrix::Row(int32_t row) const {
  const auto begin = static_cast<size_t>(offsets_[static_cast<size_t>(row)]);
  const size_t count = static_cast<size_t>(offsets_[static_cast<size_t>(row) + 1]) - begin;
  return {std::span(columns_).subspan(begin, count), std::span(values_).subspan(begin, count),
          std::span(times_s_).subspan(begin, count)};
}

SparseMatrix SparseMatrix::Transposed() const {
  std::vector<int64_t> offsets(static_cast<size_t>(num_columns_) + 1, 0);
  for (const int32_t column : columns_) ++offsets[static_cast<size_t>(column) + 1];
  for (size_t i = 1; i < offsets.size(); ++i) offsets[i] += offsets[i - 1];
  std::vector<int32_t> columns(columns_.size());
  std::vector<float> values(columns_.size());
  std::vector<int64_t> times(columns_.size());
  std::vector<int64_t> next(offsets.begin(), offsets.end() - 1);
  for (int32_t row = 0; row < num_rows(); ++row) {
    for (auto at = static_cast<size_t>(offsets_[static_cast<size_t>(row)]);
         at < static_cast<size_t>(offsets_[static_cast<size_t>(row) + 1]); ++at) {
      const auto to = static_cast<size_t>(next[static_cast<size_t>(columns_[at])]++);
      columns[to] = row;
      values[to] = values_[at];
      times[to] = times_s_[at];
    }
  }
  return SparseMatrix(num_rows(), std::move(offsets), std::move(columns), std::move(values),
                      std::move(times));
}

std::span<const std::string> Interactions::UserFeatures(int32_t user) const {
  const auto at = static_cast<size_t>(user);
  if (user < 0 || at >= user_content_->features.size()) return {};
  return user_content_->features[at];
}

InteractionsBuilder::InteractionsBuilder()
    : users_(std::make_shared<IdDictionary>()), items_(std::make_shared<IdDictionary>()) {}

InteractionsBuilder::InteractionsBuilder(std::shared_ptr<const IdDictionary> users,
                                         std::shared_ptr<const IdDictionary> items)
    : users_(std::make_shared<IdDictionary>(*users)),
      items_(std::make_shared<IdDictionary>(*items)) {}

int32_t InteractionsBuilder::AddUser(std::string_view id) { return users_->Add(id); }

int32_t InteractionsBuilder::AddItem(std::string_view id) { return items_->Add(id); }

void InteractionsBuilder::Add(int32_t user, int32_t item, float value, int64_t time_s) {
  MARQUEE_CHECK(user >= 0 && user < users_->size() && item >= 0 && item < items_->size());
  if (!std::isfinite(value)) {
    throw Error(Code::kInvalidArgument,
                StrCat("interaction of user ", users_->Name(user), " with item ",
                       items_->Name(item), " has value ", value),
                "values must be finite numbers");
  }
  entries_.push_back({user, item, value, time_s});
}

void InteractionsBuilder::SetContent(ItemContent content) { content_ = std::move(content); }

void InteractionsBuilder::SetUserContent(UserContent content) {
  user_content_ = std::move(content);
}

void InteractionsBuilder::SetContentOf(const Interactions& data) {
  SetContent(data.content());
  SetUserContent(data.user_content());
}

void InteractionsBuilder::Reserve(int64_t interactions) {
  entries_.reserve(static_cast<size_t>(interactions));
}

Interactions InteractionsBuilder::Build() {
  // Counting sort by user keeps the order of Add within a user; then each short row is sorted by
  // item.
  std::vector<int64_t> offsets(static_cast<size_t>(users_->size()) + 1, 0);
  for (const Entry& entry : entries_) ++offsets[static_cast<size_t>(entry.user) + 1];
  for (size_t i = 1; i < offsets.size(); ++i) offsets[i] += offsets[i - 1];
  std::vector<Entry> sorted(entries_.size());
  std::vector<int64_t> next(offsets.begin(), offsets.end() - 1);
  for (const Entry& entry : entries_)
    sorted[static_cast<size_t>(next[static_cast<size_t>(entry.user)]++)] = entry;
  std::vector<Entry>().swap(entries_);

  Interactions built;
  std::vector<int64_t> kept_offsets = {0};
  std::vector<int32_t> columns;
  std::vector<float> values;
  std::vector<int64_t> times;
  columns.reserve(sorted.size());
  values.reserve(sorted.size());
  times.reserve(sorted.size());
  for (size_t user = 0; user + 1 < offsets.size(); ++user) {
    const auto row = std::span(sorted).subspan(
        static_cast<size_t>(offsets[user]), static_cast<size_t>(offsets[user + 1] - offsets[user]));
    std::stable_sort(row.begin(), row.end(), [](const Entry& a, const Entry& b) {
      return std::pair(a.item, a.time_s) < std::pair(b.item, b.time_s);
    });
    for (size_t i = 0; i < row.size(); ++i) {
      if (i + 1 < row.size() && row[i + 1].item == row[i].item) continue;
      columns.push_back(row[i].item);
      values.push_back(row[i].value);
      times.push_back(row[i].time_s);
      built.newest_s_ = std::max(built.newest_s_, row[i].time_s);
    }
    kept_offsets.push_back(static_cast<int64_t>(columns.size()));
  }
  auto by_user =
      std::make_shared<SparseMatrix>(items_->size(), std::move(kept_offsets), std::move(columns),
                                     std::move(values), std::move(times));
  built.by_item_ = std::make_shared<SparseMatrix>(by_user->Transposed());
  built.by_user_ = std::move(by_user);
  built.users_ = std::exchange(users_, std::make_shared<IdDictionary>());
  built.items_ = std::exchange(items_, std::make_shared<IdDictionary>());
  built.content_ = std::make_shared<ItemContent>(std::exchange(content_, {}));
  built.user_content_ = std::make_shared<UserContent>(std::exchange(user_content_, {}));
  return built;
}

Interactions KeepAbove(const Interactions& data, float min_value) {
  InteractionsBuilder builder(data.shared_users(), data.shared_items());
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const SparseRow row = data.by_user().Row(user);
    for (size_t i = 0; i < row.size(); ++i) {
      if (row.values[i] > min_value)
        builder.Add(user, row.columns[i], row.values[i], row.times_s[i]);
    }
  }
  builder.SetContentOf(data);
  return builder.Build();
}

}  // namespace marquee
