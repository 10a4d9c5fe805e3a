#include "models/rp3beta.h"

#include <cmath>

#include "base/text.h"
#include "models/item_pairs.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "rp3beta";
constexpr ItemGraphModel::Kind kKind = {kType, Similarity::kTargets};
constexpr double kMaxExponent = 3;
constexpr int kMaxNeighbours = 100'000;

// size^-exponent of each row; 0 for an empty one.
std::vector<double> InversePowers(const SparseMatrix& rows, double exponent) {
  std::vector<double> powers;
  for (int32_t row = 0; row < rows.num_rows(); ++row) {
    const auto size = static_cast<double>(rows.Row(row).size());
    powers.push_back(size > 0 ? std::pow(size, -exponent) : 0);
  }
  return powers;
}

}  // namespace

std::unique_ptr<ItemGraphModel> TrainRp3Beta(const Interactions& data,
                                             const Rp3BetaOptions& options,
                                             TrainObserver& observer) {
  RequireRange("alpha", options.alpha, 0, kMaxExponent);
  RequireRange("beta", options.beta, 0, kMaxExponent);
  RequireRange("neighbours", options.neighbours, 1, kMaxNeighbours);
  RequireInteractions(data, kType);
  const std::vector<double> users = InversePowers(data.by_user(), options.alpha);
  const std::vector<double> starts = InversePowers(data.by_item(), options.alpha);
  const std::vector<double> ends = InversePowers(data.by_item(), options.beta);
  const PairWeight walk = [&](int32_t item, const CommonUsers& common) {
    return common.sum * starts[static_cast<size_t>(common.other)] * ends[static_cast<size_t>(item)];
  };
  ItemGraph graph =
      NearestItems(data, users, walk, {kType, options.neighbours, options.threads}, observer);
  return std::make_unique<ItemGraphModel>(
      kKind,
      Json::MakeObject(
          {{"alpha", options.alpha}, {"beta", options.beta}, {"neighbours", options.neighbours}}),
      data.shared_items(), std::move(graph));
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  const Rp3BetaOptions defaults;
  return {{.key = "alpha",
           .type = Type::kNumber,
           .fallback = StrCat(defaults.alpha),
           .doc = "exponent of the transitions; below 1 trusts heavy users and popular titles more",
           .min = 0,
           .max = kMaxExponent,
           .search = SearchRange{0.2, 2}},
          {.key = "beta",
           .type = Type::kNumber,
           .fallback = StrCat(defaults.beta),
           .doc = "how much popular titles are held back",
           .min = 0,
           .max = kMaxExponent,
           .search = SearchRange{0, 1.2}},
          {.key = "neighbours",
           .type = Type::kInt,
           .fallback = StrCat(defaults.neighbours),
           .doc = "how many of the nearest count; more smooths, and costs memory and time",
           .min = 1,
           .max = kMaxNeighbours,
           .search = SearchRange{20, 1000, true}}};
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainRp3Beta(in.data,
                      {.alpha = in.Double("alpha"),
                       .beta = in.Double("beta"),
                       .neighbours = in.Int("neighbours"),
                       .threads = in.threads},
                      in.observer);
}

std::unique_ptr<Model> LoadFrom(const ModelReader& reader,
                                std::shared_ptr<const IdDictionary> items) {
  return ItemGraphModel::Load(kKind, reader, std::move(items));
}

}  // namespace

const ModelDefinition& Rp3BetaDefinition() {
  static const ModelDefinition definition = {
      .name = std::string(kType),
      .doc = "a random walk of three steps with popular ends held back; quick, finds rarer titles",
      .settings = Settings(),
      .train = TrainFrom,
      .load = LoadFrom};
  return definition;
}

}  // namespace marquee
