#include "models/sequence.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "kernels/vector.h"
#include "models/epoch_loop.h"
#include "models/model_file.h"
#include "models/nn/nearest.h"
#include "models/sequence_trainer.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "sequence";
constexpr int kPartialEpochs = 2;
constexpr int kMaxDimension = 1024;
constexpr int kMaxBlocks = 16;
constexpr int kMaxHeads = 64;
constexpr int kMaxLength = 4096;

void RequireValid(const SequenceOptions& options) {
  RequireRange("dimension", options.dimension, 1, kMaxDimension);
  RequireRange("blocks", options.blocks, 1, kMaxBlocks);
  RequireRange("heads", options.heads, 1, kMaxHeads);
  RequireRange("max_length", options.max_length, 1, kMaxLength);
  RequireRange("dropout", options.dropout, 0, 0.9);
  RequireRange("negatives", options.negatives, 0, 1000000);
  RequireRange("batch", options.batch, 1, 100000);
  RequireRange("learning_rate", options.learning_rate, 1e-6, 1);
  RequireRange("epochs", options.epochs, 1, 10000);
  RequireRange("patience", options.patience, 0, 10000);
  RequireRange("threads", options.threads, 1, 4096);
  if (options.dimension % options.heads == 0) return;
  throw Error(Code::kInvalidArgument,
              StrCat("dimension is ", options.dimension, ": must be a multiple of heads, which is ",
                     options.heads),
              "each head takes an equal share of the dimension");
}

EncoderShape ShapeOf(const SequenceOptions& options, int32_t items) {
  return {.items = static_cast<size_t>(items),
          .dimension = static_cast<size_t>(options.dimension),
          .blocks = static_cast<size_t>(options.blocks),
          .heads = static_cast<size_t>(options.heads),
          .max_length = static_cast<size_t>(options.max_length)};
}

std::vector<float> PriorsOf(const Interactions& data) {
  const double total = static_cast<double>(data.nnz()) + data.num_items();
  std::vector<float> priors(static_cast<size_t>(data.num_items()));
  for (size_t item = 0; item < priors.size(); ++item) {
    const auto count = data.by_item().Row(static_cast<int32_t>(item)).size();
    priors[item] = static_cast<float>(std::log((static_cast<double>(count) + 1) / total));
  }
  return priors;
}

// The newest items that the encoder reads, by time.
ItemSequences WindowOf(const SparseRow& history, const EncoderShape& shape) {
  const std::vector<int32_t> ordered =
      InOrderOfTime(KnownItems(history, static_cast<int32_t>(shape.items)));
  const size_t length = std::min(ordered.size(), shape.max_length);
  ItemSequences window;
  window.Append(std::span(ordered).last(length));
  return window;
}

// Log probabilities of the next item after the last row of `hidden`.
void ScoreLast(const kernels::ConstMatrixSpan& embeddings, const kernels::ConstMatrixSpan& hidden,
               std::span<float> scores) {
  const std::span<const float> last = hidden.Row(hidden.rows - 1);
  for (size_t item = 0; item < scores.size(); ++item)
    scores[item] = kernels::Dot(embeddings.Row(item), last);
  const float total = kernels::LogSumExp(scores);
  for (float& score : scores) score -= total;
}

struct Encoded {
  const SequenceEncoder& encoder;
  const nn::Parameters& parameters;

  void Score(const SparseRow& history, std::span<const float> priors,
             std::span<float> scores) const {
    const ItemSequences window = WindowOf(history, encoder.shape());
    if (window.items.empty()) {
      std::ranges::copy(priors, scores.begin());
      return;
    }
    SequenceEncoder::Workspace workspace;
    const auto hidden =
        encoder.Forward(parameters, window, {.dropout = 0, .rng = Rng(0)}, &workspace);
    ScoreLast(parameters[encoder.embeddings()], hidden, scores);
  }
};

}  // namespace

// The states of the network after each item of the window.
class SequenceModel::Folded : public FoldedUser {
 public:
  Folded(const SequenceModel& model, const SparseRow& history)
      : model_(model), window_(WindowOf(history, model.encoder_.shape())) {
    if (window_.items.empty()) return;
    hidden_ = model.encoder_.Forward(model.parameters_, window_, {.dropout = 0, .rng = Rng(0)},
                                     &workspace_);
  }

  void Score(std::span<float> scores) const override {
    if (window_.items.empty()) {
      std::ranges::copy(model_.priors_, scores.begin());
    } else {
      ScoreLast(Embeddings(), hidden_, scores);
    }
  }

  std::vector<std::vector<ScoredItem>> Explain(std::span<const int32_t> items,
                                               int k) const override {
    std::vector<std::vector<ScoredItem>> explanations;
    const std::vector<float> totals = Totals();
    for (const int32_t item : items) {
      const auto row = static_cast<size_t>(item);
      float before = model_.priors_[row];
      std::vector<ScoredItem> parts;
      for (size_t at = 0; at < window_.items.size(); ++at) {
        const float after = kernels::Dot(Embeddings().Row(row), hidden_.Row(at)) - totals[at];
        parts.push_back({window_.items[at], after - before});
        before = after;
      }
      explanations.push_back(Largest(std::move(parts), k));
    }
    return explanations;
  }

