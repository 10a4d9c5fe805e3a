// What the tasks of the titles DAGs work with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/progress.h"
#include "lake/engine.h"

namespace marquee::titles {

struct TitlesSettings {
  std::filesystem::path data;      // netflix_titles.csv and what is made of it
  std::filesystem::path analysis;  // documents, charts, the page, archives
  std::filesystem::path backup;    // a folder YYYYMMDD_HHMMSS a load
  // A path, a URL, or "kaggle:owner/name"; "": that of `kaggle_dataset` where there are
  // credentials, otherwise the file that is there.
  std::string source{};
  std::string kaggle_url = "https://www.kaggle.com/api/v1";
  std::string kaggle_dataset = "shivamb/netflix-shows";
  std::string
      notify_url{};     // gets the summary of each run of the master pipeline, as JSON; "": none
  int backup_days = 7;  // older backups and archives are removed; 0 keeps all
  double max_reject_share = 0.05;  // a larger share of lines that cannot be used fails the run
};

// One run of one task. `engine` is asked for only by tasks that use SQL.
struct TaskContext {
  const TitlesSettings& settings;
  std::function<lake::Engine&()> engine;
  const Clock& clock;
  Progress& progress;
  const CancelToken& cancel;
  std::function<void(std::string_view)> say;    // a line of the task's log
  std::function<const char*(const char*)> env;  // looks up an environment variable
  Json conf = Json::MakeObject();               // of the run; "source" goes before the setting
  std::string date{};                           // of the run: "2024-01-05"
  std::string run_id{};

  std::string Source() const { return conf.GetString("source", settings.source); }
};

}  // namespace marquee::titles
