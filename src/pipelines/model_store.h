// Trained models on disk, by type and version, and which of them answers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "lake/lake.h"
#include "models/model.h"

namespace marquee {

struct ModelVersion {
  std::string type;
  int64_t version;
  std::string name() const;  // "ials v3"
  bool operator==(const ModelVersion&) const = default;
};

// What is recorded with a model: enough to train the same bytes again.
struct ModelManifest {
  ModelVersion id;
  Json settings;  // resolved, seed included
  int threads = 1;
  std::vector<lake::TableVersion> data;  // what it was trained on
  Json metrics;                          // of its evaluation; null when there was none
  Json evaluation = {};                  // EvaluateResult::ToJson of it; null when there was none
  std::string run_id = {};               // that recorded the training; "" when none did
  std::string created;                   // UTC
  std::string code_version;
};

// Whether its file holds rows of people: of user-knn, and of models with such a member.
bool KeepsPeople(const ModelManifest& manifest);

// Which versions serve: the champion answers, `fallback` (a most-popular) answers for users without
// history.
struct Published {
  ModelVersion champion;
  ModelVersion fallback;
  std::optional<ModelVersion> previous;  // the champion before this one
};

// The folder <root>/<type>/v<N>/ per version: model.bin (docs/formats/model.md), manifest.json and
// MODEL_CARD.md; <root>/published.json. A version appears whole, by one rename, and changes by
// MoveData and SetRun alone; several processes may add and read at once.
class ModelStore {
 public:
  ModelStore(std::filesystem::path root, const Clock& clock);

  // Saves as the next version of its type; fills in id, created and code_version. Throws what
  // SaveModel throws.
  ModelManifest Add(const Model& model, ModelManifest manifest);
  // All versions, types in order of name, the newest version first.
  std::vector<ModelManifest> List() const;
  // `version` < 0: the newest. Throws not_found, naming what there is.
  ModelManifest Find(std::string_view type, int64_t version) const;
  // "ials", its newest version, or "ials v3". Throws not_found, invalid_argument.
  ModelVersion Named(std::string_view name) const;
  // Of its model.bin.
  int64_t Bytes(const ModelVersion& id) const;
  // Throws what LoadModel throws, and not_found.
  std::unique_ptr<Model> Load(const ModelVersion& id) const;

  // The manifests name `version` of `table` where they named an older one: what was erased since is
  // gone from the older ones. Gives how many changed.
  int MoveData(std::string_view table, int64_t version);
  // Notes the run that recorded the version.
  void SetRun(const ModelVersion& id, const std::string& run_id);
  // The folder with its files: model.bin, manifest.json, MODEL_CARD.md.
  std::filesystem::path Folder(const ModelVersion& id) const;
  // Deletes a version. REQUIRES: it is not published.
  void Delete(const ModelVersion& id);

  // Replaces what is published, atomically. REQUIRES: both versions exist.
  void Publish(const ModelVersion& champion, const ModelVersion& fallback);
  // Nothing before the first Publish.
  std::optional<Published> ReadPublished() const;
  // What Publish writes.
  std::filesystem::path published_file() const { return root_ / "published.json"; }

 private:
  int64_t NewestVersion(std::string_view type) const;

  std::filesystem::path root_;
  const Clock& clock_;
};

}  // namespace marquee
