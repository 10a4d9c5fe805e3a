#include "models/hybrid.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "kernels/vector.h"
#include "models/epoch_loop.h"
#include "models/hybrid_trainer.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "hybrid";
constexpr int kPartialEpochs = 2;
constexpr int kMaxFactors = 4096;

const std::vector<std::string>& Losses() {
  static const std::vector<std::string> names = {"logistic", "bpr", "warp", "warp-kos"};
  return names;
}
const std::vector<std::string>& FeatureChoices() {
  static const std::vector<std::string> names = {"all", "ids", "content"};
  return names;
}
const std::vector<std::string>& Optimizers() {
  static const std::vector<std::string> names = {"adagrad", "adadelta"};
  return names;
}

void RequireValid(const HybridOptions& options) {
  RequireRange("factors", options.factors, 1, kMaxFactors);
  RequireRange("epochs", options.epochs, 1, 10000);
  RequireRange("patience", options.patience, 0, 10000);
  RequireChoice("loss", options.loss, Losses());
  RequireChoice("features", options.features, FeatureChoices());
  RequireChoice("optimizer", options.optimizer, Optimizers());
  RequireRange("learning_rate", options.learning_rate, 1e-6, 10);
  RequireRange("l2", options.l2, 0, 100);
  RequireRange("fold_in_l2", options.fold_in_l2, 1e-6, 1e6);
  RequireRange("init_stddev", options.init_stddev, 1e-6, 10);
  RequireRange("max_trials", options.max_trials, 1, 1000);
  RequireRange("kos_positives", options.kos_positives, 1, 1000);
  RequireRange("kos_k", options.kos_k, 1, 1000);
  RequireRange("threads", options.threads, 1, 4096);
}

HybridFeatures FeaturesOf(const Interactions& data, const HybridOptions& options) {
  HybridFeatures features(
      data, {.ids = options.features != "content", .content = options.features != "ids"});
  if (!features.entries().empty()) return features;
  throw Error(Code::kInvalidArgument, "hybrid with features content: no item has a genre or a year",
              "train it with features all, or import a catalog with genres");
}

ItemSpace SpaceOf(const HybridFeatures& features, const kernels::Matrix& embeddings, double l2,
                  ThreadPool& pool) {
  const size_t d = embeddings.columns() - 1;
  kernels::Matrix items(static_cast<size_t>(features.num_items()), d + 1);
  SumFeatures(features, embeddings, pool, &items);
  kernels::Matrix vectors(items.rows(), d);
  std::vector<float> biases(items.rows());
  for (size_t i = 0; i < biases.size(); ++i) {
    std::copy_n(items.Row(i).begin(), d, vectors.Row(i).begin());
    biases[i] = items.Row(i)[d];
  }
  return ItemSpace(std::move(vectors), std::move(biases), l2);
}

ItemSpace SpaceOf(const HybridFeatures& features, const kernels::Matrix& embeddings, double l2) {
  ThreadPool pool(1);
  return SpaceOf(features, embeddings, l2, pool);
}

UserFeatureIndex UserFeaturesOf(const Interactions& data, const HybridOptions& options) {
  return options.user_features ? UserFeatureIndex(data) : UserFeatureIndex();
}

// The sum of the embeddings of those features; empty where no user has any.
std::vector<float> CenterOf(std::span<const std::string> features, const UserFeatureIndex& index,
                            const kernels::Matrix& embeddings) {
  if (index.empty()) return {};
  std::vector<float> center(embeddings.columns());
  kernels::AddRows(embeddings, index.Find(features), center);
  return center;
}

kernels::Matrix WithoutLast(const kernels::Matrix& from) {
  kernels::Matrix to(from.rows(), from.columns() - 1);
  for (size_t row = 0; row < from.rows(); ++row)
    std::copy_n(from.Row(row).begin(), to.columns(), to.Row(row).begin());
  return to;
}

// Scores users of `train` while it is learned.
ScoreFunction Scorer(ItemSpace space, const Interactions& train, const UserFeatureIndex& index,
                     const HybridState& state) {
  if (index.empty()) return ScorerOf(std::move(space));
  const auto shared = std::make_shared<const ItemSpace>(std::move(space));
  const auto embeddings =
      std::make_shared<const kernels::Matrix>(WithoutLast(state.user_features.values));
  return [shared, embeddings, &train, &index](int32_t user, const SparseRow& history,
                                              std::span<float> scores) {
    const std::vector<float> center = CenterOf(train.UserFeatures(user), index, *embeddings);
    shared->Score(shared->Fold(history.columns, center), scores);
  };
}

}  // namespace