 private:
  kernels::ConstMatrixSpan Embeddings() const {
    return model_.parameters_[model_.encoder_.embeddings()];
  }

  // log sum exp of all scores after each item.
  std::vector<float> Totals() const {
    const size_t rows = window_.items.size(), n = Embeddings().rows;
    kernels::Matrix logits(rows, n);
    kernels::Scratch scratch;
    if (rows > 0)
      kernels::Gemm(hidden_, kernels::Transposed(Embeddings()), logits, kernels::GemmResult::kWrite,
                    scratch);
    std::vector<float> totals(rows);
    for (size_t row = 0; row < rows; ++row) totals[row] = kernels::LogSumExp(logits.Row(row));
    return totals;
  }

  const SequenceModel& model_;
  ItemSequences window_;
  SequenceEncoder::Workspace workspace_;
  kernels::MatrixSpan hidden_;
};

SequenceModel::SequenceModel(std::shared_ptr<const IdDictionary> items,
                             const SequenceOptions& options, nn::Parameters parameters,
                             std::vector<float> priors)
    : Model(std::move(items)),
      options_(options),
      encoder_(ShapeOf(options, this->items().size())),
      parameters_(std::move(parameters)),
      priors_(std::move(priors)) {}

std::unique_ptr<SequenceModel> TrainSequence(const Interactions& data,
                                             const SequenceOptions& options,
                                             TrainObserver& observer) {
  RequireValid(options);
  RequireInteractions(data, kType);
  const EpochPlan plan = {.model_type = kType,
                          .epochs = options.epochs,
                          .patience = options.patience,
                          .seed = options.seed,
                          .threads = options.threads};
  const EpochData split(data, plan);
  ThreadPool pool(options.threads);
  const SequenceEncoder encoder(ShapeOf(options, data.num_items()));
  SequenceTrainer trainer(encoder, split.train(), options, pool);
  nn::Parameters parameters = encoder.Initial(options.seed), best;
  const std::vector<float> priors = PriorsOf(data);
  const EpochSteps steps = {.run =
                                [&](int epoch) {
                                  trainer.Epoch(epoch, observer, &parameters);
                                  nn::RequireFinite(parameters, kType, options.learning_rate);
                                },
                            .scorer = [&]() -> ScoreFunction {
                              return
                                  [&](int32_t, const SparseRow& history, std::span<float> scores) {
                                    Encoded{encoder, trainer.mean()}.Score(history, priors, scores);
                                  };
                            },
                            .keep = [&] { best = trainer.mean().Copy(); }};
  RunEpochs(plan, split, steps, observer);
  return std::unique_ptr<SequenceModel>(
      new SequenceModel(data.shared_items(), options, std::move(best), priors));
}

std::unique_ptr<Model> SequenceModel::PartialFit(const Interactions& data, int threads,
                                                 TrainObserver& observer) const {
  RequireInteractions(data, kType);
  SequenceOptions options = options_;
  options.threads = std::max(threads, 1);
  ThreadPool pool(options.threads);
  const SequenceEncoder encoder(ShapeOf(options, data.num_items()));
  nn::Parameters parameters = encoder.Initial(options.seed);
  // New items are rows of the embeddings behind the old ones; all the rest keeps its shape.
  const size_t old = parameters_[encoder_.embeddings()].rows * encoder_.shape().dimension;
  const size_t now = parameters[encoder.embeddings()].rows * encoder.shape().dimension;
  std::ranges::copy(parameters_.values().first(old), parameters.values().begin());
  std::ranges::copy(parameters_.values().subspan(old), parameters.values().subspan(now).begin());
  SequenceTrainer trainer(encoder, data, options, pool);
  for (int epoch = 1; epoch <= kPartialEpochs; ++epoch) {
    trainer.Epoch(epoch, observer, &parameters);
    nn::RequireFinite(parameters, kType, options.learning_rate);
    observer.OnEpoch({.epoch = epoch, .epochs = kPartialEpochs});
  }
  options.threads = options_.threads;
  return std::unique_ptr<Model>(
      new SequenceModel(data.shared_items(), options, trainer.mean().Copy(), PriorsOf(data)));
}

void SequenceModel::Score(const SparseRow& history, std::span<float> scores) const {
  Encoded{encoder_, parameters_}.Score(history, priors_, scores);
}

std::vector<ScoredItem> SequenceModel::SimilarItems(int32_t item, int k) const {
  return nn::NearestByCosine(parameters_[encoder_.embeddings()], item, k);
}

std::vector<ScoredItem> SequenceModel::Explain(const SparseRow& history, int32_t item,
                                               int k) const {
  return Fold(history)->Explain(std::span(&item, 1), k).front();
}

