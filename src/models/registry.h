// The table of model types: names, options, training and loading by name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/config.h"
#include "base/json.h"
#include "models/model.h"

namespace marquee {

class ModelReader;

struct ModelType {
  std::string name;                      // "ials"
  std::string doc;                       // one line
  std::span<const SettingSpec> options;  // all but seed, which every model takes
  bool predicts_ratings;
  bool has_members;  // combines models of other types, whose settings it takes: "ials.factors"
};

// All types, in the order in which `marquee help` shows them.
std::span<const ModelType> ModelTypes();
// Throws not_found that names the nearest type.
const ModelType& FindModelType(std::string_view name);

struct TrainRequest {
  std::string type;
  std::map<std::string, std::string> settings = {};  // option -> text; the rest are defaults
  uint64_t seed = 1;
  int threads = 1;
};

// The settings in full, checked, as JSON of their own types. Throws invalid_argument: an unknown
// option, naming the nearest and listing all; a value out of range, by name.
Json ResolveSettings(const TrainRequest& request);

// Throws as ResolveSettings; invalid_argument for data without interactions; resource_exhausted,
// with advice, when the model would not fit in memory; cancelled. Same data, settings, seed and
// threads: same bytes when saved.
std::unique_ptr<Model> TrainModel(const TrainRequest& request, const Interactions& data,
                                  TrainObserver& observer);

// Versioned format with checksums, see docs/formats/model.md. Save is atomic. Load throws data_loss
// for a damaged file and failed_precondition for one of a newer version.
void SaveModel(const Model& model, const std::filesystem::path& path);
std::unique_ptr<Model> LoadModel(const std::filesystem::path& path);
// A model inside the file of another.
std::unique_ptr<Model> LoadPart(const ModelReader& part, std::shared_ptr<const IdDictionary> items);
// The same from memory; `name` stands for the path in errors.
std::unique_ptr<Model> LoadModelBytes(std::string_view bytes, std::string_view name);

}  // namespace marquee
