// The files of the titles pipeline: how they appear whole, are dated, and go. Inside the module
// only.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace marquee::titles {

inline constexpr char kTitlesFile[] = "netflix_titles.csv";
inline constexpr char kCleanedFile[] = "netflix_titles_cleaned.csv";
inline constexpr char kFeaturesFile[] = "netflix_titles_features.csv";
inline constexpr char kMoviesFile[] = "netflix_movies.csv";
inline constexpr char kShowsFile[] = "netflix_tv_shows.csv";
inline constexpr char kIngestionReport[] = "ingestion_report.txt";
inline constexpr char kProcessingReport[] = "processing_report.txt";
inline constexpr char kComprehensiveReport[] = "comprehensive_report.json";
inline constexpr char kPipelineSummary[] = "pipeline_summary.json";
inline constexpr char kReportPage[] = "report.html";

void MakeFolder(const std::filesystem::path& folder);
// Throws not_found that names the task to run first.
void RequireFile(const std::filesystem::path& file, std::string_view made_by);

// A name beside `path` that says whose it is: what stands there goes with the object, or with
// RemoveLeftovers after a crash.
class Temporary {
 public:
  explicit Temporary(const std::filesystem::path& path);
  ~Temporary();
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_;
};

// Lets `write` make a file beside `path` and then puts it there, synced: readers see the old file
// or the new one. When `write` throws nothing is left.
void WriteWhole(const std::filesystem::path& path,
                const std::function<void(const std::filesystem::path& temporary)>& write);
// The same for a folder of copies of `files`. Throws already_exists when it is there.
void CopyWhole(const std::vector<std::filesystem::path>& files,
               const std::filesystem::path& folder);
// As WriteFileAtomic and ReadFile; what a task reads and writes is told to base/dataset_log.h.
void WriteDocument(const std::filesystem::path& path, std::string_view text);
std::string ReadDocument(const std::filesystem::path& path);

// Removes what processes that live no more left half-written; returns what was removed.
std::vector<std::filesystem::path> RemoveLeftovers(const std::filesystem::path& folder);

// "20240105_103000", UTC. Below `folder` the first that is not there yet: a second later when two
// come in one second.
std::string StampFor(const std::filesystem::path& folder, const Clock& clock);
// Removes subfolders with a stamp more than `days` before now; 0 keeps all. Returns what was
// removed.
std::vector<std::filesystem::path> RemoveStamped(const std::filesystem::path& folder, int days,
                                                 const Clock& clock);

}  // namespace marquee::titles