HybridLoss HybridLossOf(std::string_view name) {
  RequireChoice("loss", name, Losses());
  return static_cast<HybridLoss>(std::find(Losses().begin(), Losses().end(), name) -
                                 Losses().begin());
}

HybridModel::HybridModel(std::shared_ptr<const IdDictionary> items, const HybridOptions& options,
                         Parts parts)
    : Model(std::move(items)),
      options_(options),
      features_(std::move(parts.features)),
      embeddings_(std::move(parts.embeddings)),
      user_features_(std::move(parts.user_features)),
      user_embeddings_(std::move(parts.user_embeddings)),
      space_(SpaceOf(features_, embeddings_, options_.fold_in_l2)) {}

HybridModel::Parts HybridModel::PartsOf(HybridFeatures features, UserFeatureIndex user_features,
                                        const HybridState& state) {
  const kernels::Matrix& now = state.features.values;
  return {std::move(features), MatrixOf(now.values(), now.rows(), now.columns()),
          std::move(user_features), WithoutLast(state.user_features.values)};
}

std::unique_ptr<HybridModel> TrainHybrid(const Interactions& data, const HybridOptions& options,
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
  HybridFeatures features = FeaturesOf(split.train(), options);
  const UserFeatureIndex users = UserFeaturesOf(split.train(), options);
  HybridState state =
      InitialHybridState({data.num_users(), features.size(), users.size()}, options);
  HybridTrainer trainer(split.train(), features, options, pool, users);
  HybridModel::Parts best;
  const EpochSteps steps = {
      .run = [&](int epoch) { trainer.Epoch(epoch, observer, &state); },
      .scorer =
          [&] {
            return Scorer(SpaceOf(features, state.features.values, options.fold_in_l2, pool),
                          split.train(), users, state);
          },
      .keep = [&] { best = HybridModel::PartsOf(features, users, state); }};
  RunEpochs(plan, split, steps, observer);
  return std::unique_ptr<HybridModel>(
      new HybridModel(data.shared_items(), options, std::move(best)));
}

// Copies what is known of features that both have: items by row, the others by name.
void HybridModel::CarryOver(const HybridFeatures& to, const UserFeatureIndex& users_to,
                            HybridState* state) const {
  const auto copy = [&](size_t from_row, size_t to_row) {
    const std::span<const float> row = embeddings_.Row(from_row);
    std::copy(row.begin(), row.end(), state->features.values.Row(to_row).begin());
  };
  for (int32_t item = 0; item < features_.num_items(); ++item) {
    const std::span<const int32_t> mine = features_.Of(item);
    if (!mine.empty() && mine.front() == item)
      copy(static_cast<size_t>(item), static_cast<size_t>(item));
  }
  const std::vector<std::string>& names = to.names();
  for (size_t n = 0; n < features_.names().size(); ++n) {
    const auto at = std::lower_bound(names.begin(), names.end(), features_.names()[n]);
    if (at == names.end() || *at != features_.names()[n]) continue;
    copy(static_cast<size_t>(features_.num_items()) + n,
         static_cast<size_t>(to.num_items()) + static_cast<size_t>(at - names.begin()));
  }
  for (size_t n = 0; n < user_features_.size(); ++n) {
    for (const int32_t at : users_to.Find(std::span(user_features_.names()).subspan(n, 1)))
      std::copy_n(user_embeddings_.Row(n).begin(), user_embeddings_.columns(),
                  state->user_features.values.Row(static_cast<size_t>(at)).begin());
  }
}

std::unique_ptr<Model> HybridModel::PartialFit(const Interactions& data, int threads,
                                               TrainObserver& observer) const {
  RequireInteractions(data, kType);
  HybridOptions options = options_;
  options.threads = std::max(threads, 1);
  HybridFeatures features = FeaturesOf(data, options);
  const UserFeatureIndex users = UserFeaturesOf(data, options);
  HybridState state =
      InitialHybridState({data.num_users(), features.size(), users.size()}, options);
  CarryOver(features, users, &state);
  ThreadPool pool(options.threads);
  pool.ParallelFor(data.num_users(), 8, [&](int64_t begin, int64_t end, int) {
    for (int64_t user = begin; user < end && !observer.ShouldStop(); ++user) {
      const SparseRow row = data.by_user().Row(static_cast<int32_t>(user));
      const std::vector<float> center =
          CenterOf(data.UserFeatures(static_cast<int32_t>(user)), user_features_, user_embeddings_);
      std::vector<float> vector = space_.Fold(KnownItems(row, items().size()).columns, center);
      if (!center.empty()) kernels::Axpy(-1, center, vector);
      std::copy(vector.begin(), vector.end(),
                state.users.values.Row(static_cast<size_t>(user)).begin());
    }
  });
  HybridTrainer trainer(data, features, options, pool, users);
  for (int epoch = 1; epoch <= kPartialEpochs; ++epoch) {
    ThrowIfStopped(observer, kType);
    trainer.Epoch(epoch, observer, &state);
    observer.OnEpoch({.epoch = epoch, .epochs = kPartialEpochs});
  }
  return std::unique_ptr<Model>(
      new HybridModel(data.shared_items(), options, PartsOf(std::move(features), users, state)));
}

