// A store that breaks on purpose, for tests of what survives.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "storage/object_store.h"

namespace marquee::storage {

// Passes calls to `store`, counting them from 1, and breaks the n-th. Each Read, Write and Commit
// of what was opened or created is a call too; readers and writers must not outlive the store.
class FaultyStore : public ObjectStore {
 public:
  enum class Fault {
    kFailBefore,   // that call throws unavailable and does nothing
    kFailAfter,    // that call takes effect, then throws unavailable
    kCrashBefore,  // as kFailBefore, and so does every later call
    kCrashAfter,   // as kFailAfter, and every later call does nothing but throw
  };

  // `fault_at` 0: nothing breaks. `crash`: called in place of the first throw of a crash, to end
  // the process.
  FaultyStore(std::shared_ptr<ObjectStore> store, int64_t fault_at, Fault fault,
              std::function<void()> crash = {});

  // How many calls there were.
  int64_t calls() const;

  std::string Get(std::string_view key) const override;
  std::unique_ptr<ObjectReader> Open(std::string_view key) const override;
  bool PutIfAbsent(std::string_view key, std::string_view bytes, int64_t modified_ms) override;
  void Put(std::string_view key, std::string_view bytes) override;
  std::unique_ptr<ObjectWriter> Create(std::string_view key) override;
  void Delete(std::string_view key) override;
  void DeleteFolder(std::string_view folder) override;
  std::optional<ObjectInfo> Stat(std::string_view key) const override;
  std::vector<ObjectInfo> List(std::string_view prefix) const override;
  FolderListing ListFolder(std::string_view folder) const override;
  std::vector<std::string> Folders(std::string_view folder) const override;
  int64_t RemoveLeftovers(std::string_view folder, int64_t older_than_ms) override;

 private:
  class Reader;
  class Writer;
  template <typename Call>
  auto Run(std::string_view what, const Call& call) const;
  bool Breaks(int64_t call, bool before) const;
  [[noreturn]] void Break(std::string_view what, int64_t call) const;

  std::shared_ptr<ObjectStore> store_;
  int64_t fault_at_;
  Fault fault_;
  std::function<void()> crash_;
  mutable std::mutex mutex_;
  mutable int64_t calls_ = 0;
};

}  // namespace marquee::storage
