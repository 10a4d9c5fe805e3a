#include "models/ncf.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "kernels/vector.h"
#include "models/epoch_loop.h"
#include "models/model_file.h"
#include "models/ncf_trainer.h"
#include "models/nn/nearest.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "ncf";
constexpr double kHeldOutShare = 0.2;
constexpr int kPartialEpochs = 2;
constexpr int kMaxFactors = 512;

void RequireValid(const NcfOptions& options) {
  RequireRange("factors", options.factors, 1, kMaxFactors);
  RequireRange("negatives", options.negatives, 1, 100);
  RequireRange("batch", options.batch, 1, 100000);
  RequireRange("learning_rate", options.learning_rate, 1e-6, 1);
  RequireRange("weight_decay", options.weight_decay, 0, 10);
  RequireRange("epochs", options.epochs, 1, 10000);
  RequireRange("patience", options.patience, 0, 10000);
  RequireRange("threads", options.threads, 1, 4096);
}

NcfNetwork NetworkOf(const NcfOptions& options, int32_t items) {
  return NcfNetwork(static_cast<size_t>(items), static_cast<size_t>(options.factors));
}

// Random weights; the bias of an item is the logarithm of how often it was met over the mean.
nn::Parameters InitialParameters(const NcfNetwork& network, const Interactions& data,
                                 uint64_t seed) {
  nn::Parameters parameters = network.Initial(seed);
  const std::span<float> bias = parameters.Vector(network.numbers().bias);
  const double mean = static_cast<double>(data.nnz()) / data.num_items();
  for (size_t item = 0; item < bias.size(); ++item) {
    const auto count = data.by_item().Row(static_cast<int32_t>(item)).size();
    bias[item] = static_cast<float>(std::log((static_cast<double>(count) + 1) / (mean + 1)));
  }
  return parameters;
}

class FoldedNcfUser : public FoldedUser {
 public:
  FoldedNcfUser(const NcfNetwork& network, const nn::Parameters& parameters,
                std::span<const int32_t> columns)
      : network_(network),
        parameters_(parameters),
        columns_(columns.begin(), columns.end()),
        user_(network.User(parameters, columns)) {}

  void Score(std::span<float> scores) const override { network_.Score(parameters_, user_, scores); }

  std::vector<std::vector<ScoredItem>> Explain(std::span<const int32_t> items,
                                               int k) const override {
    std::vector<std::vector<ScoredItem>> explanations;
    const kernels::ConstMatrixSpan history = parameters_[network_.numbers().history];
    const float scale = 1 / std::sqrt(static_cast<float>(std::max<size_t>(columns_.size(), 1)));
    for (const int32_t item : items) {
      const std::vector<float> multipliers = network_.Multipliers(parameters_, user_, item);
      std::vector<ScoredItem> parts;
      for (const int32_t past : columns_)
        parts.push_back(
            {past, scale * kernels::Dot(multipliers, history.Row(static_cast<size_t>(past)))});
      explanations.push_back(Largest(std::move(parts), k));
    }
    return explanations;
  }

 private:
  const NcfNetwork& network_;
  const nn::Parameters& parameters_;
  const std::vector<int32_t> columns_;
  const std::vector<float> user_;
};

}  // namespace

NcfModel::NcfModel(std::shared_ptr<const IdDictionary> items, const NcfOptions& options,
                   nn::Parameters parameters)
    : Model(std::move(items)),
      options_(options),
      network_(NetworkOf(options, this->items().size())),
      parameters_(std::move(parameters)) {}

