// Personal answers of late, so that asking again costs a look-up.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "recommend/engine.h"

namespace marquee {

// What a bundle, which never changes, answers to a user who asks for k items.
struct CachedAnswer {
  std::string rung = {};
  RankedItems items = {};
  std::string rung_reason = {};
  bool keep = true;  // a later answer would be the same
};

// Answers asked for of late, about `max_items` recommended items in all. Of one bundle.
// Thread-safe: users are spread over `parts`, each with a lock and a share of the items. An answer
// that was asked for again since it came under review stays, another goes (the clock algorithm,
// Corbato 1968).
class AnswerCache {
 public:
  explicit AnswerCache(size_t max_items, size_t parts = 16);

  std::optional<CachedAnswer> Find(std::string_view user_id, int k);
  void Insert(std::string_view user_id, int k, const CachedAnswer& answer);

 private:
  // Of a question; Asked is one that is looked up, so that no text is copied for it.
  struct Asked {
    std::string_view user_id;
    int k;
  };
  struct Key {
    std::string user_id;
    int k;
    operator Asked() const { return {user_id, k}; }
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const Asked& asked) const {
      return std::hash<std::string_view>()(asked.user_id) + static_cast<size_t>(asked.k);
    }
  };
  struct Same {
    using is_transparent = void;
    bool operator()(const Asked& a, const Asked& b) const {
      return a.k == b.k && a.user_id == b.user_id;
    }
  };
  struct Entry {
    CachedAnswer answer;
    bool asked = false;  // again, since it was put in or last reviewed
  };
  struct Part {
    std::mutex mutex;
    size_t items = 0;  // guarded by mutex, as all below
    std::unordered_map<Key, Entry, Hash, Same> entries;
    std::deque<Key> reviews;  // of each entry once, the next one first
  };
  Part& PartOf(const Asked& asked) { return parts_[Hash()(asked) % parts_.size()]; }
  static void DropOne(Part& part);

  const size_t max_items_;  // of a part
  std::vector<Part> parts_;
};

}  // namespace marquee
