// The tables of an event log (docs/formats/event-log.md) as one writer and many readers use them.
// Inside the module only.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "database/sqlite.h"
#include "events/event_index.h"
#include "events/event_log.h"

namespace marquee {

// Not thread-safe. Other processes may write the same file: what it says is read anew in each
// transaction.
class EventWriter {
 public:
  // Throws what OpenSqliteEventLog throws. A file of version 1 or 2 is indexed: a second a million
  // events.
  explicit EventWriter(const std::filesystem::path& path);

  const std::string& id() const { return id_; }

  // Runs `body` as a transaction; undone when it throws.
  template <typename Body>
  void Transaction(Body body) {
    const size_t before = unindexed_.size();
    try {
      sqlite::Transaction(connection_, std::move(body));
    } catch (...) {
      unindexed_.resize(before);
      throw;
    }
  }

  // Within a transaction: the first offset that is free, and what moves it.
  int64_t End();
  void SetEnd(int64_t offset);
  // How far a log elsewhere, of which this one is a view, has been taken in; 0 at first.
  int64_t Position();
  void SetPosition(int64_t position);
  // Adds an event, unless its key was seen. REQUIRES: `offset` is greater than all there are.
  Appended Add(const Event& event, int64_t offset);
  // The offset of a key of a user; 0 when there is none.
  int64_t OffsetOfKey(const Event& event);

  // Indexes what was added, when it is enough, and merges pieces of the index, as many as keep up
  // with that but one at least: transactions of some milliseconds. Whether there is more to merge.
  bool Tidy();

  // As EventLog.
  int64_t RemoveBefore(int64_t time_ms);
  int64_t EraseUser(std::string_view user_id);

 private:
  static constexpr int64_t kNoVersion = -1;
  // What the index is to know of an event.
  struct Unindexed {
    int64_t user_key;
    int64_t time_ms;
    int64_t offset;
  };
  int64_t IndexAll(int64_t at_least);
  int64_t IndexSome(int64_t at_least);
  std::vector<Unindexed> ReadUnindexed(size_t limit);
  void AddToIndex(std::span<const Unindexed> events);
  int64_t FirstOffset();
  int64_t RemoveSome(int64_t time_ms);
  std::vector<int64_t> RemoveUser(std::string_view user_id);
  void ForgetWriteAheadLog();

  sqlite::Connection connection_;
  const std::string id_;
  sqlite::Statement end_, set_end_, position_, set_position_, insert_, find_key_, insert_key_;
  sqlite::Statement indexed_, set_indexed_, unindexed_rows_, data_version_;
  IndexWriter index_;
  IndexReader entries_;
  // In order of offsets: all that the index lacks while the file has the data version that was
  // known, else what this object added of it.
  std::vector<Unindexed> unindexed_;
  int64_t known_version_ = kNoVersion;
  bool may_merge_ = true;  // another process may have left a merge
};

// One thread's connection and statements. Each call reads the log as it was at one moment.
class EventReader {
 public:
  explicit EventReader(const std::filesystem::path& path);

  std::vector<StoredEvent> Read(int64_t from, int limit);
  std::vector<StoredEvent> ReadUser(std::string_view user_id, int64_t before, int limit);
  std::vector<StoredEvent> ReadTime(EventLog::TimePosition after, int64_t to_ms, int limit);
  int64_t End();
  int64_t Position();
  int64_t OffsetOfKey(const Event& event);

 private:
  std::optional<StoredEvent> At(int64_t offset);
  std::vector<IndexEntry> TimesFrom(IndexEntry after, int64_t to_ms, int limit, int64_t indexed);

  sqlite::Connection connection_;
  const std::string id_;
  IndexReader index_;
  sqlite::Statement by_offset_, at_, tail_of_user_, tail_by_time_, end_, position_, indexed_, key_;
};

// The offsets that one process added, in stretches [begin, end). Thread-safe. It remembers the last
// thousand.
class OwnOffsets {
 public:
  void Add(int64_t begin, int64_t end);
  // EventLog::EndOfOwn.
  int64_t EndOf(int64_t from) const;

 private:
  mutable std::mutex mutex_;
  std::deque<std::pair<int64_t, int64_t>> stretches_;  // guarded by mutex_
};

// Readers that are not at work, for any thread to take one.
class EventReaders {
 public:
  explicit EventReaders(std::filesystem::path path) : path_(std::move(path)) {}

  template <typename Body>
  std::invoke_result_t<Body, EventReader&> With(Body body) const {
    std::unique_ptr<EventReader> reader = Take();
    auto result = body(*reader);  // a reader that throws is not used again
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(reader));
    return result;
  }

 private:
  std::unique_ptr<EventReader> Take() const;

  const std::filesystem::path path_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<EventReader>> idle_;  // guarded by mutex_
};

// What every log that keeps its events in such tables shares: reading, and retention.
class StoredEventLog : public EventLog {
 public:
  std::vector<StoredEvent> Read(int64_t from, int limit) const override {
    return readers_.With([&](EventReader& reader) { return reader.Read(from, limit); });
  }
  std::vector<StoredEvent> ReadUser(std::string_view user_id, int64_t before,
                                    int limit) const override {
    return readers_.With(
        [&](EventReader& reader) { return reader.ReadUser(user_id, before, limit); });
  }
  std::vector<StoredEvent> ReadTime(TimePosition after, int64_t to_ms, int limit) const override {
    return readers_.With([&](EventReader& reader) { return reader.ReadTime(after, to_ms, limit); });
  }
  int64_t end_offset() const override {
    return readers_.With([](EventReader& reader) { return reader.End(); });
  }
  int64_t EndOfOwn(int64_t from) const override { return own_.EndOf(from); }
  int64_t RemoveBefore(int64_t time_ms) override {
    const std::lock_guard lock(writer_mutex_);
    return writer_.RemoveBefore(time_ms);
  }

 protected:
  explicit StoredEventLog(const std::filesystem::path& path) : writer_(path), readers_(path) {}

  OwnOffsets own_;
  std::mutex writer_mutex_;
  EventWriter writer_;  // guarded by writer_mutex_
  const EventReaders readers_;
};

}  // namespace marquee
