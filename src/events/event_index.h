// Where the events of a user, or of a span of time, are in the log: sorted runs, merged as they
// grow, so that an event costs no page of its own. Inside the module only.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "database/sqlite.h"

namespace marquee {

// An event with the offset `offset` has the key `key`: its time, or a hash of its user.
struct IndexEntry {
  int64_t key;
  int64_t offset;
  auto operator<=>(const IndexEntry&) const = default;
};

enum class IndexKind : int64_t { kUser = 1, kTime = 2 };

// A log-structured merge tree (O'Neil et al. 1996), tiered: eight runs of one level become one of
// the next; the largest have two million entries. The runs of a kind hold stretches of offsets that
// follow each other. A merge goes from the smallest key to the greatest, a piece at a time, whoever
// goes on with it: until it is done its result holds the lower keys of a stretch and the runs that
// it is made of the higher ones. An entry may outlive its event: who reads looks whether it is
// there.
//
// All methods run within a transaction of the caller. Cost of a lookup: a page of 250 entries a
// run.
class IndexReader {
 public:
  explicit IndexReader(const sqlite::Connection& connection);

  // Visits the offsets below `before` with that key, the greatest first, until `visit` gives false.
  void NewestFirst(IndexKind kind, int64_t key, int64_t before,
                   const std::function<bool(int64_t)>& visit);
  // Entries after `after` with keys below `to_key`, ascending: the first `limit`.
  std::vector<IndexEntry> From(IndexKind kind, IndexEntry after, int64_t to_key, size_t limit);

 private:
  std::vector<int64_t> Runs(IndexKind kind);

  sqlite::Statement runs_, down_, start_, up_;
};

class IndexWriter {
 public:
  static constexpr int64_t kMinRun = 4096;     // entries worth a run
  static constexpr int64_t kMaxRun = 2 << 20;  // of the last level

  explicit IndexWriter(sqlite::Connection& connection);

  // How many of the next entries to add at once.
  int64_t Capacity(IndexKind kind);
  // Adds a run of events newer than all there are, in any order.
  void Add(IndexKind kind, std::vector<IndexEntry> entries);
  // Merges a piece, some ten thousand entries, of the smallest runs that are enough; entries of
  // offsets below `first_live` go. False when nothing is to be merged.
  bool MergeSome(IndexKind kind, int64_t first_live);
  // Removes the entries with `key` and one of `offsets`, which ascend.
  void Remove(IndexKind kind, int64_t key, std::span<const int64_t> offsets);
  // Removes the entries up to `last`.
  void RemoveUpTo(IndexKind kind, IndexEntry last);
  // Removes runs that hold offsets below `offset` only.
  void RemoveRunsBelow(int64_t offset);

 private:
  struct Run {
    int64_t id;
    int64_t level;
    int64_t first_offset;
    int64_t last_offset;
  };
  struct Page {
    int64_t id;
    std::vector<IndexEntry> entries;
  };
  // The runs of one level that become `into`, the oldest first.
  struct Merge {
    std::vector<Run> runs;
    int64_t into;
  };
  std::vector<Run> Runs(IndexKind kind);  // the oldest first, of one age the largest
  int64_t AddRun(IndexKind kind, const Run& run);
  void AddPages(int64_t run, std::span<const IndexEntry> sorted);
  std::optional<Merge> NextMerge(IndexKind kind);
  std::vector<IndexEntry> TakeLowest(std::span<const Run> runs);
  std::vector<IndexEntry> EntriesOf(int64_t page);
  void PutPage(int64_t id, std::span<const IndexEntry> entries);

  sqlite::Connection& connection_;
  sqlite::Statement runs_, add_run_, add_page_, pages_, first_pages_, page_, pages_of_key_,
      set_page_, delete_page_, delete_run_;
};

}  // namespace marquee