void HybridModel::Score(const SparseRow& history, std::span<float> scores) const {
  space_.Score(space_.Fold(KnownItems(history, items().size()).columns), scores);
}

std::vector<ScoredItem> HybridModel::SimilarItems(int32_t item, int k) const {
  return space_.Similar(item, k);
}

std::vector<ScoredItem> HybridModel::Explain(const SparseRow& history, int32_t item, int k) const {
  return Fold(history)->Explain(std::span(&item, 1), k).front();
}

std::unique_ptr<FoldedUser> HybridModel::Fold(const SparseRow& history) const {
  return std::make_unique<FoldedSpaceUser>(space_, KnownItems(history, items().size()).columns);
}

std::unique_ptr<FoldedUser> HybridModel::FoldWith(const SparseRow& history,
                                                  std::span<const std::string> features) const {
  return std::make_unique<FoldedSpaceUser>(space_, KnownItems(history, items().size()).columns,
                                           CenterOf(features, user_features_, user_embeddings_));
}

void HybridModel::Save(ModelWriter& writer) const {
  writer.SetSettings(Json::MakeObject({{"factors", options_.factors},
                                       {"epochs", options_.epochs},
                                       {"patience", options_.patience},
                                       {"loss", options_.loss},
                                       {"features", options_.features},
                                       {"user_features", options_.user_features ? 1 : 0},
                                       {"optimizer", options_.optimizer},
                                       {"learning_rate", options_.learning_rate},
                                       {"l2", options_.l2},
                                       {"fold_in_l2", options_.fold_in_l2},
                                       {"init_stddev", options_.init_stddev},
                                       {"max_trials", options_.max_trials},
                                       {"kos_positives", options_.kos_positives},
                                       {"kos_k", options_.kos_k},
                                       {"seed", options_.seed}}));
  writer.AddStrings("feature_names", features_.names());
  writer.Add("feature_offsets", features_.offsets(), {int64_t{items().size()} + 1});
  writer.Add("features", features_.entries(), {static_cast<int64_t>(features_.entries().size())});
  writer.Add("embeddings", embeddings_.values(),
             {static_cast<int64_t>(embeddings_.rows()), int64_t{options_.factors} + 1});
  if (user_features_.empty()) return;
  writer.AddStrings("user_feature_names", user_features_.names());
  writer.Add("user_embeddings", user_embeddings_.values(),
             {static_cast<int64_t>(user_embeddings_.rows()), int64_t{options_.factors}});
}

namespace {

// Files of before user features lack the setting.
bool ReadsUserFeatures(const ModelReader& reader) {
  return reader.settings().Find("user_features") == nullptr ||
         reader.SettingInt("user_features") != 0;
}

HybridOptions ReadOptions(const ModelReader& reader) {
  const int64_t d = reader.SettingInt("factors");
  if (d < 1 || d > kMaxFactors) reader.Refuse(StrCat("setting 'factors' is ", d));
  HybridOptions options{.factors = static_cast<int>(d),
                        .epochs = static_cast<int>(reader.SettingInt("epochs")),
                        .patience = static_cast<int>(reader.SettingInt("patience")),
                        .loss = reader.settings().GetString("loss"),
                        .features = reader.settings().GetString("features"),
                        .user_features = ReadsUserFeatures(reader),
                        .optimizer = reader.settings().GetString("optimizer"),
                        .learning_rate = reader.SettingDouble("learning_rate"),
                        .l2 = reader.SettingDouble("l2"),
                        .fold_in_l2 = reader.SettingDouble("fold_in_l2"),
                        .init_stddev = reader.SettingDouble("init_stddev"),
                        .max_trials = static_cast<int>(reader.SettingInt("max_trials")),
                        .kos_positives = static_cast<int>(reader.SettingInt("kos_positives")),
                        .kos_k = static_cast<int>(reader.SettingInt("kos_k")),
                        .seed = static_cast<uint64_t>(reader.SettingInt("seed"))};
  try {
    RequireValid(options);
  } catch (const Error& error) {
    reader.Refuse(error.message());
  }
  return options;
}

HybridFeatures ReadFeatures(const ModelReader& reader, int64_t num_items) {
  std::vector<std::string> names = reader.Strings("feature_names");
  const std::span<const int64_t> offsets = reader.Longs("feature_offsets", {num_items + 1});
  const std::span<const int32_t> entries = reader.Ints("features", {-1});
  if (!std::is_sorted(names.begin(), names.end()))
    reader.Refuse("section 'feature_names' is not in order");
  if (offsets.front() != 0 || offsets.back() != static_cast<int64_t>(entries.size()) ||
      !std::is_sorted(offsets.begin(), offsets.end()))
    reader.Refuse("section 'feature_offsets' does not divide the features");
  const int64_t size = num_items + static_cast<int64_t>(names.size());
  for (const int32_t feature : entries) {
    if (feature < 0 || feature >= size) reader.Refuse(StrCat("section 'features' holds ", feature));
  }
  return HybridFeatures(std::move(names), {offsets.begin(), offsets.end()},
                        {entries.begin(), entries.end()});
}

}  // namespace

