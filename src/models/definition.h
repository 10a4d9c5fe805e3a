// What a model type tells the registry of itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/json.h"
#include "models/model.h"

namespace marquee {

class ModelReader;

struct TrainInput {
  const Json& settings;  // resolved: every setting of the type is there, in range
  int threads;
  const Interactions& data;  // not empty
  TrainObserver& observer;

  int Int(std::string_view key) const { return static_cast<int>(settings.At(key).AsInt()); }
  double Double(std::string_view key) const { return settings.At(key).AsDouble(); }
  std::string Text(std::string_view key) const { return settings.GetString(key); }
  uint64_t seed() const { return static_cast<uint64_t>(settings.At("seed").AsInt()); }
};

struct ModelDefinition {
  std::string name;                   // as `--model` names it
  std::string doc;                    // one line
  std::vector<SettingSpec> settings;  // all but seed
  std::unique_ptr<Model> (*train)(const TrainInput& input);
  std::unique_ptr<Model> (*load)(const ModelReader& reader,
                                 std::shared_ptr<const IdDictionary> items);
  bool predicts_ratings = false;  // Model::PredictRatings gives something
  bool has_members = false;       // takes settings of other types: "ials.factors"
};

template <typename T>
std::unique_ptr<Model> LoadAs(const ModelReader& reader,
                              std::shared_ptr<const IdDictionary> items) {
  return T::Load(reader, std::move(items));
}

}  // namespace marquee
