#include "models/autoencoder.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "kernels/vector.h"
#include "models/epoch_loop.h"
#include "models/model_file.h"
#include "models/nn/nearest.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "autoencoder";
constexpr int kPartialEpochs = 5;
constexpr double kHeldOutShare = 0.2;
constexpr int kMaxHidden = 8192;
constexpr int kMaxLatent = 4096;

void RequireValid(const AutoencoderOptions& options) {
  RequireRange("hidden", options.hidden, 1, kMaxHidden);
  RequireRange("latent", options.latent, 1, kMaxLatent);
  RequireRange("dropout", options.dropout, 0, 0.95);
  RequireRange("kl_weight", options.kl_weight, 0, 10);
  RequireRange("anneal_epochs", options.anneal_epochs, 0, 10000);
  RequireRange("batch", options.batch, 1, 100000);
  RequireRange("learning_rate", options.learning_rate, 1e-6, 1);
  RequireRange("epochs", options.epochs, 1, 10000);
  RequireRange("patience", options.patience, 0, 10000);
  RequireRange("threads", options.threads, 1, 4096);
}

AutoencoderShape NetworkShape(const AutoencoderOptions& options, int32_t items) {
  return {.items = static_cast<size_t>(items),
          .hidden = static_cast<size_t>(options.hidden),
          .latent = static_cast<size_t>(options.latent)};
}

// A step of Adam for each batch of users, in a new order each epoch.
class Trainer {
 public:
  Trainer(const AutoencoderNetwork& network, const Interactions& data,
          const AutoencoderOptions& options, ThreadPool& pool)
      : network_(network),
        data_(data),
        options_(options),
        pool_(pool),
        adam_({.learning_rate = options.learning_rate, .beta2 = 0.999}, network.layout(), 1),
        average_(network.layout()) {
    for (int32_t user = 0; user < data.num_users(); ++user) {
      if (data.by_user().Row(user).size() > 0) users_.push_back(user);
    }
  }

  void Epoch(int epoch, double kl_weight, const TrainObserver& observer,
             nn::Parameters* parameters) {
    Rng rng = Rng(options_.seed).Fork(static_cast<uint64_t>(epoch));
    std::ranges::sort(users_);
    rng.Shuffle(std::span(users_));
    const auto size = static_cast<size_t>(options_.batch);
    average_.SpanSteps((users_.size() + size - 1) / size);
    for (size_t first = 0; first < users_.size(); first += size) {
      ThrowIfStopped(observer, kType);
      const auto users = std::span(users_).subspan(first, std::min(size, users_.size() - first));
      const AutoencoderBatch batch = Draw(users, rng);
      network_.AddGradients(*parameters, batch, {kl_weight, rng.Fork(first), pool_},
                            &adam_.Gradient(0));
      adam_.Step(pool_, parameters);
      average_.Add(pool_, *parameters);
    }
    nn::RequireFinite(*parameters, kType, options_.learning_rate);
  }

  // The weights over about the latest epoch.
  const nn::Parameters& mean() const { return average_.mean(); }

 private:
  AutoencoderBatch Draw(std::span<const int32_t> users, Rng& rng) const {
    AutoencoderBatch batch;
    const auto scale = static_cast<float>(1 / (1 - options_.dropout));
    for (const int32_t user : users) {
      batch.Append(data_.by_user().Row(user).columns);
      for (float& input : batch.inputs.back())
        input *= rng.Uniform() < options_.dropout ? 0.0f : scale;
    }
    return batch;
  }

  const AutoencoderNetwork& network_;
  const Interactions& data_;
  const AutoencoderOptions& options_;
  ThreadPool& pool_;
  std::vector<int32_t> users_;
  nn::Adam adam_;
  nn::Average average_;
};

// Random weights; the biases of the logits are log popularity, so that what is learned is what
// differs from it.
nn::Parameters InitialParameters(const AutoencoderNetwork& network, const Interactions& data,
                                 uint64_t seed) {
  nn::Parameters parameters = network.Initial(seed);
  const std::span<float> offset = parameters.Vector(network.numbers().offset);
  const double total = static_cast<double>(data.nnz() + data.num_items());
  for (size_t item = 0; item < offset.size(); ++item) {
    const auto count = data.by_item().Row(static_cast<int32_t>(item)).size();
    offset[item] = static_cast<float>(std::log((static_cast<double>(count) + 1) / total));
  }
  return parameters;
}

double KlWeight(const AutoencoderOptions& options, int epoch) {
  if (epoch >= options.anneal_epochs) return options.kl_weight;
  return options.kl_weight * epoch / options.anneal_epochs;
}

