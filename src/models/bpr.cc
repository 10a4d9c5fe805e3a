#include "models/bpr.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "kernels/vector.h"
#include "models/bpr_trainer.h"
#include "models/epoch_loop.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "bpr";
constexpr int kPartialEpochs = 2;
constexpr int kMaxFactors = 4096;

void RequireValid(const BprOptions& options) {
  RequireRange("factors", options.factors, 1, kMaxFactors);
  RequireRange("epochs", options.epochs, 1, 10000);
  RequireRange("patience", options.patience, 0, 10000);
  RequireRange("learning_rate", options.learning_rate, 1e-6, 10);
  RequireRange("l2", options.l2, 0, 100);
  RequireRange("fold_in_l2", options.fold_in_l2, 1e-6, 1e6);
  RequireRange("init_stddev", options.init_stddev, 1e-6, 10);
  RequireRange("threads", options.threads, 1, 4096);
  RequireChoice("negatives", options.negatives, {"uniform", "popularity"});
  RequireChoice("optimizer", options.optimizer, {"adagrad", "sgd"});
}

kernels::Matrix Copy(const kernels::Matrix& from) {
  return MatrixOf(from.values(), from.rows(), from.columns());
}

// The bias is the last column of a learned item.
ItemSpace SpaceOf(const kernels::Matrix& items, double l2) {
  const size_t d = items.columns() - 1;
  kernels::Matrix vectors(items.rows(), d);
  std::vector<float> biases(items.rows());
  for (size_t i = 0; i < biases.size(); ++i) {
    std::copy_n(items.Row(i).begin(), d, vectors.Row(i).begin());
    biases[i] = items.Row(i)[d];
  }
  return ItemSpace(std::move(vectors), std::move(biases), l2);
}

void RequireFinite(const kernels::Matrix& items, const BprOptions& options) {
  if (std::all_of(items.values().begin(), items.values().end(),
                  [](float value) { return std::abs(value) < 1e6f; }))
    return;
  throw Error(
      Code::kFailedPrecondition,
      StrCat("bpr with learning_rate ", options.learning_rate, ": the factors grow without end"),
      "lower learning_rate, or raise l2");
}

}  // namespace

BprModel::BprModel(std::shared_ptr<const IdDictionary> items, const BprOptions& options,
                   ItemSpace space, kernels::Matrix squares)
    : Model(std::move(items)),
      options_(options),
      space_(std::move(space)),
      squares_(std::move(squares)) {}

std::unique_ptr<BprModel> TrainBpr(const Interactions& data, const BprOptions& options,
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
  BprTrainer trainer(split.train(), options, pool);
  BprFactors factors = InitialFactors(split.train(), options);
  kernels::Matrix best, best_squares;
  const EpochSteps steps = {
      .run =
          [&](int epoch) {
            trainer.Epoch(epoch, observer, &factors);
            RequireFinite(factors.items.values, options);
          },
      .scorer = [&] { return ScorerOf(SpaceOf(factors.items.values, options.fold_in_l2)); },
      .keep =
          [&] {
            best = Copy(factors.items.values);
            best_squares = Copy(factors.items.squares);
          }};
  RunEpochs(plan, split, steps, observer);
  return std::unique_ptr<BprModel>(new BprModel(
      data.shared_items(), options, SpaceOf(best, options.fold_in_l2), std::move(best_squares)));
}