std::unique_ptr<NcfModel> TrainNcf(const Interactions& data, const NcfOptions& options,
                                   TrainObserver& observer) {
  RequireValid(options);
  RequireInteractions(data, kType);
  const EpochPlan plan = {.model_type = kType,
                          .epochs = options.epochs,
                          .patience = options.patience,
                          .seed = options.seed,
                          .threads = options.threads,
                          .held_out_share = kHeldOutShare};
  const EpochData split(data, plan);
  ThreadPool pool(options.threads);
  const NcfNetwork network = NetworkOf(options, data.num_items());
  NcfTrainer trainer(network, split.train(), options, pool);
  nn::Parameters parameters = InitialParameters(network, split.train(), options.seed), best;
  const EpochSteps steps = {
      .run = [&](int epoch) { trainer.Epoch(epoch, observer, &parameters); },
      .scorer = [&]() -> ScoreFunction {
        return [&](int32_t, const SparseRow& history, std::span<float> scores) {
          network.Score(trainer.mean(), network.User(trainer.mean(), history.columns), scores);
        };
      },
      .keep = [&] { best = trainer.mean().Copy(); }};
  RunEpochs(plan, split, steps, observer);
  return std::unique_ptr<NcfModel>(new NcfModel(data.shared_items(), options, std::move(best)));
}

namespace {

struct NamedMatrix {
  std::string name;
  size_t number;
};

std::vector<NamedMatrix> MatricesOf(const NcfNetwork& network) {
  const auto& numbers = network.numbers();
  return {{"history", numbers.history},
          {"item", numbers.item},
          {"bias", numbers.bias},
          {"layer1", numbers.layer1},
          {"bias1", numbers.bias1},
          {"layer2", numbers.layer2},
          {"bias2", numbers.bias2},
          {"product_weights", numbers.product_weights},
          {"layer_weights", numbers.layer_weights}};
}

Shape ShapeOf(const kernels::ConstMatrixSpan& matrix) {
  return {static_cast<int64_t>(matrix.rows), static_cast<int64_t>(matrix.columns)};
}

NcfOptions ReadOptions(const ModelReader& reader) {
  NcfOptions options{.factors = static_cast<int>(reader.SettingInt("factors")),
                     .negatives = static_cast<int>(reader.SettingInt("negatives")),
                     .batch = static_cast<int>(reader.SettingInt("batch")),
                     .learning_rate = reader.SettingDouble("learning_rate"),
                     .weight_decay = reader.SettingDouble("weight_decay"),
                     .epochs = static_cast<int>(reader.SettingInt("epochs")),
                     .patience = static_cast<int>(reader.SettingInt("patience")),
                     .seed = static_cast<uint64_t>(reader.SettingInt("seed"))};
  try {
    RequireValid(options);
  } catch (const Error& error) {
    reader.Refuse(error.what());
  }
  return options;
}

}  // namespace

std::unique_ptr<Model> NcfModel::PartialFit(const Interactions& data, int threads,
                                            TrainObserver& observer) const {
  RequireInteractions(data, kType);
  NcfOptions options = options_;
  options.threads = std::max(threads, 1);
  ThreadPool pool(options.threads);
  const NcfNetwork network = NetworkOf(options, data.num_items());
  nn::Parameters parameters = InitialParameters(network, data, options.seed);
  // Rows, and of the biases columns, of new items are behind the old ones.
  for (const auto& [name, number] : MatricesOf(network)) {
    const kernels::ConstMatrixSpan old = parameters_[number];
    for (size_t row = 0; row < old.rows; ++row)
      std::ranges::copy(old.Row(row), parameters[number].Row(row).begin());
  }
  NcfTrainer trainer(network, data, options, pool);
  for (int epoch = 1; epoch <= kPartialEpochs; ++epoch) {
    trainer.Epoch(epoch, observer, &parameters);
    observer.OnEpoch({.epoch = epoch, .epochs = kPartialEpochs});
  }
  options.threads = options_.threads;
  return std::unique_ptr<Model>(new NcfModel(data.shared_items(), options, trainer.mean().Copy()));
}

void NcfModel::Score(const SparseRow& history, std::span<float> scores) const {
  network_.Score(parameters_,
                 network_.User(parameters_, KnownItems(history, items().size()).columns), scores);
}

std::vector<ScoredItem> NcfModel::SimilarItems(int32_t item, int k) const {
  return nn::NearestByCosine(parameters_[network_.numbers().item], item, k);
}

