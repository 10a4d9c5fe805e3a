// Publishes versions: optimistic concurrency over a log of atomic creates. Inside the module only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "lake/actions.h"
#include "lake/checkpoint.h"
#include "lake/delta_log.h"
#include "storage/object_store.h"

namespace marquee::lake {

// A transaction on top of `base` (null: there is no table yet).
struct Transactor {
  // The commit's actions, its commitInfo among them; asked again after each lost race that
  // `check_winner` lets pass. Throws when the change does not fit the base.
  std::function<std::vector<Action>(const TableState* base, int64_t timestamp_ms)> plan;
  // Throws failed_precondition when the winner's change and ours cannot both stand.
  std::function<void(int64_t version, const std::vector<Action>& actions)> check_winner;
};

class Committer {
 public:
  Committer(std::shared_ptr<storage::ObjectStore> store, Checkpointer& checkpointer,
            const Clock& clock)
      : store_(std::move(store)), checkpointer_(checkpointer), clock_(clock) {}

  // The newest state, or nothing when there is no table.
  std::optional<TableState> LoadLatest(const std::string& table) const;

  // Publishes the next version and returns it. Every tenth gets a checkpoint; one that cannot be
  // written is a warning in the log.
  int64_t Publish(const std::string& table, std::optional<TableState> base,
                  const Transactor& transactor);

 private:
  int64_t NextTimestampMs(const TableState* base) const;
  TableState PassWinners(const std::string& table, int64_t from,
                         const Transactor& transactor) const;
  void WriteCheckpoint(const std::string& table, const TableState& state);

  std::shared_ptr<storage::ObjectStore> store_;
  Checkpointer& checkpointer_;
  const Clock& clock_;
};

// "silver/ratings" of "silver.ratings". Throws invalid_argument for a bad table name.
std::string TableFolder(std::string_view table);

// The removal of a live file.
RemoveFile Removal(const AddFile& add, int64_t timestamp_ms);

// Throws failed_precondition for a table whose rows may only grow.
void CheckMayRemove(const Metadata& metadata, const std::string& table);

}  // namespace marquee::lake
