#include "events/event_index.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace marquee {
namespace {

using sqlite::Statement;

constexpr size_t kPageEntries = 250;  // 4,000 bytes: a page of the file, without overflow
constexpr int64_t kFan = 8;           // runs of a level that become one
constexpr int64_t kLastLevel = 3;
constexpr size_t kMergedPages = 128;  // in a piece of a merge

std::vector<IndexEntry> Entries(const Statement& statement, int column) {
  const std::string_view bytes = statement.Bytes(column);
  if (bytes.empty() || bytes.size() % sizeof(IndexEntry) != 0) {
    throw Error(Code::kDataLoss,
                StrCat("event log: a page of the index has ", bytes.size(), " bytes"),
                "restore the file from a backup");
  }
  std::vector<IndexEntry> entries(bytes.size() / sizeof(IndexEntry));
  std::memcpy(entries.data(), bytes.data(), bytes.size());
  return entries;
}

std::string_view BytesOf(std::span<const IndexEntry> entries) {
  return {reinterpret_cast<const char*>(entries.data()), entries.size_bytes()};
}

// The level of a run of that many entries.
int64_t LevelOf(int64_t entries) {
  int64_t level = 0;
  for (int64_t size = IndexWriter::kMinRun * kFan; level < kLastLevel && entries >= size;
       size *= kFan)
    ++level;
  return level;
}

}  // namespace

IndexReader::IndexReader(const sqlite::Connection& connection)
    : runs_(connection, "select id from runs where kind = ?1 order by first_offset desc"),
      down_(connection,
            "select entries from run_pages where run = ?1 and first_key <= ?2 "
            "order by first_key desc, id desc"),
      start_(connection, "select max(first_key) from run_pages where run = ?1 and first_key < ?2"),
      up_(connection,
          "select entries from run_pages where run = ?1 and first_key >= ?2 and first_key < ?3 "
          "order by first_key, id") {}

std::vector<int64_t> IndexReader::Runs(IndexKind kind) {
  std::vector<int64_t> runs;
  runs_.Bind(1, static_cast<int64_t>(kind));
  while (runs_.Step()) runs.push_back(runs_.Int(0));
  runs_.Reset();
  return runs;
}

void IndexReader::NewestFirst(IndexKind kind, int64_t key, int64_t before,
                              const std::function<bool(int64_t)>& visit) {
  for (const int64_t run : Runs(kind)) {
    down_.Bind(1, run).Bind(2, key);
    for (bool more = true; more && down_.Step();) {
      const std::vector<IndexEntry> page = Entries(down_, 0);
      auto at = std::ranges::lower_bound(page, IndexEntry{key, before});
      for (; at != page.begin() && std::prev(at)->key == key; --at) {
        if (visit(std::prev(at)->offset)) continue;
        down_.Reset();
        return;
      }
      more = page.front().key == key;  // else the pages before have smaller keys only
    }
    down_.Reset();
  }
}

std::vector<IndexEntry> IndexReader::From(IndexKind kind, IndexEntry after, int64_t to_key,
                                          size_t limit) {
  std::vector<IndexEntry> found;
  for (const int64_t run : Runs(kind)) {
    start_.Bind(1, run).Bind(2, after.key);
    const bool has_start = start_.Step() && !start_.IsNull(0);
    const int64_t start = has_start ? start_.Int(0) : std::numeric_limits<int64_t>::min();
    start_.Reset();
    up_.Bind(1, run).Bind(2, start).Bind(3, to_key);
    const size_t before = found.size();
    while (found.size() - before < limit && up_.Step()) {
      for (const IndexEntry& entry : Entries(up_, 0)) {
        if (entry > after && entry.key < to_key) found.push_back(entry);
      }
    }
    up_.Reset();
  }
  std::ranges::sort(found);
  if (found.size() > limit) found.resize(limit);
  return found;
}

