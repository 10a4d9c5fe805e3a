#include "recording/store_run_log.h"

#include <fstream>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "tracking/artifact_path.h"

namespace marquee {
namespace {

constexpr size_t kBlockBytes = 1 << 20;

// Several processes may make the experiment at once.
int64_t ExperimentNamed(tracking::TrackingStore& runs, const std::string& name) {
  if (const auto found = runs.FindExperiment(name)) return found->id;
  try {
    return runs.CreateExperiment({.name = name});
  } catch (const Error& error) {
    if (error.code() != Code::kAlreadyExists) throw;
    return runs.FindExperiment(name).value().id;
  }
}

}  // namespace

StoreRunLog::StoreRunLog(tracking::TrackingStore& runs, tracking::ModelRegistry& registry,
                         tracking::ArtifactStore& artifacts, std::string user)
    : runs_(runs), registry_(registry), artifacts_(artifacts), user_(std::move(user)) {}

std::string StoreRunLog::Start(const NewRecord& record) {
  return runs_
      .CreateRun({.experiment_id = ExperimentNamed(runs_, record.experiment),
                  .name = record.name,
                  .user_id = user_,
                  .start_ms = record.start_ms,
                  .tags = TagsOf(record)})
      .info.run_id;
}

void StoreRunLog::Log(const std::string& run_id, const tracking::LogBatch& batch) {
  for (const tracking::LogBatch& part : PartsOf(batch)) runs_.Log(run_id, part);
}

void StoreRunLog::AddInputs(const std::string& run_id,
                            std::span<const tracking::DatasetInput> inputs) {
  runs_.LogInputs(run_id, inputs, {});
}

std::string StoreRunLog::ArtifactPath(const std::string& run_id, const std::string& path) {
  return StrCat(tracking::PathOfArtifactUri(runs_.GetRun(run_id).info.artifact_uri), "/", path);
}

void StoreRunLog::AddText(const std::string& run_id, const std::string& path,
                          std::string_view text) {
  const auto file = artifacts_.Create(ArtifactPath(run_id, path));
  file->Write(text);
  file->Commit();
}

void StoreRunLog::AddFile(const std::string& run_id, const std::string& path,
                          const std::filesystem::path& file) {
  std::ifstream source(file, std::ios::binary);
  if (!source) throw Error(Code::kNotFound, StrCat("cannot read ", file.string()));
  const auto copy = artifacts_.Create(ArtifactPath(run_id, path));
  std::string block(kBlockBytes, '\0');
  while (source.read(block.data(), static_cast<std::streamsize>(block.size())) ||
         source.gcount() > 0)
    copy->Write(std::string_view(block).substr(0, static_cast<size_t>(source.gcount())));
  copy->Commit();
}

void StoreRunLog::End(const std::string& run_id, tracking::RunStatus status,
                      std::optional<int64_t> end_ms) {
  runs_.UpdateRun(run_id, {.status = status, .end_ms = end_ms});
}

int64_t StoreRunLog::Register(const std::string& model, const std::string& run_id,
                              const std::string& path, const std::vector<tracking::Tag>& tags) {
  try {
    registry_.CreateModel({.name = model});
  } catch (const Error& error) {
    if (error.code() != Code::kAlreadyExists) throw;
  }
  const std::string source = StrCat(runs_.GetRun(run_id).info.artifact_uri, "/", path);
  return registry_
      .CreateVersion(
          {.name = model, .source = source, .run_id = run_id, .user_id = user_, .tags = tags})
      .version;
}

std::optional<int64_t> StoreRunLog::FindVersion(const std::string& model,
                                                const std::string& run_id) {
  const auto found = registry_.SearchVersions(
      {.filter = StrCat("name = '", model, "' AND run_id = '", run_id, "'"),
       .order_by = {"version_number DESC"},
       .max_results = 1});
  if (found.items.empty()) return std::nullopt;
  return found.items[0].version;
}

void StoreRunLog::SetAlias(const std::string& model, const std::string& alias, int64_t version) {
  registry_.SetAlias(model, alias, version);
}

std::optional<RegisteredVersion> StoreRunLog::FindAlias(const std::string& model,
                                                        const std::string& alias) {
  try {
    const tracking::ModelVersion found = registry_.VersionOfAlias(model, alias);
    return RegisteredVersion{found.version, found.run_id};
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound && error.code() != Code::kInvalidArgument) throw;
    return std::nullopt;
  }
}

}  // namespace marquee