std::unique_ptr<Model> BprModel::PartialFit(const Interactions& data, int threads,
                                            TrainObserver& observer) const {
  RequireInteractions(data, kType);
  BprOptions options = options_;
  options.threads = std::max(threads, 1);
  options.epochs = kPartialEpochs;
  BprFactors factors = InitialFactors(data, options);
  const size_t d = space_.vectors().columns();
  for (size_t i = 0; i < space_.biases().size(); ++i) {
    // One without interactions until now starts as a new one does.
    const std::span<const float> vector = space_.vectors().Row(i);
    if (std::all_of(vector.begin(), vector.end(), [](float value) { return value == 0; })) continue;
    std::copy(vector.begin(), vector.end(), factors.items.values.Row(i).begin());
    factors.items.values.Row(i)[d] = space_.biases()[i];
    if (squares_.rows() > 0)
      std::copy(squares_.Row(i).begin(), squares_.Row(i).end(),
                factors.items.squares.Row(i).begin());
  }
  ThreadPool pool(options.threads);
  pool.ParallelFor(data.num_users(), 8, [&](int64_t begin, int64_t end, int) {
    for (int64_t user = begin; user < end; ++user) {
      if (observer.ShouldStop()) return;
      const SparseRow known =
          KnownItems(data.by_user().Row(static_cast<int32_t>(user)), items().size());
      const std::vector<float> vector = space_.Fold(known.columns);
      std::copy(vector.begin(), vector.end(),
                factors.users.values.Row(static_cast<size_t>(user)).begin());
    }
  });
  BprTrainer trainer(data, options, pool);
  for (int epoch = 1; epoch <= kPartialEpochs; ++epoch) {
    ThrowIfStopped(observer, kType);
    trainer.Epoch(epoch, observer, &factors);
    RequireFinite(factors.items.values, options);
    observer.OnEpoch({.epoch = epoch, .epochs = kPartialEpochs});
  }
  options.epochs = options_.epochs;
  return std::unique_ptr<Model>(new BprModel(data.shared_items(), options,
                                             SpaceOf(factors.items.values, options.fold_in_l2),
                                             std::move(factors.items.squares)));
}

void BprModel::Score(const SparseRow& history, std::span<float> scores) const {
  space_.Score(space_.Fold(KnownItems(history, items().size()).columns), scores);
}

std::vector<ScoredItem> BprModel::SimilarItems(int32_t item, int k) const {
  return space_.Similar(item, k);
}

std::vector<ScoredItem> BprModel::Explain(const SparseRow& history, int32_t item, int k) const {
  return Fold(history)->Explain(std::span(&item, 1), k).front();
}

std::unique_ptr<FoldedUser> BprModel::Fold(const SparseRow& history) const {
  return std::make_unique<FoldedSpaceUser>(space_, KnownItems(history, items().size()).columns);
}

void BprModel::Save(ModelWriter& writer) const {
  writer.SetSettings(Json::MakeObject({{"factors", options_.factors},
                                       {"epochs", options_.epochs},
                                       {"patience", options_.patience},
                                       {"learning_rate", options_.learning_rate},
                                       {"l2", options_.l2},
                                       {"fold_in_l2", options_.fold_in_l2},
                                       {"init_stddev", options_.init_stddev},
                                       {"negatives", options_.negatives},
                                       {"optimizer", options_.optimizer},
                                       {"seed", options_.seed}}));
  writer.Add("item_factors", space_.vectors().values(), {items().size(), options_.factors});
  writer.Add("biases", space_.biases(), {items().size()});
  writer.Add("squares", squares_.values(),
             {static_cast<int64_t>(squares_.rows()), int64_t{options_.factors} + 1});
}