IndexWriter::IndexWriter(sqlite::Connection& connection)
    : connection_(connection),
      runs_(connection,
            "select id, level, first_offset, last_offset from runs where kind = ?1 "
            "order by first_offset, level desc"),
      add_run_(connection,
               "insert into runs (kind, level, first_offset, last_offset) values (?1, ?2, ?3, ?4)"),
      add_page_(connection, "insert into run_pages (run, first_key, entries) values (?1, ?2, ?3)"),
      pages_(connection, "select id, entries from run_pages where run = ?1 order by first_key, id"),
      first_pages_(connection,
                   "select first_key, id from run_pages where run = ?1 "
                   "order by first_key, id limit ?2"),
      page_(connection, "select entries from run_pages where id = ?1"),
      pages_of_key_(connection,
                    "select id, entries from run_pages where run = ?1 and first_key <= ?2 "
                    "order by first_key desc, id desc"),
      set_page_(connection, "update run_pages set first_key = ?2, entries = ?3 where id = ?1"),
      delete_page_(connection, "delete from run_pages where id = ?1"),
      delete_run_(connection, "delete from runs where id = ?1") {}

std::vector<IndexWriter::Run> IndexWriter::Runs(IndexKind kind) {
  std::vector<Run> runs;
  runs_.Bind(1, static_cast<int64_t>(kind));
  while (runs_.Step()) runs.push_back({runs_.Int(0), runs_.Int(1), runs_.Int(2), runs_.Int(3)});
  runs_.Reset();
  return runs;
}

// Levels fall with age: only where no smaller run is may a run be as large as it likes.
int64_t IndexWriter::Capacity(IndexKind kind) {
  const std::vector<Run> runs = Runs(kind);
  return runs.empty() || runs.back().level == kLastLevel ? kMaxRun : 2 * kMinRun;
}

void IndexWriter::Add(IndexKind kind, std::vector<IndexEntry> entries) {
  if (entries.empty()) return;
  std::ranges::sort(entries);
  const std::vector<Run> runs = Runs(kind);
  const bool may_be_large = runs.empty() || runs.back().level == kLastLevel;
  const auto [first, last] = std::ranges::minmax(entries, {}, &IndexEntry::offset);
  const int64_t level = may_be_large ? LevelOf(std::ssize(entries)) : 0;
  AddPages(AddRun(kind, {0, level, first.offset, last.offset}), entries);
}

int64_t IndexWriter::AddRun(IndexKind kind, const Run& run) {
  add_run_.Bind(1, static_cast<int64_t>(kind)).Bind(2, run.level);
  add_run_.Bind(3, run.first_offset).Bind(4, run.last_offset).Run();
  return connection_.last_rowid();
}

void IndexWriter::AddPages(int64_t run, std::span<const IndexEntry> sorted) {
  for (size_t i = 0; i < sorted.size(); i += kPageEntries) {
    const auto page = sorted.subspan(i, std::min(kPageEntries, sorted.size() - i));
    add_page_.Bind(1, run).Bind(2, page.front().key).BindBlob(3, BytesOf(page)).Run();
  }
}

// The one that goes on, or that can begin, at the lowest level: so no run of it is unfinished.
std::optional<IndexWriter::Merge> IndexWriter::NextMerge(IndexKind kind) {
  const std::vector<Run> all = Runs(kind);
  for (int64_t level = 0; level < kLastLevel; ++level) {
    std::vector<Run> runs;
    std::ranges::copy_if(all, std::back_inserter(runs),
                         [&](const Run& run) { return run.level == level; });
    for (const Run& result : all) {
      const auto part = [&](const Run& run) {
        return result.first_offset <= run.first_offset && run.last_offset <= result.last_offset;
      };
      if (result.level != level + 1 || std::ranges::none_of(runs, part)) continue;
      std::erase_if(runs, [&](const Run& run) { return !part(run); });
      return Merge{std::move(runs), result.id};
    }
    if (std::ssize(runs) < kFan) continue;
    const Run result = {0, level + 1, runs.front().first_offset, runs.back().last_offset};
    return Merge{std::move(runs), AddRun(kind, result)};
  }
  return std::nullopt;
}

bool IndexWriter::MergeSome(IndexKind kind, int64_t first_live) {
  const std::optional<Merge> merge = NextMerge(kind);
  if (!merge) return false;
  std::vector<IndexEntry> entries = TakeLowest(merge->runs);
  const bool done = entries.empty();
  std::erase_if(entries, [&](const IndexEntry& entry) { return entry.offset < first_live; });
  std::ranges::sort(entries);
  AddPages(merge->into, entries);
  if (!done) return true;
  for (const Run& run : merge->runs) delete_run_.Bind(1, run.id).Run();
  return true;
}

