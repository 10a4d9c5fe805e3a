#include "pipelines/model_store.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/check.h"
#include "base/dataset_log.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/text.h"
#include "base/version.h"
#include "models/registry.h"
#include "pipelines/model_card.h"

namespace marquee {
namespace {

namespace fs = std::filesystem;

Json ToJson(const ModelVersion& id) {
  return Json::MakeObject({{"type", id.type}, {"version", id.version}});
}

ModelVersion VersionFromJson(const Json& json) {
  return {json.At("type").AsString(), json.At("version").AsInt()};
}

Json ToJson(const ModelManifest& manifest) {
  Json data = Json::MakeArray();
  for (const lake::TableVersion& input : manifest.data) {
    data.Append(Json::MakeObject({{"table", input.table}, {"version", input.version}}));
  }
  return Json::MakeObject({{"type", manifest.id.type},
                           {"version", manifest.id.version},
                           {"settings", manifest.settings},
                           {"threads", manifest.threads},
                           {"data", data},
                           {"metrics", manifest.metrics},
                           {"evaluation", manifest.evaluation},
                           {"run_id", manifest.run_id},
                           {"created", manifest.created},
                           {"code_version", manifest.code_version}});
}

ModelManifest ManifestFromJson(const Json& json) {
  ModelManifest manifest;
  manifest.id = VersionFromJson(json);
  manifest.settings = json.At("settings");
  manifest.threads = static_cast<int>(json.GetInt("threads", 1));
  for (const Json& input : json.At("data").AsArray()) {
    manifest.data.push_back({input.At("table").AsString(), input.At("version").AsInt()});
  }
  manifest.metrics = json.At("metrics");
  if (const Json* evaluation = json.Find("evaluation")) manifest.evaluation = *evaluation;
  manifest.run_id = json.GetString("run_id");
  manifest.created = json.GetString("created");
  manifest.code_version = json.GetString("code_version");
  return manifest;
}

void Describe(const ModelManifest& manifest, const fs::path& folder) {
  WriteFileAtomic(folder / "manifest.json", ToJson(manifest).Pretty());
  WriteFileAtomic(folder / "MODEL_CARD.md", ModelCard(manifest));
}

// Reads a JSON file of ours; a broken one is data_loss, named.
Json ReadOwnJson(const fs::path& path) {
  try {
    return Json::Parse(ReadFile(path));
  } catch (const Error& error) {
    if (error.code() != Code::kInvalidArgument) throw;
    throw Error(Code::kDataLoss, StrCat(path.string(), ": ", error.message()),
                "delete the file and train again");
  }
}

// N of "v<N>", or 0.
int64_t VersionOfFolder(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name.starts_with("v") ? ParseInt(std::string_view(name).substr(1)).value_or(0) : 0;
}

// All versions of a type under one name.
Dataset DatasetOf(const fs::path& root, const ModelVersion& id) {
  Dataset dataset = DatasetAt(root / id.type);
  dataset.version = id.version;
  return dataset;
}

// A folder that is filled before it gets its name; deleted when it never does.
class UnnamedFolder {
 public:
  explicit UnnamedFolder(const fs::path& parent) : path_(parent / StrCat(".tmp-", NewRunId())) {
    std::error_code error;
    fs::create_directories(path_, error);
    if (error) ThrowFileError(error.value(), "create", path_);
  }
  ~UnnamedFolder() {
    std::error_code ignored;  // what stays behind has a name that List passes over
    fs::remove_all(path_, ignored);
  }
  UnnamedFolder(const UnnamedFolder&) = delete;
  UnnamedFolder& operator=(const UnnamedFolder&) = delete;
  const fs::path& path() const { return path_; }

  // False when another took the name first.
  bool Rename(const fs::path& name) const {
    if (std::rename(path_.c_str(), name.c_str()) == 0) return true;
    if (errno == EEXIST || errno == ENOTEMPTY) return false;
    ThrowFileError(errno, "create", name);
  }

