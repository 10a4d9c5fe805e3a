#include <algorithm>
#include <set>
#include <string>

#include "base/text.h"
#include "lake/checkpoint.h"
#include "lake/commit.h"
#include "lake/delta_log.h"
#include "lake/delta_path.h"
#include "lake/lake.h"
#include "storage/object_store.h"

namespace marquee::lake {
namespace {

void AddFiles(const TableState& state, std::set<std::string>* paths) {
  for (const auto& [path, add] : state.files) paths->insert(DecodeLogPath(path));
  for (const auto& [path, removed] : state.tombstones) paths->insert(DecodeLogPath(path));
}

// All files that some version which can still be read had, or had dropped.
std::set<std::string> ListedFiles(const DeltaLog& log) {
  std::set<std::string> listed;
  AddFiles(log.Load(log.oldest()), &listed);
  AddFiles(log.Load(log.latest()), &listed);
  for (const int64_t version : log.commits()) {
    for (const Action& action : log.ReadCommit(version)) {
      if (const auto* add = std::get_if<AddFile>(&action)) listed.insert(DecodeLogPath(add->path));
      if (const auto* gone = std::get_if<RemoveFile>(&action))
        listed.insert(DecodeLogPath(gone->path));
    }
  }
  return listed;
}

}  // namespace

VacuumResult Lake::DropHistory(std::string_view table) {
  const DeltaLog log = OpenLog(table);
  const int64_t newest = log.latest();
  const TableState state = log.Load(newest);
  const std::set<std::string> listed = ListedFiles(log);
  checkpointer_->Write(log.folder(), state, clock_.NowMs());
  VacuumResult result{{}, 0};
  const std::string prefix = TableFolder(table) + "/";
  std::set<std::string> needed;
  for (const auto& [path, add] : state.files) needed.insert(DecodeLogPath(path));
  // The log goes last: a run that died is repeated with the same list.
  for (const std::string& path : listed) {
    if (needed.contains(path)) continue;
    const auto object = store_->Stat(prefix + path);
    if (!object) continue;
    store_->Delete(object->key);
    result.files.push_back(path);
    result.size_bytes += object->size_bytes;
  }
  const std::string log_prefix = log.folder() + "/";
  for (const storage::ObjectInfo& object : store_->List(log_prefix)) {
    const auto version = LogVersionOf(std::string_view(object.key).substr(log_prefix.size()));
    if (version && *version < newest) store_->Delete(object.key);
  }
  return result;
}

}  // namespace marquee::lake