std::vector<ScoredItem> NcfModel::Explain(const SparseRow& history, int32_t item, int k) const {
  return Fold(history)->Explain(std::span(&item, 1), k).front();
}

std::unique_ptr<FoldedUser> NcfModel::Fold(const SparseRow& history) const {
  return std::make_unique<FoldedNcfUser>(network_, parameters_,
                                         KnownItems(history, items().size()).columns);
}

void NcfModel::Save(ModelWriter& writer) const {
  writer.SetSettings(Json::MakeObject({{"factors", options_.factors},
                                       {"negatives", options_.negatives},
                                       {"batch", options_.batch},
                                       {"learning_rate", options_.learning_rate},
                                       {"weight_decay", options_.weight_decay},
                                       {"epochs", options_.epochs},
                                       {"patience", options_.patience},
                                       {"seed", options_.seed}}));
  for (const auto& [name, number] : MatricesOf(network_)) {
    const kernels::ConstMatrixSpan matrix = parameters_[number];
    writer.Add(name, std::span(matrix.data, matrix.rows * matrix.columns), ShapeOf(matrix));
  }
}

std::unique_ptr<NcfModel> NcfModel::Load(const ModelReader& reader,
                                         std::shared_ptr<const IdDictionary> items) {
  const NcfOptions options = ReadOptions(reader);
  // The file is asked for the largest before so much memory is taken.
  reader.Floats("item", {items->size(), 3 * int64_t{options.factors}});
  const NcfNetwork network = NetworkOf(options, items->size());
  nn::Parameters parameters(network.layout());
  for (const auto& [name, number] : MatricesOf(network)) {
    const kernels::MatrixSpan matrix = parameters[number];
    std::ranges::copy(reader.Floats(name, ShapeOf(matrix)), matrix.data);
  }
  return std::unique_ptr<NcfModel>(new NcfModel(std::move(items), options, std::move(parameters)));
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  const NcfOptions defaults;
  return {
      {"factors",
       Type::kInt,
       StrCat(defaults.factors),
       "width of the last layer and of the product; time grows with its square",
       1,
       kMaxFactors,
       {},
       SearchRange{8, 64, true}},
      {"negatives",
       Type::kInt,
       StrCat(defaults.negatives),
       "items a user did not meet for each that they did",
       1,
       100,
       {},
       SearchRange{2, 10}},
      {"batch", Type::kInt, StrCat(defaults.batch), "users a step; larger for short histories", 1,
       100000},
      {"learning_rate",
       Type::kNumber,
       StrCat(defaults.learning_rate),
       "length of a step; lower it when the first epochs are the best",
       1e-6,
       1,
       {},
       SearchRange{2e-4, 5e-3, true}},
      {"weight_decay", Type::kNumber, StrCat(defaults.weight_decay),
       "how much each step shrinks the weights, times the rate; raise it for small data", 0, 10},
      {"epochs", Type::kInt, StrCat(defaults.epochs), "passes over the users, at most", 1, 10000},
      {"patience", Type::kInt, StrCat(defaults.patience),
       "epochs without a better held-out NDCG that end it; 0 runs all epochs on all data", 0,
       10000},
  };
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainNcf(in.data,
                  {.factors = in.Int("factors"),
                   .negatives = in.Int("negatives"),
                   .batch = in.Int("batch"),
                   .learning_rate = in.Double("learning_rate"),
                   .weight_decay = in.Double("weight_decay"),
                   .epochs = in.Int("epochs"),
                   .patience = in.Int("patience"),
                   .seed = in.seed(),
                   .threads = in.threads},
                  in.observer);
}

}  // namespace

const ModelDefinition& NcfDefinition() {
  static const ModelDefinition definition = {
      "ncf", "products of embeddings, weighted and through a small network, with a logistic loss",
      Settings(), TrainFrom, LoadAs<NcfModel>};
  return definition;
}

}  // namespace marquee
