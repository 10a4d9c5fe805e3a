// For tests: a lake in a folder of its own, and what pipelines run with.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/files.h"
#include "pipelines/import.h"

namespace marquee {

inline constexpr int64_t kNow = 1'704'448'800'000;  // 2024-01-05 10:00:00
inline constexpr float kMinRating = 3.5f;

class HomeTest : public testing::Test {
 protected:
  PipelineRun Run() { return {*session_, clock_, progress_, cancel_}; }
  // Loads a CSV file of user, item, rating, timestamp and title.
  void Import(std::string_view csv) {
    const TempDir raw;
    WriteFileAtomic(raw.path() / "ratings.csv", csv);
    ImportOptions options;
    options.reports = home_.path() / "reports" / "quality";
    RunImport(Run(),
              sources::OpenDataset(raw.path() / "ratings.csv", {.source = "csv", .mapping = {}}),
              lake_, options);
  }
  // The one value of a query over the newest versions of the tables.
  std::string Text(const std::string& sql) {
    for (const std::string& table : lake_.Tables()) lake_.CreateView(*session_, table);
    return session_->QueryText(sql);
  }

  TempDir home_;
  ManualClock clock_{kNow};
  NoProgress progress_;
  CancelToken cancel_;
  lake::Engine engine_{lake::EngineOptions{.threads = 1}};
  std::unique_ptr<lake::Session> session_ = engine_.NewSession();
  lake::Lake lake_{home_.path() / "lake", clock_};
};

}  // namespace marquee
