// Training data in memory: who met what, as compressed sparse rows by user and by item.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace marquee {

// External ids <-> dense rows 0..size-1. Immutable once shared, so thread-safe.
class IdDictionary {
 public:
  // The row of `id`, added when new.
  int32_t Add(std::string_view id);
  std::optional<int32_t> Find(std::string_view id) const;
  // REQUIRES: 0 <= row < size().
  const std::string& Name(int32_t row) const { return names_[static_cast<size_t>(row)]; }
  int32_t size() const { return static_cast<int32_t>(names_.size()); }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::vector<std::string> names_;
  std::unordered_map<std::string, int32_t, Hash, std::equal_to<>> rows_;
};

// One row of a sparse matrix: columns ascending, each once; the three spans have one length.
struct SparseRow {
  std::span<const int32_t> columns;
  std::span<const float> values;     // ratings as given; 1 where there are none
  std::span<const int64_t> times_s;  // seconds since 1970
  size_t size() const { return columns.size(); }
};

// Compressed sparse rows. Immutable, thread-safe. Memory: 16 bytes an entry and 8 a row.
class SparseMatrix {
 public:
  SparseMatrix() = default;
  SparseMatrix(int32_t num_columns, std::vector<int64_t> offsets, std::vector<int32_t> columns,
               std::vector<float> values, std::vector<int64_t> times_s);

  int32_t num_rows() const { return static_cast<int32_t>(offsets_.size()) - 1; }
  int32_t num_columns() const { return num_columns_; }
  int64_t nnz() const { return static_cast<int64_t>(columns_.size()); }
  SparseRow Row(int32_t row) const;
  // The same entries with rows and columns exchanged. O(nnz).
  SparseMatrix Transposed() const;

 private:
  int32_t num_columns_ = 0;
  std::vector<int64_t> offsets_ = {0};
  std::vector<int32_t> columns_;
  std::vector<float> values_;
  std::vector<int64_t> times_s_;
};

// What is known of each item beside its ratings; index = item row. An empty vector: unknown for
// all.
struct ItemContent {
  std::vector<std::string> titles;
  std::vector<std::vector<std::string>> genres;
  std::vector<int32_t> years;  // 0: unknown
};

// What is known of each user beside the interactions; index = user row. Of each a few categorical
// features, "age=25", "gender=M", ascending, each once. Rows beyond the end: nothing is known.
struct UserContent {
  std::vector<std::vector<std::string>> features;
};

// Immutable, thread-safe, cheap to copy.
class Interactions {
 public:
  const IdDictionary& users() const { return *users_; }
  const IdDictionary& items() const { return *items_; }
  std::shared_ptr<const IdDictionary> shared_items() const { return items_; }
  std::shared_ptr<const IdDictionary> shared_users() const { return users_; }
  int32_t num_users() const { return users_->size(); }
  int32_t num_items() const { return items_->size(); }
  int64_t nnz() const { return by_user_->nnz(); }
  const SparseMatrix& by_user() const { return *by_user_; }
  const SparseMatrix& by_item() const { return *by_item_; }
  const ItemContent& content() const { return *content_; }
  const UserContent& user_content() const { return *user_content_; }
  // Of one user; empty when nothing is known, and for no row at all (-1).
  std::span<const std::string> UserFeatures(int32_t user) const;
  // The newest time, seconds since 1970; 0 when empty.
  int64_t newest_s() const { return newest_s_; }

 private:
  friend class InteractionsBuilder;
  std::shared_ptr<const IdDictionary> users_;
  std::shared_ptr<const IdDictionary> items_;
  std::shared_ptr<const SparseMatrix> by_user_;
  std::shared_ptr<const SparseMatrix> by_item_;
  std::shared_ptr<const ItemContent> content_;
  std::shared_ptr<const UserContent> user_content_;
  int64_t newest_s_ = 0;
};

// Collects interactions in any order. A pair given twice keeps the later one (by time, then by
// order of Add).
class InteractionsBuilder {
 public:
  InteractionsBuilder();
  // Starts with these ids: their rows stay as they are, so models of one dictionary fit data of the
  // other.
  InteractionsBuilder(std::shared_ptr<const IdDictionary> users,
                      std::shared_ptr<const IdDictionary> items);

  int32_t AddUser(std::string_view id);
  int32_t AddItem(std::string_view id);
  // Throws invalid_argument for a NaN or infinite value. REQUIRES: rows that were added.
  void Add(int32_t user, int32_t item, float value, int64_t time_s);
  void SetContent(ItemContent content);
  void SetUserContent(UserContent content);
  // The content of items and users of `data`. REQUIRES: rows of users and items as there.
  void SetContentOf(const Interactions& data);
  void Reserve(int64_t interactions);
  // O(nnz log(row)) time; the builder is empty afterwards.
  Interactions Build();

 private:
  struct Entry {
    int32_t user;
    int32_t item;
    float value;
    int64_t time_s;
  };
  std::shared_ptr<IdDictionary> users_;
  std::shared_ptr<IdDictionary> items_;
  std::vector<Entry> entries_;
  ItemContent content_;
  UserContent user_content_;
};

// The interactions with a value above `min_value`; dictionaries, rows and content stay as they are.
// O(nnz).
Interactions KeepAbove(const Interactions& data, float min_value);

}  // namespace marquee
