#include "flow/dag_catalogue.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "flow/dag_file.h"
#include "flow/times.h"

namespace marquee::flow {

DagPtr DagSet::Find(std::string_view dag_id) const {
  const auto found = dags.find(dag_id);
  return found == dags.end() ? nullptr : found->second;
}

DagPtr DagSet::Named(std::string_view dag_id) const {
  if (DagPtr dag = Find(dag_id)) return dag;
  std::vector<std::string> ids;
  for (const auto& [id, dag] : dags) ids.push_back(id);
  throw Error(Code::kNotFound, StrCat("no DAG '", dag_id, "'", DidYouMean(dag_id, ids)),
              ids.empty() ? "declare one: docs/flow.md" : "marquee flow dags lists them");
}

DagCatalogue::DagCatalogue(std::vector<DagPtr> built_in, std::filesystem::path folder,
                           const Clock& clock)
    : built_in_(std::move(built_in)), folder_(std::move(folder)), clock_(clock) {
  const std::lock_guard lock(refresh_mutex_);
  ReadChanges();
  current_ = Collect();
}

std::shared_ptr<const DagSet> DagCatalogue::Current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

bool DagCatalogue::Refresh() {
  const std::lock_guard refresh_lock(refresh_mutex_);
  if (!ReadChanges()) return false;
  ++generation_;
  std::shared_ptr<const DagSet> fresh = Collect();
  const std::lock_guard lock(mutex_);
  current_ = std::move(fresh);
  return true;
}

bool DagCatalogue::ReadChanges() {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, ignored)) {
    if (entry.path().extension() == ".toml") {
      files_.try_emplace(entry.path(), File{WatchedFile(entry.path()), nullptr, "", 0});
    }
  }
  bool changed = false;
  for (auto it = files_.begin(); it != files_.end();) {
    File& file = it->second;
    try {
      if (!file.watched.Changed()) {
        ++it;
        continue;
      }
      changed = true;
      if (!file.watched.exists()) {
        it = files_.erase(it);
        continue;
      }
      file.dag = std::make_shared<const Dag>(ReadDagFile(it->first));
      file.error.clear();
    } catch (const Error& error) {
      changed = true;
      file.error = error.message();
      if (!error.hint().empty()) StrAppend(&file.error, " (", error.hint(), ")");
      file.error_us = NowUs(clock_);
    }
    ++it;
  }
  return changed;
}

std::shared_ptr<const DagSet> DagCatalogue::Collect() const {
  auto set = std::make_shared<DagSet>();
  set->generation = generation_;
  set->parsed_us = NowUs(clock_);
  for (const DagPtr& dag : built_in_) set->dags[dag->id] = dag;
  for (const auto& [path, file] : files_) {
    if (!file.error.empty()) set->errors.push_back({path.string(), file.error, file.error_us});
    if (file.dag == nullptr) continue;
    const auto [there, added] = set->dags.try_emplace(file.dag->id, file.dag);
    if (added) continue;
    const std::string other = there->second->file.empty() ? "built in" : there->second->file;
    set->errors.push_back(
        {path.string(),
         StrCat(path.string(), ": the DAG '", file.dag->id, "' is there already: ", other),
         set->parsed_us});
  }
  return set;
}

}  // namespace marquee::flow
