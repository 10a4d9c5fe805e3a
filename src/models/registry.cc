#include "models/registry.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"
#include "models/autoencoder.h"
#include "models/bayesian_fm.h"
#include "models/biased_mf.h"
#include "models/bpr.h"
#include "models/definition.h"
#include "models/ease.h"
#include "models/ensemble.h"
#include "models/hybrid.h"
#include "models/ials.h"
#include "models/item_content.h"
#include "models/item_knn.h"
#include "models/markov.h"
#include "models/model_file.h"
#include "models/ncf.h"
#include "models/popular.h"
#include "models/ranker.h"
#include "models/rp3beta.h"
#include "models/sequence.h"
#include "models/slim.h"
#include "models/svdpp.h"
#include "models/training.h"
#include "models/user_knn.h"

namespace marquee {
namespace {

using Type = SettingSpec::Type;

// In the order in which the help shows them.
const std::vector<const ModelDefinition*>& Definitions() {
  static const std::vector<const ModelDefinition*> definitions = {
      &IalsDefinition(),        &EaseDefinition(),     &BprDefinition(),
      &HybridDefinition(),      &SlimDefinition(),     &Rp3BetaDefinition(),
      &ItemKnnDefinition(),     &UserKnnDefinition(),  &MarkovDefinition(),
      &ItemContentDefinition(), &BiasedMfDefinition(), &SvdppDefinition(),
      &BayesianFmDefinition(),  &SequenceDefinition(), &AutoencoderDefinition(),
      &NcfDefinition(),         &PopularDefinition(),  &EnsembleDefinition(),
      &RankerDefinition(),
  };
  return definitions;
}

const std::vector<ModelType>& Types() {
  static const std::vector<ModelType> types = [] {
    std::vector<ModelType> built;
    for (const ModelDefinition* one : Definitions())
      built.push_back(
          {one->name, one->doc, one->settings, one->predicts_ratings, one->has_members});
    return built;
  }();
  return types;
}

const ModelDefinition& DefinitionOf(const ModelType& type) {
  return *Definitions()[static_cast<size_t>(&type - Types().data())];
}

const SettingSpec& SeedSpec() {
  static const SettingSpec spec = {
      "seed", Type::kInt,        "1", "the start of every random choice: same seed, same model",
      0,      9007199254740992.0};
  return spec;
}

// All settings of a type, seed last.
std::vector<const SettingSpec*> SettingsOf(const ModelType& type) {
  std::vector<const SettingSpec*> specs;
  for (const SettingSpec& spec : type.options) specs.push_back(&spec);
  specs.push_back(&SeedSpec());
  return specs;
}

// The setting that `key`, "ials.factors", means in a type with members; null when it means none.
const SettingSpec* MemberSetting(const ModelType& type, const std::string& key) {
  const size_t dot = key.find('.');
  if (!type.has_members || dot == std::string::npos) return nullptr;
  for (const ModelType& member : Types()) {
    if (member.name != key.substr(0, dot)) continue;
    for (const SettingSpec& spec : member.options) {
      if (spec.key == key.substr(dot + 1)) return &spec;
    }
  }
  return nullptr;
}

void RequireKnownSettings(const TrainRequest& request, const ModelType& type) {
  std::vector<std::string> names;
  for (const SettingSpec* spec : SettingsOf(type)) names.push_back(spec->key);
  for (const auto& [key, text] : request.settings) {
    if (std::find(names.begin(), names.end(), key) != names.end()) continue;
    if (MemberSetting(type, key) != nullptr) continue;
    throw Error(Code::kInvalidArgument,
                StrCat("unknown setting '", key, "' of model ", type.name, DidYouMean(key, names)),
                StrCat(type.name, " takes: ", Join(names, ", ")));
  }
}

[[noreturn]] void RefuseValue(const SettingSpec& spec, const std::string& found,
                              const std::string& wanted) {
  throw Error(Code::kInvalidArgument, StrCat(spec.key, " is ", found, ": must be ", wanted),
              StrCat(spec.key, ": ", spec.doc));
}

void RequireInRange(const SettingSpec& spec, const std::string& text, double value) {
  if (value < spec.min || value > spec.max)
    RefuseValue(spec, text, StrCat(spec.min, " to ", spec.max));
}

Json ParseSetting(const SettingSpec& spec, const std::string& text) {
  if (spec.type == Type::kText) {
    const auto& choices = spec.choices;
    if (choices.empty() || std::find(choices.begin(), choices.end(), text) != choices.end())
      return Json(text);
    RefuseValue(spec, "'" + text + "'", "one of: " + Join(choices, ", "));
  }
  MARQUEE_CHECK(spec.type == Type::kInt || spec.type == Type::kNumber);
  if (spec.type == Type::kInt) {
    const std::optional<int64_t> value = ParseInt(text);
    if (!value) RefuseValue(spec, "'" + text + "'", "a whole number");
    RequireInRange(spec, text, static_cast<double>(*value));
    return Json(*value);
  }
  const std::optional<double> value = ParseDouble(text);
  if (!value) RefuseValue(spec, "'" + text + "'", "a number");
  RequireInRange(spec, text, *value);
  return Json(*value);
}

std::unique_ptr<Model> LoadFrom(const ModelReader& reader, std::string_view name) {
  const auto& types = Types();
  const auto type = std::find_if(types.begin(), types.end(), [&](const ModelType& candidate) {
    return candidate.name == reader.model_type();
  });
  if (type == types.end()) {
    throw Error(Code::kFailedPrecondition,
                StrCat("model file ", name, " holds a model of type '", reader.model_type(),
                       "', which this program does not know"),
                "use the program that wrote it, or train one of the types of `marquee help train`");
  }
  auto items = std::make_shared<IdDictionary>();
  for (const std::string& id : reader.Strings("items")) {
    const int32_t expected = items->size();
    if (items->Add(id) != expected) reader.Refuse(StrCat("item '", id, "' is there twice"));
  }
  return DefinitionOf(*type).load(reader, std::move(items));
}

}  // namespace

std::span<const ModelType> ModelTypes() { return Types(); }

const ModelType& FindModelType(std::string_view name) {
  std::vector<std::string> names;
  for (const ModelType& type : ModelTypes()) {
    if (type.name == name) return type;
    names.push_back(type.name);
  }
  throw Error(Code::kNotFound, StrCat("unknown model '", name, "'", DidYouMean(name, names)),
              "models: " + Join(names, ", "));
}

Json ResolveSettings(const TrainRequest& request) {
  const ModelType& type = FindModelType(request.type);
  RequireKnownSettings(request, type);
  Json resolved = Json::MakeObject();
  for (const SettingSpec* spec : SettingsOf(type)) {
    const auto given = request.settings.find(spec->key);
    if (given != request.settings.end()) {
      resolved[spec->key] = ParseSetting(*spec, given->second);
    } else if (spec == &SeedSpec()) {
      resolved[spec->key] = ParseSetting(*spec, StrCat(request.seed));
    } else {
      resolved[spec->key] = ParseSetting(*spec, spec->fallback);
    }
  }
  for (const auto& [key, text] : request.settings) {
    if (const SettingSpec* spec = MemberSetting(type, key))
      resolved[key] = ParseSetting(*spec, text);
  }
  return resolved;
}

std::unique_ptr<Model> TrainModel(const TrainRequest& request, const Interactions& data,
                                  TrainObserver& observer) {
  const Json settings = ResolveSettings(request);
  const ModelType& type = FindModelType(request.type);
  RequireInteractions(data, type.name);
  return DefinitionOf(type).train({.settings = settings,
                                   .threads = std::max(request.threads, 1),
                                   .data = data,
                                   .observer = observer});
}

std::unique_ptr<Model> LoadPart(const ModelReader& part,
                                std::shared_ptr<const IdDictionary> items) {
  return DefinitionOf(FindModelType(part.model_type())).load(part, std::move(items));
}

void SaveModel(const Model& model, const std::filesystem::path& path) {
  ModelWriter writer(path, model.type());
  std::vector<std::string> ids;
  ids.reserve(static_cast<size_t>(model.items().size()));
  for (int32_t item = 0; item < model.items().size(); ++item)
    ids.push_back(model.items().Name(item));
  writer.AddStrings("items", ids);
  model.Save(writer);
  writer.Finish();
}

std::unique_ptr<Model> LoadModel(const std::filesystem::path& path) {
  return LoadFrom(ModelReader(path), path.string());
}

std::unique_ptr<Model> LoadModelBytes(std::string_view bytes, std::string_view name) {
  return LoadFrom(ModelReader(bytes, name), name);
}

}  // namespace marquee