std::unique_ptr<BprModel> BprModel::Load(const ModelReader& reader,
                                         std::shared_ptr<const IdDictionary> items) {
  const int64_t d = reader.SettingInt("factors");
  if (d < 1 || d > kMaxFactors) reader.Refuse(StrCat("setting 'factors' is ", d));
  BprOptions options{.factors = static_cast<int>(d),
                     .epochs = static_cast<int>(reader.SettingInt("epochs")),
                     .patience = static_cast<int>(reader.SettingInt("patience")),
                     .learning_rate = reader.SettingDouble("learning_rate"),
                     .l2 = reader.SettingDouble("l2"),
                     .fold_in_l2 = reader.SettingDouble("fold_in_l2"),
                     .init_stddev = reader.SettingDouble("init_stddev"),
                     .negatives = reader.settings().GetString("negatives"),
                     .optimizer = reader.settings().GetString("optimizer"),
                     .seed = static_cast<uint64_t>(reader.SettingInt("seed"))};
  try {
    RequireValid(options);
  } catch (const Error& error) {
    reader.Refuse(error.message());
  }
  const int64_t n = items->size();
  const auto columns = static_cast<size_t>(d), num_items = static_cast<size_t>(n);
  const int64_t rows = options.optimizer == "adagrad" ? n : 0;
  const std::span<const float> squares = reader.Floats("squares", {rows, d + 1});
  if (std::any_of(squares.begin(), squares.end(), [](float value) { return value <= 0; }))
    reader.Refuse("section 'squares' is not positive");
  const std::span<const float> biases = reader.Floats("biases", {n});
  return std::unique_ptr<BprModel>(
      new BprModel(std::move(items), options,
                   ItemSpace(MatrixOf(reader.Floats("item_factors", {n, d}), num_items, columns),
                             std::vector<float>(biases.begin(), biases.end()), options.fold_in_l2),
                   MatrixOf(squares, static_cast<size_t>(rows), columns + 1)));
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  const BprOptions defaults;
  return {{"factors",
           Type::kInt,
           StrCat(defaults.factors),
           "length of the vectors; time grows with it",
           1,
           kMaxFactors,
           {},
           SearchRange{32, 256, true}},
          {"epochs", Type::kInt, StrCat(defaults.epochs),
           "passes over the data; at most so many with patience", 1, 10000},
          {"patience", Type::kInt, StrCat(defaults.patience),
           "epochs without a better held-out NDCG that end it; 0 runs all epochs on all data", 0,
           10000},
          {"learning_rate",
           Type::kNumber,
           StrCat(defaults.learning_rate),
           "length of a step; lower it when the first epochs are the best",
           1e-6,
           10,
           {},
           SearchRange{0.02, 0.5, true}},
          {"l2",
           Type::kNumber,
           StrCat(defaults.l2),
           "how much each step holds factors back; raise it for small data",
           0,
           100,
           {},
           SearchRange{1e-4, 0.05, true}},
          {"fold_in_l2",
           Type::kNumber,
           StrCat(defaults.fold_in_l2),
           "how much folded users are held back; raise it for short histories",
           1e-6,
           1e6,
           {},
           SearchRange{0.5, 20, true}},
          {"init_stddev", Type::kNumber, StrCat(defaults.init_stddev),
           "spread of the first factors, over sqrt(factors)", 1e-6, 10},
          {.key = "negatives",
           .type = Type::kText,
           .fallback = defaults.negatives,
           .doc = "how items to compare with are drawn; popularity gives harder ones",
           .choices = {"uniform", "popularity"}},
          {.key = "optimizer",
           .type = Type::kText,
           .fallback = defaults.optimizer,
           .doc = "how steps are sized; sgd takes half the memory and wants its rate tuned",
           .choices = {"adagrad", "sgd"}}};
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainBpr(in.data,
                  {.factors = in.Int("factors"),
                   .epochs = in.Int("epochs"),
                   .patience = in.Int("patience"),
                   .learning_rate = in.Double("learning_rate"),
                   .l2 = in.Double("l2"),
                   .fold_in_l2 = in.Double("fold_in_l2"),
                   .init_stddev = in.Double("init_stddev"),
                   .negatives = in.Text("negatives"),
                   .optimizer = in.Text("optimizer"),
                   .seed = in.seed(),
                   .threads = in.threads},
                  in.observer);
}

}  // namespace

const ModelDefinition& BprDefinition() {
  static const ModelDefinition definition = {
      "bpr", "matrix factorization that learns which of two titles somebody prefers", Settings(),
      TrainFrom, LoadAs<BprModel>};
  return definition;
}

}  // namespace marquee