// Somebody unknown is the first user of `state`, one with that history the second.
AutoencoderBatch UnknownAnd(std::span<const int32_t> columns) {
  AutoencoderBatch batch;
  batch.Append({});
  batch.Append(columns);
  return batch;
}

void ScoreHistory(const AutoencoderNetwork& network, const nn::Parameters& parameters,
                  const SparseRow& history, std::span<float> scores) {
  AutoencoderBatch batch;
  batch.Append(KnownItems(history, static_cast<int32_t>(network.shape().items)).columns);
  AutoencoderNetwork::State state(network.shape(), 1);
  network.Forward(parameters, batch, {0, 1}, &state);
  network.Logits(parameters, state.restored.Row(0), scores);
}

// The change of tanh over that of its input, from row 0 to row 1; the slope where nothing changes.
std::vector<float> RatesOfTanh(const kernels::Matrix& before, const kernels::Matrix& after) {
  std::vector<float> rates(before.columns());
  for (size_t k = 0; k < rates.size(); ++k) {
    const float change = before.Row(1)[k] - before.Row(0)[k], base = after.Row(0)[k];
    rates[k] = std::abs(change) > 1e-4f ? (after.Row(1)[k] - base) / change : 1 - base * base;
  }
  return rates;
}

void Scale(std::span<const float> factors, std::span<float> values) {
  for (size_t k = 0; k < values.size(); ++k) values[k] *= factors[k];
}

class FoldedAutoencoderUser : public FoldedUser {
 public:
  FoldedAutoencoderUser(const AutoencoderNetwork& network, const nn::Parameters& parameters,
                        std::span<const int32_t> columns)
      : network_(network),
        parameters_(parameters),
        columns_(columns.begin(), columns.end()),
        batch_(UnknownAnd(columns_)),
        state_(network.shape(), 2) {
    network_.Forward(parameters_, batch_, {0, 2}, &state_);
    const auto& numbers = network_.numbers();
    kernels::Matrix before(2, network_.shape().hidden);
    kernels::Scratch scratch;
    nn::LinearForward({parameters_[numbers.decoder], parameters_.Vector(numbers.decoder_bias)},
                      state_.latent, before, scratch);
    rates_of_restored_ = RatesOfTanh(before, state_.restored);
    for (size_t row = 0; row < 2; ++row)
      std::ranges::copy(parameters_.Vector(numbers.input_bias), before.Row(row).begin());
    for (size_t i = 0; i < columns_.size(); ++i)
      kernels::Axpy(batch_.inputs[1][i], InputOf(columns_[i]), before.Row(1));
    rates_of_hidden_ = RatesOfTanh(before, state_.hidden);
  }

  void Score(std::span<float> scores) const override {
    network_.Logits(parameters_, state_.restored.Row(1), scores);
  }

  std::vector<std::vector<ScoredItem>> Explain(std::span<const int32_t> items,
                                               int k) const override {
    std::vector<std::vector<ScoredItem>> explanations;
    for (const int32_t item : items) {
      const std::vector<float> multipliers = MultipliersOf(item);
      std::vector<ScoredItem> parts;
      for (size_t i = 0; i < columns_.size(); ++i)
        parts.push_back(
            {columns_[i], batch_.inputs[1][i] * kernels::Dot(InputOf(columns_[i]), multipliers)});
      explanations.push_back(Largest(std::move(parts), k));
    }
    return explanations;
  }

 private:
  std::span<const float> InputOf(int32_t item) const {
    return parameters_[network_.numbers().input].Row(static_cast<size_t>(item));
  }

  // What a unit of the first layer's input adds to the logit of `item`.
  std::vector<float> MultipliersOf(int32_t item) const {
    const auto [items, width, latent] = network_.shape();
    const auto& numbers = network_.numbers();
    kernels::Scratch scratch;
    kernels::Matrix restored(1, width), mean(1, latent), hidden(1, width);
    std::ranges::copy(parameters_[numbers.output].Row(static_cast<size_t>(item)),
                      restored.Row(0).begin());
    Scale(rates_of_restored_, restored.Row(0));
    kernels::Gemm(restored, kernels::Transposed(parameters_[numbers.decoder]), mean,
                  kernels::GemmResult::kWrite, scratch);
    kernels::Gemm(mean, kernels::Transposed(parameters_[numbers.encoder].Columns(0, latent)),
                  hidden, kernels::GemmResult::kWrite, scratch);
    Scale(rates_of_hidden_, hidden.Row(0));
    return {hidden.Row(0).begin(), hidden.Row(0).end()};
  }

  const AutoencoderNetwork& network_;
  const nn::Parameters& parameters_;
  const std::vector<int32_t> columns_;
  const AutoencoderBatch batch_;
  AutoencoderNetwork::State state_;
  std::vector<float> rates_of_hidden_, rates_of_restored_;
};

}  // namespace