 private:
  fs::path path_;
};

}  // namespace

std::string ModelVersion::name() const { return StrCat(type, " v", version); }

bool KeepsPeople(const ModelManifest& manifest) {
  constexpr std::string_view kType = "user-knn";
  return manifest.id.type == kType || manifest.settings.Dump().find(kType) != std::string::npos;
}

ModelStore::ModelStore(fs::path root, const Clock& clock) : root_(std::move(root)), clock_(clock) {}

ModelManifest ModelStore::Add(const Model& model, ModelManifest manifest) {
  manifest.id.type = model.type();
  manifest.created = FormatUtc(clock_.NowMs());
  manifest.code_version = Version();
  const UnnamedFolder folder(root_ / manifest.id.type);
  SaveModel(model, folder.path() / "model.bin");
  for (int64_t version = NewestVersion(manifest.id.type) + 1;; ++version) {
    manifest.id.version = version;
    Describe(manifest, folder.path());
    if (folder.Rename(Folder(manifest.id))) break;
  }
  SyncFolder(root_ / manifest.id.type);
  Dataset dataset = DatasetOf(root_, manifest.id);
  dataset.size_bytes = Bytes(manifest.id);
  NoteOutput(dataset);
  return manifest;
}

std::vector<ModelManifest> ModelStore::List() const {
  std::vector<ModelManifest> manifests;
  if (!fs::exists(root_)) return manifests;
  for (const auto& type : fs::directory_iterator(root_)) {
    if (!type.is_directory()) continue;
    for (const auto& folder : fs::directory_iterator(type.path())) {
      if (VersionOfFolder(folder.path()) == 0) continue;
      manifests.push_back(ManifestFromJson(ReadOwnJson(folder.path() / "manifest.json")));
    }
  }
  std::sort(manifests.begin(), manifests.end(), [](const auto& a, const auto& b) {
    return std::pair(a.id.type, -a.id.version) < std::pair(b.id.type, -b.id.version);
  });
  return manifests;
}

ModelManifest ModelStore::Find(std::string_view type, int64_t version) const {
  const ModelVersion id{std::string(type), version < 0 ? NewestVersion(type) : version};
  const fs::path manifest = Folder(id) / "manifest.json";
  if (id.version > 0 && fs::exists(manifest)) return ManifestFromJson(ReadOwnJson(manifest));
  std::vector<std::string> known;
  for (const ModelManifest& found : List()) known.push_back(found.id.name());
  throw Error(Code::kNotFound,
              version < 0 ? StrCat("no trained model ", type) : StrCat("no model ", id.name()),
              known.empty() ? "train one with: marquee train --model NAME"
                            : "there are: " + Join(known, ", "));
}

ModelVersion ModelStore::Named(std::string_view name) const {
  const size_t blank = name.find(' ');
  if (blank == std::string_view::npos) return Find(name, -1).id;
  const std::string_view version = name.substr(blank + 1);
  const auto number = version.starts_with("v") ? ParseInt(version.substr(1)) : std::nullopt;
  if (!number || *number < 1) {
    throw Error(Code::kInvalidArgument, StrCat("model '", name, "': must be NAME or NAME vN"),
                "like: ials v3");
  }
  return Find(name.substr(0, blank), *number).id;
}

int64_t ModelStore::Bytes(const ModelVersion& id) const {
  Find(id.type, id.version);
  return static_cast<int64_t>(fs::file_size(Folder(id) / "model.bin"));
}

std::unique_ptr<Model> ModelStore::Load(const ModelVersion& id) const {
  Find(id.type, id.version);
  NoteInput(DatasetOf(root_, id));
  return LoadModel(Folder(id) / "model.bin");
}

int ModelStore::MoveData(std::string_view table, int64_t version) {
  int moved = 0;
  for (ModelManifest& manifest : List()) {
    bool changed = false;
    for (lake::TableVersion& input : manifest.data) {
      if (input.table != table || input.version >= version) continue;
      input.version = version;
      changed = true;
    }
    if (!changed) continue;
    Describe(manifest, Folder(manifest.id));
    ++moved;
  }
  return moved;
}

void ModelStore::SetRun(const ModelVersion& id, const std::string& run_id) {
  ModelManifest manifest = Find(id.type, id.version);
  manifest.run_id = run_id;
  Describe(manifest, Folder(id));
}

void ModelStore::Delete(const ModelVersion& id) { fs::remove_all(Folder(id)); }

void ModelStore::Publish(const ModelVersion& champion, const ModelVersion& fallback) {
  Find(champion.type, champion.version);
  Find(fallback.type, fallback.version);
  Json json = Json::MakeObject({{"champion", ToJson(champion)}, {"fallback", ToJson(fallback)}});
  if (const std::optional<Published> old = ReadPublished()) {
    json["previous"] =
        old->champion == champion && old->previous ? ToJson(*old->previous) : ToJson(old->champion);
  }
  WriteFileAtomic(published_file(), json.Pretty());
}

std::optional<Published> ModelStore::ReadPublished() const {
  if (!fs::exists(published_file())) return std::nullopt;
  const Json json = ReadOwnJson(published_file());
  Published published{
      VersionFromJson(json.At("champion")), VersionFromJson(json.At("fallback")), {}};
  if (const Json* previous = json.Find("previous")) published.previous = VersionFromJson(*previous);
  return published;
}

fs::path ModelStore::Folder(const ModelVersion& id) const {
  return root_ / id.type / StrCat("v", id.version);
}

int64_t ModelStore::NewestVersion(std::string_view type) const {
  int64_t newest = 0;
  std::error_code missing;  // no folder yet: no version
  for (const auto& folder : fs::directory_iterator(root_ / type, missing)) {
    newest = std::max(newest, VersionOfFolder(folder.path()));
  }
  return newest;
}

}  // namespace marquee
