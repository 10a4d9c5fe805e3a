#include "lake/delta_log.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "lake/delta_path.h"

namespace marquee::lake {
namespace {

std::string LogFolder(const std::string& table_folder) { return table_folder + "/_delta_log"; }

std::optional<LogName> NameOf(const storage::ObjectInfo& object, const std::string& folder) {
  return ParseLogName(std::string_view(object.key).substr(folder.size() + 1));
}

}  // namespace

bool DeltaLog::Exists(const storage::ObjectStore& store, const std::string& table_folder) {
  const std::string folder = LogFolder(table_folder);
  const auto objects = store.List(folder + "/");
  return std::any_of(objects.begin(), objects.end(),
                     [&](const auto& object) { return NameOf(object, folder).has_value(); });
}

DeltaLog::DeltaLog(std::shared_ptr<storage::ObjectStore> store, Checkpointer& checkpointer,
                   std::string table, const std::string& table_folder)
    : store_(std::move(store)),
      checkpointer_(checkpointer),
      table_(std::move(table)),
      folder_(LogFolder(table_folder)) {
  for (const storage::ObjectInfo& object : store_->List(folder_ + "/")) AddListed(object);
  DropIncompleteCheckpoints();
  if (!commit_times_.empty() || !checkpoints_.empty()) return;
  if (has_uuid_checkpoint_) {
    throw Error(Code::kFailedPrecondition,
                StrCat("table ", table_,
                       ": reading it needs feature v2Checkpoint, which is not "
                       "supported"));
  }
  throw Error(Code::kNotFound, StrCat("no table ", table_),
              "see what there is: marquee data tables");
}

void DeltaLog::AddListed(const storage::ObjectInfo& object) {
  const auto name = NameOf(object, folder_);
  if (!name) return;
  if (name->kind == LogName::Kind::kCommit) {
    commit_times_[name->version] = object.modified_ms;
  } else if (name->kind == LogName::Kind::kUuidCheckpoint) {
    has_uuid_checkpoint_ = true;
  } else {
    CheckpointFiles& files = checkpoints_[name->version];
    int64_t& parts = checkpoint_parts_[name->version];
    if (name->kind == LogName::Kind::kCheckpoint || parts == 0) {
      files.keys.clear();
      parts = name->parts;
    }
    if (name->parts == parts) files.keys.push_back(object.key);
    files.modified_ms = std::max(files.modified_ms, object.modified_ms);
  }
}

void DeltaLog::DropIncompleteCheckpoints() {
  std::erase_if(checkpoints_, [&](const auto& entry) {
    return static_cast<int64_t>(entry.second.keys.size()) != checkpoint_parts_[entry.first];
  });
}

int64_t DeltaLog::latest() const {
  return std::max(commit_times_.empty() ? -1 : commit_times_.rbegin()->first,
                  checkpoints_.empty() ? -1 : checkpoints_.rbegin()->first);
}

int64_t DeltaLog::oldest() const {
  if (commit_times_.contains(0) || checkpoints_.empty()) return 0;
  return checkpoints_.begin()->first;
}

void DeltaLog::ThrowNotFound(const std::string& wanted) const {
  throw Error(Code::kNotFound, StrCat("table ", table_, ": no version ", wanted),
              StrCat("it has versions ", oldest(), " to ", latest(), ", from ",
                     FormatUtc(TimestampMs(oldest())), " to ", FormatUtc(TimestampMs(latest()))));
}

int64_t DeltaLog::Resolve(const At& at) const {
  if (at.version) {
    if (*at.version < oldest() || *at.version > latest()) ThrowNotFound(StrCat(*at.version));
    return *at.version;
  }
  if (!at.timestamp_ms) return latest();
  for (int64_t version = latest(); version >= oldest(); --version) {
    if (TimestampMs(version) <= *at.timestamp_ms) return version;
  }
  ThrowNotFound(StrCat("at ", FormatUtc(*at.timestamp_ms)));
}

int64_t DeltaLog::TimestampMs(int64_t version) const {
  if (const auto commit = commit_times_.find(version); commit != commit_times_.end()) {
    return commit->second;
  }
  const auto checkpoint = checkpoints_.find(version);
  return checkpoint == checkpoints_.end() ? 0 : checkpoint->second.modified_ms;
}

std::vector<int64_t> DeltaLog::commits() const {
  std::vector<int64_t> versions;
  for (const auto& [version, time] : commit_times_) versions.push_back(version);
  return versions;
}

std::string DeltaLog::Key(int64_t version) const {
  return StrCat(folder_, "/", CommitName(version));
}

std::vector<Action> DeltaLog::ReadCommit(int64_t version) const {
  const std::string file = StrCat("table ", table_, ": _delta_log/", CommitName(version));
  std::string bytes;
  try {
    bytes = store_->Get(Key(version));
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    throw Error(Code::kDataLoss, StrCat(file, " is missing"));
  }
  return ParseCommit(bytes, file);
}

std::optional<int64_t> DeltaLog::FirstMissing(int64_t first, int64_t last) const {
  for (int64_t version = first; version <= last; ++version) {
    if (!commit_times_.contains(version)) return version;
  }
  return std::nullopt;
}

TableState DeltaLog::Replay(TableState start, int64_t version) const {
  for (int64_t next = start.version + 1; next <= version; ++next) start.Apply(ReadCommit(next));
  start.version = version;
  start.timestamp_ms = TimestampMs(version);
  CheckState(start);
  return start;
}

void DeltaLog::CheckState(const TableState& state) const {
  if (!state.protocol || !state.metadata) {
    throw Error(Code::kDataLoss,
                StrCat("table ", table_, ": _delta_log has no ",
                       state.protocol ? "metaData" : "protocol", " up to version ", state.version));
  }
  try {
    CheckReadable(*state.protocol, *state.metadata);
  } catch (const Error& error) {
    throw error.WithContext(StrCat("table ", table_));
  }
}

TableState DeltaLog::LoadFromOldestCommit(int64_t version) const {
  if (const auto missing = FirstMissing(0, version)) {
    if (has_uuid_checkpoint_ && *missing == 0) {
      throw Error(Code::kFailedPrecondition,
                  StrCat("table ", table_,
                         ": reading it needs feature v2Checkpoint, which is not "
                         "supported"));
    }
    throw Error(Code::kDataLoss,
                StrCat("table ", table_, ": _delta_log/", CommitName(*missing), " is missing"));
  }
  return Replay(TableState{}, version);
}

TableState DeltaLog::Load(int64_t version) const {
  for (auto it = checkpoints_.upper_bound(version); it != checkpoints_.begin();) {
    --it;
    if (FirstMissing(it->first + 1, version)) break;
    TableState state;
    state.version = it->first;
    try {
      state.Apply(checkpointer_.Read(it->second.keys));
    } catch (const Error& error) {
      const bool other_way = it != checkpoints_.begin() || !FirstMissing(0, version);
      if (error.code() != Code::kDataLoss || !other_way) {
        throw error.WithContext(StrCat("table ", table_));
      }
      LogWarning(StrCat("table ", table_, ": passing over a broken checkpoint: ", error.message()));
      continue;
    }
    return Replay(std::move(state), version);
  }
  return LoadFromOldestCommit(version);
}

}  // namespace marquee::lake