AutoencoderModel::AutoencoderModel(std::shared_ptr<const IdDictionary> items,
                                   const AutoencoderOptions& options, nn::Parameters parameters)
    : Model(std::move(items)),
      options_(options),
      network_(NetworkShape(options, this->items().size())),
      parameters_(std::move(parameters)) {}

std::unique_ptr<AutoencoderModel> TrainAutoencoder(const Interactions& data,
                                                   const AutoencoderOptions& options,
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
  const AutoencoderNetwork network(NetworkShape(options, data.num_items()));
  Trainer trainer(network, split.train(), options, pool);
  nn::Parameters parameters = InitialParameters(network, split.train(), options.seed), best;
  const EpochSteps steps = {
      .run =
          [&](int epoch) { trainer.Epoch(epoch, KlWeight(options, epoch), observer, &parameters); },
      .scorer = [&]() -> ScoreFunction {
        return [&](int32_t, const SparseRow& history, std::span<float> scores) {
          ScoreHistory(network, trainer.mean(), history, scores);
        };
      },
      .keep = [&] { best = trainer.mean().Copy(); }};
  RunEpochs(plan, split, steps, observer);
  return std::unique_ptr<AutoencoderModel>(
      new AutoencoderModel(data.shared_items(), options, std::move(best)));
}

std::unique_ptr<Model> AutoencoderModel::PartialFit(const Interactions& data, int threads,
                                                    TrainObserver& observer) const {
  RequireInteractions(data, kType);
  AutoencoderOptions options = options_;
  options.threads = std::max(threads, 1);
  ThreadPool pool(options.threads);
  const AutoencoderNetwork network(NetworkShape(options, data.num_items()));
  nn::Parameters parameters = InitialParameters(network, data, options.seed);
  const auto& from = network_.numbers();
  const auto& to = network.numbers();
  for (const auto& [old, now] : {std::pair{from.input, to.input},
                                 {from.output, to.output},
                                 {from.offset, to.offset},
                                 {from.input_bias, to.input_bias},
                                 {from.encoder, to.encoder},
                                 {from.encoder_bias, to.encoder_bias},
                                 {from.decoder, to.decoder},
                                 {from.decoder_bias, to.decoder_bias}}) {
    const kernels::ConstMatrixSpan matrix = parameters_[old];
    for (size_t row = 0; row < matrix.rows; ++row)
      std::ranges::copy(matrix.Row(row), parameters[now].Row(row).begin());
  }
  Trainer trainer(network, data, options, pool);
  for (int epoch = 1; epoch <= kPartialEpochs; ++epoch) {
    trainer.Epoch(epoch, options.kl_weight, observer, &parameters);
    observer.OnEpoch({.epoch = epoch, .epochs = kPartialEpochs});
  }
  options.threads = options_.threads;
  return std::unique_ptr<Model>(
      new AutoencoderModel(data.shared_items(), options, trainer.mean().Copy()));
}

void AutoencoderModel::Score(const SparseRow& history, std::span<float> scores) const {
  ScoreHistory(network_, parameters_, history, scores);
}

std::vector<ScoredItem> AutoencoderModel::SimilarItems(int32_t item, int k) const {
  return nn::NearestByCosine(parameters_[network_.numbers().output], item, k);
}

std::vector<ScoredItem> AutoencoderModel::Explain(const SparseRow& history, int32_t item,
                                                  int k) const {
  return Fold(history)->Explain(std::span(&item, 1), k).front();
}

std::unique_ptr<FoldedUser> AutoencoderModel::Fold(const SparseRow& history) const {
  return std::make_unique<FoldedAutoencoderUser>(network_, parameters_,
                                                 KnownItems(history, items().size()).columns);
}

