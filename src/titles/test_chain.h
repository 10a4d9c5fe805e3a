// For tests: the tasks of the three DAGs, one after another, in a folder of their own.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "titles/dags.h"

namespace marquee::titles {

class TitlesHome {
 public:
  explicit TitlesHome(const std::string& source = {})
      : settings_{.data = dir_.path() / "data",
                  .analysis = dir_.path() / "analysis",
                  .backup = dir_.path() / "backup",
                  .source = source} {}

  const TitlesSettings& settings() const { return settings_; }
  TitlesSettings& settings() { return settings_; }
  ManualClock& clock() { return clock_; }
  CancelToken& cancel() { return cancel_; }
  lake::Engine& engine() { return engine_; }
  // What the tasks have said, a line each.
  const std::string& log() const { return log_; }

  void Run(const std::string& dag, const std::string& task) {
    TaskContext context{.settings = settings_,
                        .engine = [this]() -> lake::Engine& { return engine_; },
                        .clock = clock_,
                        .progress = progress_,
                        .cancel = cancel_,
                        .say = [this](std::string_view line) { log_.append(line).append("\n"); },
                        .env = [](const char*) -> const char* { return nullptr; },
                        .date = "2024-01-05",
                        .run_id = "test"};
    RunTask(dag, task, context);
  }
  // The tasks in order; those that trigger a DAG run it.
  void RunDag(const std::string& dag) {
    for (const TaskDefinition& task : DagNamed(dag).tasks) {
      if (task.triggers.empty()) {
        Run(dag, task.id);
      } else {
        RunDag(task.triggers);
      }
    }
  }

  std::filesystem::path Write(const std::string& name, const std::string& text) {
    WriteFileAtomic(dir_.path() / name, text);
    return dir_.path() / name;
  }
  std::string Data(const std::string& name) const { return ReadFile(settings_.data / name); }
  Json Analysis(const std::string& name) const {
    return Json::Parse(ReadFile(settings_.analysis / (name + ".json")));
  }

 private:
  TempDir dir_;
  TitlesSettings settings_;
  ManualClock clock_{1'704'450'600'000};  // 2024-01-05T10:30:00Z
  NoProgress progress_;
  CancelToken cancel_;
  lake::Engine engine_{lake::EngineOptions{}};
  std::string log_;
};

// The real file, where it lies beside the project; it may be missing.
inline std::filesystem::path RealTitles() {
  const char* shared = std::getenv("MARQUEE_SHARED");
  return std::filesystem::path(shared == nullptr ? "../shared" : shared) /
         "data/netflix-titles/netflix_titles.csv";
}

inline constexpr char kTitlesHeader[] =
    "show_id,type,title,director,cast,country,date_added,release_year,rating,duration,listed_in,"
    "description\n";

// Four titles, with the defects of real ones.
inline std::string FewTitles() {
  return std::string(kTitlesHeader) +
         "s1,Movie,Café  Nights,Ann,\"Bob, Cy\",\"France, Spain\",\" September 25, 2020\",2019,R,"
         "90 min,\"Dramas, Music\",\"A \"\"good\"\" film.\"\n"
         "s2,TV Show,Home,,Di,India,\"August 1, 2021\",2021,TV-Y,2 Seasons,Kids' TV,For kids.\n"
         "s3,Movie,Louis,Lou,Lou,United States,\"April 4, 2017\",2017,74 min,,Stand-Up "
         "Comedy,Talk.\n"
         "s4,Movie,Later,,,\", South Korea\",\"May 3, 2016\",2017,PG-13,100 min,Dramas,Early.\n";
}

}  // namespace marquee::titles