std::unique_ptr<HybridModel> HybridModel::Load(const ModelReader& reader,
                                               std::shared_ptr<const IdDictionary> items) {
  const HybridOptions options = ReadOptions(reader);
  HybridFeatures features = ReadFeatures(reader, items->size());
  const auto rows = static_cast<int64_t>(features.size());
  const int64_t columns = int64_t{options.factors} + 1;
  kernels::Matrix embeddings = MatrixOf(reader.Floats("embeddings", {rows, columns}),
                                        features.size(), static_cast<size_t>(columns));
  UserFeatureIndex users = UserFeatureIndex::Load(reader, "user_feature_names");
  kernels::Matrix user_embeddings(0, static_cast<size_t>(options.factors));
  if (!users.empty()) {
    const auto count = static_cast<int64_t>(users.size());
    user_embeddings = MatrixOf(reader.Floats("user_embeddings", {count, int64_t{options.factors}}),
                               users.size(), static_cast<size_t>(options.factors));
  }
  return std::unique_ptr<HybridModel>(new HybridModel(
      std::move(items), options,
      {std::move(features), std::move(embeddings), std::move(users), std::move(user_embeddings)}));
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  const HybridOptions defaults;
  const auto choice = [](std::string key, std::string fallback, std::string doc,
                         const std::vector<std::string>& choices) {
    return SettingSpec{.key = std::move(key),
                       .type = Type::kText,
                       .fallback = std::move(fallback),
                       .doc = std::move(doc),
                       .choices = choices};
  };
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
          choice("loss", defaults.loss, "what is learned; warp for the top of the list", Losses()),
          choice("features", defaults.features,
                 "what items are made of; ids alone gives up titles that nobody has met",
                 FeatureChoices()),
          {"user_features", Type::kInt, StrCat(defaults.user_features ? 1 : 0),
           "1: what is known of users counts, most for those of short history", 0, 1},
          choice("optimizer", defaults.optimizer,
                 "how steps are sized; adadelta wants a learning_rate of about 1", Optimizers()),
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
           "how much each sample holds embeddings back; raise it for small data",
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
           "spread of the first embeddings, over sqrt(factors)", 1e-6, 10},
          {"max_trials", Type::kInt, StrCat(defaults.max_trials),
           "warp: titles drawn until one ranks too high; more is slower and surer", 1, 1000},
          {"kos_positives", Type::kInt, StrCat(defaults.kos_positives),
           "warp-kos: titles of the history drawn for a sample", 1, 1000},
          {"kos_k", Type::kInt, StrCat(defaults.kos_k),
           "warp-kos: which of them is learned, the best being 1", 1, 1000}};
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainHybrid(in.data,
                     {.factors = in.Int("factors"),
                      .epochs = in.Int("epochs"),
                      .patience = in.Int("patience"),
                      .loss = in.Text("loss"),
                      .features = in.Text("features"),
                      .user_features = in.Int("user_features") == 1,
                      .optimizer = in.Text("optimizer"),
                      .learning_rate = in.Double("learning_rate"),
                      .l2 = in.Double("l2"),
                      .fold_in_l2 = in.Double("fold_in_l2"),
                      .init_stddev = in.Double("init_stddev"),
                      .max_trials = in.Int("max_trials"),
                      .kos_positives = in.Int("kos_positives"),
                      .kos_k = in.Int("kos_k"),
                      .seed = in.seed(),
                      .threads = in.threads},
                     in.observer);
}

}  // namespace

const ModelDefinition& HybridDefinition() {
  static const ModelDefinition definition = {
      "hybrid", "learned sums of genres, decade and the title itself; knows new titles too",
      Settings(), TrainFrom, LoadAs<HybridModel>};
  return definition;
}

}  // namespace marquee
