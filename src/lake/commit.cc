#include "lake/commit.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "lake/delta_path.h"

namespace marquee::lake {
namespace {

constexpr int64_t kCheckpointEvery = 10;
constexpr int64_t kKeepTombstonesMs = int64_t{7} * 24 * 3600 * 1000;
constexpr int kAttempts = 100;

bool IsNamePart(std::string_view part) {
  return !part.empty() &&
         part.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

}  // namespace

std::string TableFolder(std::string_view table) {
  const auto parts = Split(table, ".");
  if (parts.size() != 2 || !IsNamePart(parts[0]) || !IsNamePart(parts[1])) {
    throw Error(Code::kInvalidArgument, StrCat("table name '", table, "' is not <layer>.<name>"),
                "lower-case letters, digits and _: silver.ratings");
  }
  return StrCat(parts[0], "/", parts[1]);
}

RemoveFile Removal(const AddFile& add, int64_t timestamp_ms) {
  return {add.path, timestamp_ms, true, add.partition_values, add.size_bytes};
}

void CheckMayRemove(const Metadata& metadata, const std::string& table) {
  const auto found = metadata.configuration.find("delta.appendOnly");
  if (found == metadata.configuration.end() || found->second != "true") return;
  throw Error(Code::kFailedPrecondition,
              StrCat("table ", table, " is append-only (delta.appendOnly): its rows stay"));
}

std::optional<TableState> Committer::LoadLatest(const std::string& table) const {
  const std::string folder = TableFolder(table);
  if (!DeltaLog::Exists(*store_, folder)) return std::nullopt;
  const DeltaLog log(store_, checkpointer_, table, folder);
  return log.Load(log.latest());
}

// Readers go by the log file's time, so it must grow with the version even when the clock does not.
int64_t Committer::NextTimestampMs(const TableState* base) const {
  return base ? std::max(clock_.NowMs(), base->timestamp_ms + 1) : clock_.NowMs();
}

TableState Committer::PassWinners(const std::string& table, int64_t from,
                                  const Transactor& transactor) const {
  const DeltaLog log(store_, checkpointer_, table, TableFolder(table));
  for (int64_t version = from; version <= log.latest(); ++version) {
    transactor.check_winner(version, log.ReadCommit(version));
  }
  return log.Load(log.latest());
}

int64_t Committer::Publish(const std::string& table, std::optional<TableState> base,
                           const Transactor& transactor) {
  const std::string log_folder = TableFolder(table) + "/_delta_log";
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const TableState* on = base ? &*base : nullptr;
    const int64_t version = on ? on->version + 1 : 0;
    const int64_t timestamp_ms = NextTimestampMs(on);
    std::vector<Action> actions = transactor.plan(on, timestamp_ms);
    const std::string key = StrCat(log_folder, "/", CommitName(version));
    if (store_->PutIfAbsent(key, FormatCommit(actions), timestamp_ms)) {
      TableState state = base ? std::move(*base) : TableState{};
      state.Apply(std::move(actions));
      state.version = version;
      state.timestamp_ms = timestamp_ms;
      if (version > 0 && version % kCheckpointEvery == 0) WriteCheckpoint(table, state);
      return version;
    }
    base = PassWinners(table, version, transactor);
  }
  throw Error(Code::kUnavailable,
              StrCat("table ", table, ": lost ", kAttempts, " races to other writers"),
              "try again when fewer write to it");
}

void Committer::WriteCheckpoint(const std::string& table, const TableState& state) {
  try {
    checkpointer_.Write(TableFolder(table) + "/_delta_log", state,
                        state.timestamp_ms - kKeepTombstonesMs);
  } catch (const Error& error) {
    LogWarning(StrCat("table ", table, ": no checkpoint of version ", state.version, ": ",
                      error.message()));
  }
}

}  // namespace marquee::lake
