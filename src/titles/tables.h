// The files of the titles pipeline as SQL tables, and tables as files. Inside the module only.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lake/sql_step.h"
#include "titles/task.h"

namespace marquee::titles {

// A session with the tables of one task, which go with it. Tables are the engine's: one such object
// lives at a time.
class Tables {
 public:
  explicit Tables(TaskContext& context);
  ~Tables();
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  lake::Session& session() { return *session_; }
  const lake::SqlSteps& steps() const { return steps_; }

  // What titles.checked keeps of long texts: all, or their first letter where only their being
  // there matters.
  enum class Keep { kAll, kFacts };
  // raw.titles and titles.checked of netflix_titles.csv, as tables. Returns the columns that the
  // file lacks.
  std::vector<std::string> OpenRaw(const std::filesystem::path& file, Keep keep);
  // titles.cleaned of netflix_titles_cleaned.csv, with titles.features over it: to be read once.
  void OpenCleaned(const std::filesystem::path& file);
  // titles.features of netflix_titles_features.csv, to be read once.
  void StreamFeatures(const std::filesystem::path& file);
  // The same as a table, with the columns `wanted` and the first letter of director, cast and
  // description; others are null.
  void LoadFeatures(const std::filesystem::path& file, const std::vector<std::string>& wanted);

  // Writes `columns` of the rows `from` as CSV: a header, RFC 4180 quotes, null as nothing. Returns
  // how many.
  int64_t WriteCsv(const std::vector<std::string>& columns, const std::string& from,
                   const std::filesystem::path& file);
  int64_t Count(const std::string& from);

 private:
  void AddFile(const std::string& name, const std::filesystem::path& file,
               const std::vector<std::string>& columns);

  TaskContext& context_;
  const lake::SqlSteps steps_;
  std::unique_ptr<lake::Session> session_;
};

// The columns of a table's file: those of the step but `line`.
std::vector<std::string> FileColumns(const lake::SqlStep& step);

struct LineCounts {
  int64_t lines = 0;
  int64_t unusable = 0;
};
// Counts titles.checked. Throws failed_precondition when there is no line, or a larger share than
// max_reject_share cannot be used: the message and the log tell the reasons and the first lines.
LineCounts CheckLines(Tables& tables, TaskContext& context);

}  // namespace marquee::titles
