#include "models/registry.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"
#include "models/ease.h"
#include "models/ials.h"
#include "models/item_content.h"
#include "models/model_file.h"
#include "models/popular.h"
#include "models/training.h"

namespace marquee {
namespace {

using Type = SettingSpec::Type;

struct TrainInput {
  const Json& settings;  // resolved
  int threads;
  const Interactions& data;
  TrainObserver& observer;

  int Int(std::string_view key) const { return static_cast<int>(settings.At(key).AsInt()); }
  double Double(std::string_view key) const { return settings.At(key).AsDouble(); }
  uint64_t seed() const { return static_cast<uint64_t>(settings.At("seed").AsInt()); }
};

// What stands behind a type: one entry of the table below.
struct Implementation {
  std::unique_ptr<Model> (*train)(const TrainInput& input);
  std::unique_ptr<Model> (*load)(const ModelReader& reader,
                                 std::shared_ptr<const IdDictionary> items);
};

const std::vector<SettingSpec>& PopularSettings() {
  static const std::vector<SettingSpec> settings = {
      {"window_days", Type::kInt, StrCat(PopularOptions{}.window_days),
       "count only the last days of the data, 0 for all; small windows follow trends", 0, 36500}};
  return settings;
}

std::unique_ptr<Model> TrainPopularType(const TrainInput& in) {
  return TrainPopular(in.data, {.window_days = in.Int("window_days")}, in.observer);
}

const std::vector<SettingSpec>& ItemContentSettings() {
  static const std::vector<SettingSpec> settings = {
      {"genre_weight", Type::kNumber, StrCat(ItemContentOptions{}.genre_weight),
       "how much genres say; raise it where they are fine", 0, 1000},
      {"title_weight", Type::kNumber, StrCat(ItemContentOptions{}.title_weight),
       "how much title words say; finds sequels and series", 0, 1000},
      {"decade_weight", Type::kNumber, StrCat(ItemContentOptions{}.decade_weight),
       "how much the decade says", 0, 1000}};
  return settings;
}

std::unique_ptr<Model> TrainItemContentType(const TrainInput& in) {
  return TrainItemContent(in.data,
                          {.genre_weight = in.Double("genre_weight"),
                           .title_weight = in.Double("title_weight"),
                           .decade_weight = in.Double("decade_weight")},
                          in.observer);
}

const std::vector<SettingSpec>& EaseSettings() {
  static const std::vector<SettingSpec> settings = {
      {"l2", Type::kNumber, StrCat(EaseOptions{}.l2),
       "how much weights are held back; raise it for sparse data", 1e-3, 1e9}};
  return settings;
}

std::unique_ptr<Model> TrainEaseType(const TrainInput& in) {
  return TrainEase(in.data, {.l2 = in.Double("l2"), .threads = in.threads}, in.observer);
}

const std::vector<SettingSpec>& IalsSettings() {
  static const std::vector<SettingSpec> settings = {
      {"factors", Type::kInt, StrCat(IalsOptions{}.factors),
       "length of the embeddings; time grows with its square, quality flattens at 64 to 512", 1,
       4096},
      {"epochs", Type::kInt, StrCat(IalsOptions{}.epochs),
       "passes over the data; quality flattens after 8 to 16", 1, 1000},
      {"regularization", Type::kNumber, StrCat(IalsOptions{}.regularization),
       "raise it when training fits and test does not", 1e-9, 1e6},
      {"unobserved_weight", Type::kNumber, StrCat(IalsOptions{}.unobserved_weight),
       "weight of a pair never seen, against 1 more for a seen one; lower it for sparse data", 1e-9,
       1e3},
      {"nu", Type::kNumber, StrCat(IalsOptions{}.nu),
       "how far regularization grows with activity: 0 not at all, 1 in proportion", 0, 1},
      {"init_stddev", Type::kNumber, StrCat(IalsOptions{}.init_stddev),
       "spread of the first factors, over sqrt(factors)", 1e-6, 10}};
  return settings;
}

std::unique_ptr<Model> TrainIalsType(const TrainInput& in) {
  return TrainIals(in.data,
                   {.factors = in.Int("factors"),
                    .epochs = in.Int("epochs"),
                    .regularization = in.Double("regularization"),
                    .unobserved_weight = in.Double("unobserved_weight"),
                    .nu = in.Double("nu"),
                    .init_stddev = in.Double("init_stddev"),
                    .seed = in.seed(),
                    .threads = in.threads},
                   in.observer);
}

template <typename T>
std::unique_ptr<Model> LoadType(const ModelReader& reader,
                                std::shared_ptr<const IdDictionary> items) {
  return T::Load(reader, std::move(items));
}

struct Table {
  std::vector<ModelType> types;
  std::vector<Implementation> implementations;  // of the type with the same index

  void Add(std::string name, std::string doc, const std::vector<SettingSpec>& settings,
           Implementation implementation) {
    types.push_back({std::move(name), std::move(doc), settings});
    implementations.push_back(implementation);
  }
};

const Table& TheTable() {
  static const Table table = [] {
    Table built;
    built.Add("ials", "matrix factorization of who met what; the model for any size",
              IalsSettings(), {TrainIalsType, LoadType<IalsModel>});
    built.Add("ease", "linear model of items on items, in closed form; strong up to ~20,000 items",
              EaseSettings(), {TrainEaseType, LoadType<EaseModel>});
    built.Add("item-content", "titles like those somebody liked, by genres, words and decade",
              ItemContentSettings(), {TrainItemContentType, LoadType<ItemContentModel>});
    built.Add("most-popular", "what everybody likes, overall or lately; the floor to beat",
              PopularSettings(), {TrainPopularType, LoadType<PopularModel>});
    return built;
  }();
  return table;
}

const Implementation& ImplementationOf(const ModelType& type) {
  return TheTable().implementations[static_cast<size_t>(&type - TheTable().types.data())];
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

void RequireKnownSettings(const TrainRequest& request, const ModelType& type) {
  std::vector<std::string> names;
  for (const SettingSpec* spec : SettingsOf(type)) names.push_back(spec->key);
  for (const auto& [key, text] : request.settings) {
    if (std::find(names.begin(), names.end(), key) != names.end()) continue;
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
  const auto& types = TheTable().types;
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
  return ImplementationOf(*type).load(reader, std::move(items));
}

}  // namespace

std::span<const ModelType> ModelTypes() { return TheTable().types; }

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
  return resolved;
}

std::unique_ptr<Model> TrainModel(const TrainRequest& request, const Interactions& data,
                                  TrainObserver& observer) {
  const Json settings = ResolveSettings(request);
  const ModelType& type = FindModelType(request.type);
  RequireInteractions(data, type.name);
  return ImplementationOf(type).train({.settings = settings,
                                       .threads = std::max(request.threads, 1),
                                       .data = data,
                                       .observer = observer});
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
