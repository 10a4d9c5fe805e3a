#include "recording/run_recorder.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace marquee {
namespace {

constexpr int64_t kFlushMs = 2'000;
constexpr size_t kMaxPending = 100'000;
constexpr size_t kMetricsInOne = 1'000;
constexpr size_t kParamsInOne = 100;

void AppendParams(const std::string& prefix, const Json& json, std::vector<tracking::Param>* out) {
  for (const auto& [key, value] : json.AsObject()) {
    if (value.is_object()) {
      AppendParams(StrCat(prefix, key, "."), value, out);
    } else {
      out->push_back({prefix + key, value.is_string() ? value.AsString() : value.Dump()});
    }
  }
}

// The `number`-th so many of `from`.
template <typename T>
std::vector<T> Part(const std::vector<T>& from, size_t number, size_t size) {
  const size_t first = std::min(number * size, from.size());
  const size_t end = std::min(first + size, from.size());
  return {from.begin() + static_cast<std::ptrdiff_t>(first),
          from.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace

std::vector<tracking::LogBatch> PartsOf(const tracking::LogBatch& batch) {
  std::vector<tracking::LogBatch> parts;
  for (size_t n = 0; n * kParamsInOne < std::max(batch.params.size(), batch.tags.size()); ++n) {
    parts.push_back(
        {.params = Part(batch.params, n, kParamsInOne), .tags = Part(batch.tags, n, kParamsInOne)});
  }
  for (size_t n = 0; n * kMetricsInOne < batch.metrics.size(); ++n)
    parts.push_back({.metrics = Part(batch.metrics, n, kMetricsInOne)});
  return parts;
}

std::vector<tracking::Tag> TagsOf(const NewRecord& record) {
  std::vector<tracking::Tag> tags = record.tags;
  if (!record.parent_run_id.empty()) tags.push_back({"mlflow.parentRunId", record.parent_run_id});
  return tags;
}

RunRecorder::RunRecorder(RunLog* log, const Clock& clock, const NewRecord& record)
    : log_(log), clock_(clock), flushed_ms_(clock.NowMs()) {
  if (log_ != nullptr) Try("the run", [&] { run_id_ = log_->Start(record); });
}

RunRecorder::~RunRecorder() {
  if (!ended_) End(tracking::RunStatus::kFailed);
}

template <typename Call>
bool RunRecorder::Try(std::string_view what, const Call& call) {
  try {
    call();
    return true;
  } catch (const std::exception& error) {
    if (problem_.empty()) {
      problem_ = StrCat(what, " is not recorded: ", error.what());
      LogWarning(problem_);
    }
    return false;
  }
}

void RunRecorder::AddParams(const Json& params) {
  if (run_id_.empty()) return;
  tracking::LogBatch batch;
  AppendParams("", params, &batch.params);
  Try("a param", [&] { log_->Log(run_id_, batch); });
}

void RunRecorder::AddTag(const std::string& key, const std::string& value) {
  if (run_id_.empty()) return;
  Try("the tag " + key, [&] { log_->Log(run_id_, {.tags = {{key, value}}}); });
}

void RunRecorder::AddInputs(std::span<const tracking::DatasetInput> inputs) {
  if (run_id_.empty()) return;
  Try("an input", [&] { log_->AddInputs(run_id_, inputs); });
}

void RunRecorder::AddMetric(const std::string& key, double value, int64_t step) {
  if (run_id_.empty() || pending_.size() >= kMaxPending) return;
  const int64_t now_ms = clock_.NowMs();
  pending_.push_back({.key = key, .value = value, .timestamp_ms = now_ms, .step = step});
  if (now_ms - flushed_ms_ >= kFlushMs) Flush();
}

void RunRecorder::Flush() {
  flushed_ms_ = clock_.NowMs();
  if (pending_.empty()) return;
  if (Try("a metric", [&] { log_->Log(run_id_, {.metrics = pending_}); })) pending_.clear();
}

void RunRecorder::AddText(const std::string& path, std::string_view text) {
  if (run_id_.empty()) return;
  Try(path, [&] { log_->AddText(run_id_, path, text); });
}

void RunRecorder::AddFile(const std::string& path, const std::filesystem::path& file) {
  if (run_id_.empty()) return;
  Try(path, [&] { log_->AddFile(run_id_, path, file); });
}

std::optional<int64_t> RunRecorder::Register(const std::string& model, const std::string& path,
                                             const std::vector<tracking::Tag>& tags) {
  std::optional<int64_t> version;
  if (run_id_.empty()) return version;
  Try("the version of " + model, [&] { version = log_->Register(model, run_id_, path, tags); });
  return version;
}

void RunRecorder::End(tracking::RunStatus status, std::optional<int64_t> end_ms) {
  ended_ = true;
  if (run_id_.empty()) return;
  Flush();
  Try("the end of the run", [&] { log_->End(run_id_, status, end_ms.value_or(clock_.NowMs())); });
}

void RecordRun(RunLog* log, const Clock& clock, const NewRecord& record,
               const std::function<void(RunRecorder&)>& work) {
  RunRecorder run(log, clock, record);
  try {
    work(run);
  } catch (const Error& error) {
    const bool cancelled = error.code() == Code::kCancelled;
    if (!cancelled) run.AddTag("error", error.message());
    run.End(cancelled ? tracking::RunStatus::kKilled : tracking::RunStatus::kFailed);
    throw;
  } catch (const std::exception& error) {
    run.AddTag("error", error.what());
    run.End(tracking::RunStatus::kFailed);
    throw;
  }
  run.End(tracking::RunStatus::kFinished);
}

}  // namespace marquee