namespace {

struct NamedMatrix {
  std::string name;
  size_t number;
};

std::vector<NamedMatrix> MatricesOf(const AutoencoderNetwork& network) {
  const auto& numbers = network.numbers();
  return {{"input", numbers.input},     {"input_bias", numbers.input_bias},
          {"encoder", numbers.encoder}, {"encoder_bias", numbers.encoder_bias},
          {"decoder", numbers.decoder}, {"decoder_bias", numbers.decoder_bias},
          {"output", numbers.output},   {"offset", numbers.offset}};
}

Shape ShapeOf(const kernels::ConstMatrixSpan& matrix) {
  return {static_cast<int64_t>(matrix.rows), static_cast<int64_t>(matrix.columns)};
}

AutoencoderOptions ReadOptions(const ModelReader& reader) {
  AutoencoderOptions options{.hidden = static_cast<int>(reader.SettingInt("hidden")),
                             .latent = static_cast<int>(reader.SettingInt("latent")),
                             .dropout = reader.SettingDouble("dropout"),
                             .kl_weight = reader.SettingDouble("kl_weight"),
                             .anneal_epochs = static_cast<int>(reader.SettingInt("anneal_epochs")),
                             .batch = static_cast<int>(reader.SettingInt("batch")),
                             .learning_rate = reader.SettingDouble("learning_rate"),
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

void AutoencoderModel::Save(ModelWriter& writer) const {
  writer.SetSettings(Json::MakeObject({{"hidden", options_.hidden},
                                       {"latent", options_.latent},
                                       {"dropout", options_.dropout},
                                       {"kl_weight", options_.kl_weight},
                                       {"anneal_epochs", options_.anneal_epochs},
                                       {"batch", options_.batch},
                                       {"learning_rate", options_.learning_rate},
                                       {"epochs", options_.epochs},
                                       {"patience", options_.patience},
                                       {"seed", options_.seed}}));
  for (const auto& [name, number] : MatricesOf(network_)) {
    const kernels::ConstMatrixSpan matrix = parameters_[number];
    writer.Add(name, std::span(matrix.data, matrix.rows * matrix.columns), ShapeOf(matrix));
  }
}

std::unique_ptr<AutoencoderModel> AutoencoderModel::Load(
    const ModelReader& reader, std::shared_ptr<const IdDictionary> items) {
  const AutoencoderOptions options = ReadOptions(reader);
  // The largest first: the file has been asked for them before so much memory is taken.
  const int64_t n = items->size(), hidden = options.hidden, latent = options.latent;
  reader.Floats("input", {n, hidden});
  reader.Floats("encoder", {hidden, 2 * latent});
  const AutoencoderNetwork network(NetworkShape(options, items->size()));
  nn::Parameters parameters(network.layout());
  for (const auto& [name, number] : MatricesOf(network)) {
    const kernels::MatrixSpan matrix = parameters[number];
    std::ranges::copy(reader.Floats(name, ShapeOf(matrix)), matrix.data);
  }
  return std::unique_ptr<AutoencoderModel>(
      new AutoencoderModel(std::move(items), options, std::move(parameters)));
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  const AutoencoderOptions defaults;
  return {
      {"hidden", Type::kInt, StrCat(defaults.hidden),
       "width of the layers around the latent; time grows with it", 1, kMaxHidden},
      {"latent",
       Type::kInt,
       StrCat(defaults.latent),
       "numbers that stand for a user; fewer for small data",
       1,
       kMaxLatent,
       {},
       SearchRange{32, 400, true}},
      {"dropout",
       Type::kNumber,
       StrCat(defaults.dropout),
       "share of the history that each step hides",
       0,
       0.95,
       {},
       SearchRange{0.2, 0.8}},
      {"kl_weight",
       Type::kNumber,
       StrCat(defaults.kl_weight),
       "how far users are drawn to the middle; lower it when all get the same items",
       0,
       10,
       {},
       SearchRange{0.02, 1, true}},
      {"anneal_epochs", Type::kInt, StrCat(defaults.anneal_epochs),
       "epochs over which kl_weight grows from 0", 0, 10000},
      {"batch", Type::kInt, StrCat(defaults.batch), "users a step; larger for many users", 1,
       100000},
      {"learning_rate",
       Type::kNumber,
       StrCat(defaults.learning_rate),
       "length of a step; lower it when the first epochs are the best",
       1e-6,
       1,
       {},
       SearchRange{2e-4, 4e-3, true}},
      {"epochs", Type::kInt, StrCat(defaults.epochs), "passes over the users, at most", 1, 10000},
      {"patience", Type::kInt, StrCat(defaults.patience),
       "epochs without a better held-out NDCG that end it; 0 runs all epochs on all data", 0,
       10000},
  };
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainAutoencoder(in.data,
                          {.hidden = in.Int("hidden"),
                           .latent = in.Int("latent"),
                           .dropout = in.Double("dropout"),
                           .kl_weight = in.Double("kl_weight"),
                           .anneal_epochs = in.Int("anneal_epochs"),
                           .batch = in.Int("batch"),
                           .learning_rate = in.Double("learning_rate"),
                           .epochs = in.Int("epochs"),
                           .patience = in.Int("patience"),
                           .seed = in.seed(),
                           .threads = in.threads},
                          in.observer);
}

}  // namespace

const ModelDefinition& AutoencoderDefinition() {
  static const ModelDefinition definition = {
      "autoencoder", "variational autoencoder of histories, with one softmax over all items",
      Settings(), TrainFrom, LoadAs<AutoencoderModel>};
  return definition;
}

}  // namespace marquee