std::unique_ptr<FoldedUser> SequenceModel::Fold(const SparseRow& history) const {
  return std::make_unique<Folded>(*this, history);
}

void SequenceModel::Save(ModelWriter& writer) const {
  writer.SetSettings(Json::MakeObject({{"dimension", options_.dimension},
                                       {"blocks", options_.blocks},
                                       {"heads", options_.heads},
                                       {"max_length", options_.max_length},
                                       {"dropout", options_.dropout},
                                       {"negatives", options_.negatives},
                                       {"batch", options_.batch},
                                       {"learning_rate", options_.learning_rate},
                                       {"epochs", options_.epochs},
                                       {"patience", options_.patience},
                                       {"seed", options_.seed}}));
  const int64_t n = items().size(), d = options_.dimension;
  const auto embeddings = static_cast<size_t>(n * d);
  writer.Add("embeddings", parameters_.values().first(embeddings), {n, d});
  const std::span<const float> rest = parameters_.values().subspan(embeddings);
  writer.Add("encoder", rest, {static_cast<int64_t>(rest.size())});
  writer.Add("priors", priors_, {n});
}

namespace {

// In the ranges that training takes; `threads` is left alone.
SequenceOptions ReadOptions(const ModelReader& reader) {
  SequenceOptions options{.dimension = static_cast<int>(reader.SettingInt("dimension")),
                          .blocks = static_cast<int>(reader.SettingInt("blocks")),
                          .heads = static_cast<int>(reader.SettingInt("heads")),
                          .max_length = static_cast<int>(reader.SettingInt("max_length")),
                          .dropout = reader.SettingDouble("dropout"),
                          .negatives = static_cast<int>(reader.SettingInt("negatives")),
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

std::unique_ptr<SequenceModel> SequenceModel::Load(const ModelReader& reader,
                                                   std::shared_ptr<const IdDictionary> items) {
  const SequenceOptions options = ReadOptions(reader);
  const SequenceEncoder encoder(ShapeOf(options, items->size()));
  const int64_t n = items->size(), d = options.dimension;
  const auto embeddings = static_cast<size_t>(n * d);
  const auto rest = static_cast<int64_t>(encoder.layout().size() - embeddings);
  // The file is asked before anything of that size is made.
  const std::span<const float> first = reader.Floats("embeddings", {n, d});
  const std::span<const float> second = reader.Floats("encoder", {rest});
  const std::span<const float> priors = reader.Floats("priors", {n});
  nn::Parameters parameters(encoder.layout());
  std::ranges::copy(first, parameters.values().begin());
  std::ranges::copy(second, parameters.values().subspan(embeddings).begin());
  return std::unique_ptr<SequenceModel>(new SequenceModel(
      std::move(items), options, std::move(parameters), {priors.begin(), priors.end()}));
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  const SequenceOptions defaults;
  return {
      {"dimension",
       Type::kInt,
       StrCat(defaults.dimension),
       "length of the item embeddings, a multiple of heads; time grows with it",
       1,
       kMaxDimension,
       {},
       SearchRange{32, 256, true}},
      {"blocks",
       Type::kInt,
       StrCat(defaults.blocks),
       "layers of attention; 1 for small data",
       1,
       kMaxBlocks,
       {},
       SearchRange{1, 3}},
      {"heads", Type::kInt, StrCat(defaults.heads), "heads of each layer of attention", 1,
       kMaxHeads},
      {"max_length", Type::kInt, StrCat(defaults.max_length),
       "how many of somebody's newest items count", 1, kMaxLength},
      {"dropout",
       Type::kNumber,
       StrCat(defaults.dropout),
       "share of numbers that each training step leaves out; raise it for small data",
       0,
       0.9,
       {},
       SearchRange{0.05, 0.5}},
      {"negatives", Type::kInt, StrCat(defaults.negatives),
       "items that stand for all in the softmax, for large catalogues; 0 takes all", 0, 1000000},
      {"batch", Type::kInt, StrCat(defaults.batch), "users a step", 1, 100000},
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
  return TrainSequence(in.data,
                       {.dimension = in.Int("dimension"),
                        .blocks = in.Int("blocks"),
                        .heads = in.Int("heads"),
                        .max_length = in.Int("max_length"),
                        .dropout = in.Double("dropout"),
                        .negatives = in.Int("negatives"),
                        .batch = in.Int("batch"),
                        .learning_rate = in.Double("learning_rate"),
                        .epochs = in.Int("epochs"),
                        .patience = in.Int("patience"),
                        .seed = in.seed(),
                        .threads = in.threads},
                       in.observer);
}

}  // namespace

const ModelDefinition& SequenceDefinition() {
  static const ModelDefinition definition = {
      "sequence", "what somebody meets next, by self-attention over what they met before",
      Settings(), TrainFrom, LoadAs<SequenceModel>};
  return definition;
}

}  // namespace marquee