// Removes the entries of the lowest keys, each key whole, from the runs; none are left when there
// are none. Reads the pages that begin with the lowest keys, of whichever runs.
std::vector<IndexEntry> IndexWriter::TakeLowest(std::span<const Run> runs) {
  for (size_t count = kMergedPages;; count *= 2) {
    std::vector<std::pair<int64_t, int64_t>> pages;  // first key and id
    for (const Run& run : runs) {
      first_pages_.Bind(1, run.id).Bind(2, static_cast<int64_t>(count + 1));
      while (first_pages_.Step()) pages.emplace_back(first_pages_.Int(0), first_pages_.Int(1));
      first_pages_.Reset();
    }
    std::ranges::sort(pages);
    const bool all = pages.size() <= count;
    std::vector<IndexEntry> taken;
    for (const auto& [first_key, id] : std::span(pages).first(std::min(pages.size(), count))) {
      const std::vector<IndexEntry> entries = EntriesOf(id);
      // Pages that are not read begin with pages[count] at least, and may go on with its key.
      const auto end =
          all ? entries.end()
              : std::ranges::lower_bound(entries, pages[count].first, {}, &IndexEntry::key);
      if (end == entries.begin()) continue;
      taken.insert(taken.end(), entries.begin(), end);
      PutPage(id, std::span(end, entries.end()));
    }
    if (all || !taken.empty()) return taken;  // else one key fills all that was read
  }
}

std::vector<IndexEntry> IndexWriter::EntriesOf(int64_t page) {
  page_.Bind(1, page);
  page_.Step();
  std::vector<IndexEntry> entries = Entries(page_, 0);
  page_.Reset();
  return entries;
}

void IndexWriter::PutPage(int64_t id, std::span<const IndexEntry> entries) {
  if (entries.empty()) {
    delete_page_.Bind(1, id).Run();
  } else {
    set_page_.Bind(1, id).Bind(2, entries.front().key).BindBlob(3, BytesOf(entries)).Run();
  }
}

void IndexWriter::Remove(IndexKind kind, int64_t key, std::span<const int64_t> offsets) {
  for (const Run& run : Runs(kind)) {
    std::vector<Page> changed;
    pages_of_key_.Bind(1, run.id).Bind(2, key);
    for (bool more = true; more && pages_of_key_.Step();) {
      std::vector<IndexEntry> page = Entries(pages_of_key_, 1);
      more = page.front().key == key;
      const auto gone = [&](const IndexEntry& entry) {
        return entry.key == key && std::ranges::binary_search(offsets, entry.offset);
      };
      if (std::erase_if(page, gone) > 0) changed.push_back({pages_of_key_.Int(0), std::move(page)});
    }
    pages_of_key_.Reset();
    for (const auto& [id, page] : changed) PutPage(id, page);
  }
}

void IndexWriter::RemoveUpTo(IndexKind kind, IndexEntry last) {
  for (const Run& run : Runs(kind)) {
    std::vector<Page> changed;
    bool left = false;
    pages_.Bind(1, run.id);
    while (!left && pages_.Step()) {
      std::vector<IndexEntry> page = Entries(pages_, 1);
      left = page.back() > last;
      if (std::erase_if(page, [&](const IndexEntry& entry) { return entry <= last; }) > 0)
        changed.push_back({pages_.Int(0), std::move(page)});
    }
    pages_.Reset();
    for (const auto& [id, page] : changed) PutPage(id, page);
    if (!left) delete_run_.Bind(1, run.id).Run();
  }
}

void IndexWriter::RemoveRunsBelow(int64_t offset) {
  sqlite::Statement(
      connection_,
      "delete from run_pages where run in (select id from runs where last_offset < ?1)")
      .Bind(1, offset)
      .Run();
  sqlite::Statement(connection_, "delete from runs where last_offset < ?1").Bind(1, offset).Run();
}

}  // namespace marquee
