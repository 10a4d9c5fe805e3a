// The alias "champion" of the registered model, and what is published: kept the same, whichever of
// the two is changed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "pipelines/model_store.h"
#include "pipelines/run_record.h"

namespace marquee {

// What is published serves; the alias is how clients of MLflow see it, and change it. champion.json
// beside published.json notes for which model the alias was put last: while that is published, a
// difference is somebody else's wish. Not thread-safe; several processes may each have one.
class ChampionAlias {
 public:
  // REQUIRES: recording.log.
  ChampionAlias(Recording recording, ModelStore& store);

  // Gives the alias to what is published, which is registered first where it is not yet. Throws
  // what RunLog throws, and then nothing is noted: the next Point or Follow does it.
  void Point();
  // The version that the alias was moved to since, told once a move: it is to be published. Nothing
  // when it was not moved; the alias then stands with what is published. Throws as Point does, and
  // not_found, once a move, when the alias names a model that this home does not have. One request
  // where nothing changed.
  std::optional<ModelVersion> Follow();
  // At the last Follow the alias named another version than the one that is published.
  bool apart() const { return told_.has_value(); }

 private:
  std::optional<ModelVersion> ReadNote() const;

  const Recording recording_;
  ModelStore& store_;
  const std::filesystem::path note_;
  std::optional<int64_t> told_;  // the move that Follow told, until the two are the same
};

}  // namespace marquee
