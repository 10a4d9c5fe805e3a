#include "models/item_knn.h"

#include "models/item_pairs.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "item-knn";
constexpr ItemGraphModel::Kind kKind = {kType, Similarity::kSources};

}  // namespace

std::unique_ptr<ItemGraphModel> TrainItemKnn(const Interactions& data,
                                             const ItemKnnOptions& options,
                                             TrainObserver& observer) {
  RequireLikeness(options.shrinkage, options.neighbours);
  RequireInteractions(data, kType);
  const std::vector<double> users = MemberWeights(options.weighting, data.by_item());
  const std::vector<double> factors = RowFactors(options.weighting, data.by_item(), users);
  const PairWeight likeness = [&](int32_t item, const CommonUsers& common) {
    return common.sum * factors[static_cast<size_t>(item)] *
           factors[static_cast<size_t>(common.other)] * Shrunk(common.count, options.shrinkage);
  };
  ItemGraph graph =
      NearestItems(data, users, likeness, {kType, options.neighbours, options.threads}, observer);
  return std::make_unique<ItemGraphModel>(
      kKind,
      Json::MakeObject({{"weighting", std::string(NameOf(options.weighting))},
                        {"shrinkage", options.shrinkage},
                        {"neighbours", options.neighbours}}),
      data.shared_items(), std::move(graph));
}

namespace {

std::vector<SettingSpec> Settings() {
  const ItemKnnOptions defaults;
  return LikenessSettings({defaults.weighting, defaults.shrinkage, defaults.neighbours});
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainItemKnn(in.data,
                      {.weighting = WeightingNamed(in.Text("weighting")),
                       .shrinkage = in.Double("shrinkage"),
                       .neighbours = in.Int("neighbours"),
                       .threads = in.threads},
                      in.observer);
}

std::unique_ptr<Model> LoadFrom(const ModelReader& reader,
                                std::shared_ptr<const IdDictionary> items) {
  return ItemGraphModel::Load(kKind, reader, std::move(items));
}

}  // namespace

const ModelDefinition& ItemKnnDefinition() {
  static const ModelDefinition definition = {
      .name = std::string(kType),
      .doc = "titles that the same people met; trains in a second, easy to explain",
      .settings = Settings(),
      .train = TrainFrom,
      .load = LoadFrom};
  return definition;
}

}  // namespace marquee
