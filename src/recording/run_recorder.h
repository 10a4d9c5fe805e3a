// One run while it is recorded. The work comes first: what cannot be recorded is warned of, once,
// and the work goes on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "recording/run_log.h"

namespace marquee {

// Not thread-safe. No call throws what the log throws.
class RunRecorder {
 public:
  // `log` null: nothing is recorded, and every call does nothing. What is passed in must outlive
  // it.
  RunRecorder(RunLog* log, const Clock& clock, const NewRecord& record);
  // Marks the run as failed when nobody ended it.
  ~RunRecorder();
  RunRecorder(const RunRecorder&) = delete;
  RunRecorder& operator=(const RunRecorder&) = delete;

  // "" when it is not recorded.
  const std::string& run_id() const { return run_id_; }
  // "" while all was recorded; else what was not, and why.
  const std::string& problem() const { return problem_; }

  // An entry of the object each; what is no text is written as JSON, objects as "key.inner".
  void AddParams(const Json& params);
  void AddTag(const std::string& key, const std::string& value);
  void AddInputs(std::span<const tracking::DatasetInput> inputs);
  // Written at the latest two seconds later and when the run ends; those that could not be written
  // are tried again.
  void AddMetric(const std::string& key, double value, int64_t step = 0);
  void AddText(const std::string& path, std::string_view text);
  void AddFile(const std::string& path, const std::filesystem::path& file);
  // The files at `path` as the next version of `model`. Nothing when it failed.
  std::optional<int64_t> Register(const std::string& model, const std::string& path,
                                  const std::vector<tracking::Tag>& tags);
  void End(tracking::RunStatus status, std::optional<int64_t> end_ms = {});

 private:
  void Flush();
  template <typename Call>
  bool Try(std::string_view what, const Call& call);

  RunLog* const log_;
  const Clock& clock_;
  std::string run_id_;
  std::string problem_;
  std::vector<tracking::Metric> pending_;
  int64_t flushed_ms_ = 0;
  bool ended_ = false;
};

// Records what `work` does as a run, which ends as finished; as killed when `work` was cancelled
// and as failed, with the tag `error`, when it throws anything else. What it throws goes on.
void RecordRun(RunLog* log, const Clock& clock, const NewRecord& record,
               const std::function<void(RunRecorder&)>& work);

}  // namespace marquee
