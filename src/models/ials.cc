#include "models/ials.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "kernels/vector.h"
#include "models/early_stopping.h"
#include "models/ials_descent.h"
#include "models/ials_solver.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "ials";
constexpr int kMaxFactors = 4096;
constexpr int32_t kHeldOutUsers = 1000;

// Conjugate gradient takes 0.4 of the exact solver's processor time at 64 to 512 factors (760,000
// synthetic interactions; objectives within 1e-5 after four epochs). Up to here the exact one is
// quick enough.
constexpr int kLargestExactFactors = 128;

IalsSolver SolverOf(const IalsOptions& options) {
  if (options.solver != IalsSolver::kAuto) return options.solver;
  return options.factors <= kLargestExactFactors ? IalsSolver::kCholesky : IalsSolver::kCg;
}

// By their values.
const std::vector<std::string>& SolverNames() {
  static const std::vector<std::string> names = {"auto", "cholesky", "cg", "subspace"};
  return names;
}

IalsSolver ParseSolver(std::string_view name) {
  const std::vector<std::string>& names = SolverNames();
  RequireChoice("solver", name, names);
  return static_cast<IalsSolver>(std::find(names.begin(), names.end(), name) - names.begin());
}

void RequireValid(const IalsOptions& options) {
  RequireRange("factors", options.factors, 1, kMaxFactors);
  RequireRange("epochs", options.epochs, 1, 1000);
  RequireRange("regularization", options.regularization, 1e-9, 1e6);
  RequireRange("unobserved_weight", options.unobserved_weight, 1e-9, 1e3);
  RequireRange("nu", options.nu, 0, 1);
  RequireRange("init_stddev", options.init_stddev, 1e-6, 10);
  RequireRange("cg_steps", options.cg_steps, 1, 100);
  RequireRange("block", options.block, 1, kMaxFactors);
  RequireRange("patience", options.patience, 0, 1000);
  RequireRange("threads", options.threads, 1, 4096);
}

void RequireMemory(const Interactions& data, const IalsOptions& options) {
  const int64_t rows = int64_t{data.num_users()} + data.num_items();
  const int64_t d = options.factors;
  // The factors, those of one side a second time while they turn or in blocks; a square a thread,
  // and ten for the eigenvectors in double precision; with patience, the best items so far.
  const int64_t turning = std::max(data.num_users(), data.num_items());
  const int64_t best = options.patience > 0 ? data.num_items() : 0;
  const int64_t needed = ((rows + turning + best) * d + (options.threads + 10) * d * d) *
                         static_cast<int64_t>(sizeof(float));
  const int64_t free = options.memory_bytes > 0 ? options.memory_bytes : AvailableMemoryBytes();
  if (needed <= free) return;
  throw Error(Code::kResourceExhausted,
              StrCat("ials of ", WithThousands(rows), " users and items with ", d,
                     " factors needs ", HumanBytes(needed),
                     " of memory: ", HumanBytes(std::max<int64_t>(free, 0)), " are free"),
              "lower factors, or free memory");
}

// 1 / |row|; NaN for a row of zeros, so that it is like nothing.
std::vector<float> InverseNorms(const kernels::Matrix& factors) {
  std::vector<float> inverse(factors.rows());
  for (size_t row = 0; row < inverse.size(); ++row) {
    const float square = kernels::Dot(factors.Row(row), factors.Row(row));
    inverse[row] = square > 0 ? 1 / std::sqrt(square) : std::numeric_limits<float>::quiet_NaN();
  }
  return inverse;
}

class FoldedIalsUser : public FoldedUser {
 public:
  FoldedIalsUser(const IalsModel& model, IalsUser user) : model_(model), user_(std::move(user)) {}

  void Score(std::span<float> scores) const override { model_.ScoreVector(user_.vector(), scores); }
  std::vector<std::vector<ScoredItem>> Explain(std::span<const int32_t> items,
                                               int k) const override {
    return user_.Explain(items, k);
  }

 private:
  const IalsModel& model_;
  const IalsUser user_;
};

// What every step of a training works with.
struct Work {
  const IalsOptions& options;
  ThreadPool& pool;
  const TrainObserver& observer;
};

// Solves or improves `rows` against `fixed`, which is turned, and returns its axes.
std::vector<float> HalfStep(const SparseMatrix& data, const Work& work, kernels::Matrix* fixed,
                            kernels::Matrix* rows) {
  const auto& [options, pool, observer] = work;
  IalsOptions resolved = options;
  resolved.solver = SolverOf(options);
  if (resolved.solver == IalsSolver::kCholesky) {
    std::vector<float> axes = TurnToPrincipalAxes(fixed, pool);
    SolveRows(data, IalsSide(*fixed, axes, resolved), pool, observer, rows);
    return axes;
  }
  std::vector<float> axes = TurnToPrincipalAxes(fixed, pool, rows);
  ImproveRows(data, IalsDescent(*fixed, axes, resolved, pool), pool, observer, rows);
  return axes;
}

// Calls `ends_with(epoch, factors)` after each epoch until it says so.
void RunEpochs(const Interactions& data, const IalsOptions& options, ThreadPool& pool,
               const TrainObserver& observer,
               const std::function<bool(int epoch, IalsFactors& factors)>& ends_with) {
  IalsFactors factors;
  factors.users = RandomFactors(data.num_users(), options, pool);
  factors.items = kernels::Matrix(static_cast<size_t>(data.num_items()), factors.users.columns());
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    HalfStep(data.by_item(), {options, pool, observer}, &factors.users, &factors.items);
    factors.item_axes =
        HalfStep(data.by_user(), {options, pool, observer}, &factors.items, &factors.users);
    if (ends_with(epoch, factors)) return;
  }
}

double Validate(const HeldOut& held_out, const IalsFactors& factors, const IalsOptions& options) {
  const IalsSide side(factors.items, factors.item_axes, options);
  return HeldOutNdcg(
      held_out,
      [&](int32_t, const SparseRow& history, std::span<float> scores) {
        IalsWorkspace workspace;
        std::vector<float> user(factors.items.columns());
        side.Solve(history.columns, workspace, user);
        kernels::Scores(factors.items, user, scores);
      },
      options.threads);
}

kernels::Matrix CopyOf(const kernels::Matrix& matrix) {
  kernels::Matrix copy(matrix.rows(), matrix.columns());
  std::copy(matrix.values().begin(), matrix.values().end(), copy.values().begin());
  return copy;
}

std::unique_ptr<IalsModel> TrainWithPatience(const Interactions& data, const HeldOut& held_out,
                                             const IalsOptions& options, TrainObserver& observer) {
  ThreadPool pool(options.threads);
  EarlyStopping stopping(options.patience);
  kernels::Matrix items;
  std::vector<float> axes;
  RunEpochs(held_out.train, options, pool, observer, [&](int epoch, IalsFactors& factors) {
    const double ndcg = Validate(held_out, factors, options);
    if (stopping.Improves(ndcg)) {
      items = CopyOf(factors.items);
      axes = factors.item_axes;
    }
    observer.OnEpoch({.epoch = epoch, .epochs = options.epochs, .validation = ndcg});
    return stopping.gives_up();
  });
  return std::make_unique<IalsModel>(data.shared_items(), options, std::move(items),
                                     std::move(axes));
}

void RequireTrainable(const Interactions& data, const IalsOptions& options) {
  RequireValid(options);
  RequireInteractions(data, kType);
  RequireMemory(data, options);
}

}  // namespace

IalsFactors FactorizeIals(const Interactions& data, const IalsOptions& options,
                          TrainObserver& observer) {
  RequireTrainable(data, options);
  ThreadPool pool(options.threads);
  IalsFactors last;
  RunEpochs(data, options, pool, observer, [&](int epoch, IalsFactors& factors) {
    observer.OnEpoch({.epoch = epoch, .epochs = options.epochs});
    if (epoch == options.epochs) last = std::move(factors);
    return false;
  });
  return last;
}

std::unique_ptr<IalsModel> TrainIals(const Interactions& data, const IalsOptions& options,
                                     TrainObserver& observer) {
  RequireTrainable(data, options);
  if (options.patience > 0) {
    const HeldOut held_out = HoldOutNewest(data, kHeldOutUsers, options.seed);
    if (!held_out.targets.empty()) return TrainWithPatience(data, held_out, options, observer);
  }
  IalsFactors factors = FactorizeIals(data, options, observer);
  return std::make_unique<IalsModel>(data.shared_items(), options, std::move(factors.items),
                                     std::move(factors.item_axes));
}

std::unique_ptr<Model> IalsModel::PartialFit(const Interactions& data, int threads,
                                             TrainObserver& observer) const {
  IalsOptions options = options_;
  options.threads = threads;
  RequireTrainable(data, options);
  ThreadPool pool(threads);
  kernels::Matrix grown(static_cast<size_t>(data.num_items()), item_factors_.columns());
  std::copy(item_factors_.values().begin(), item_factors_.values().end(), grown.values().begin());
  // Items newer than the model are zero: they add nothing to the axes, nor to any user.
  kernels::Matrix users(static_cast<size_t>(data.num_users()), grown.columns());
  SolveRows(data.by_user(), IalsSide(grown, axes_, options), pool, observer, &users);
  HalfStep(data.by_item(), {options, pool, observer}, &users, &grown);
  std::vector<float> axes = TurnToPrincipalAxes(&grown, pool);
  observer.OnEpoch({.epoch = 1, .epochs = 1});
  return std::make_unique<IalsModel>(data.shared_items(), options, std::move(grown),
                                     std::move(axes));
}

IalsUser::IalsUser(const IalsSide& side)
    : side_(side), workspace_(std::make_unique<IalsWorkspace>()) {}
IalsUser::~IalsUser() = default;
IalsUser::IalsUser(IalsUser&&) noexcept = default;

std::vector<std::vector<ScoredItem>> IalsUser::Explain(std::span<const int32_t> items,
                                                       int k) const {
  std::vector<std::vector<ScoredItem>> explanations;
  std::vector<float> contributions(history_.size());
  for (const int32_t item : items) {
    side_.Contributions(*workspace_, history_, item, contributions);
    std::vector<ScoredItem> parts;
    parts.reserve(history_.size());
    for (size_t j = 0; j < history_.size(); ++j) parts.push_back({history_[j], contributions[j]});
    explanations.push_back(Largest(std::move(parts), k));
  }
  return explanations;
}

IalsModel::IalsModel(std::shared_ptr<const IdDictionary> items, const IalsOptions& options,
                     kernels::Matrix item_factors, std::vector<float> axes)
    : Model(std::move(items)),
      options_(options),
      item_factors_(std::move(item_factors)),
      axes_(std::move(axes)),
      inverse_norms_(InverseNorms(item_factors_)),
      side_(std::make_unique<IalsSide>(item_factors_, axes_, options_)) {}

IalsModel::~IalsModel() = default;

std::unique_ptr<FoldedUser> IalsModel::Fold(const SparseRow& history) const {
  return std::make_unique<FoldedIalsUser>(*this, FoldUser(history));
}

IalsUser IalsModel::FoldUser(const SparseRow& history) const {
  IalsUser user(*side_);
  const std::span<const int32_t> known = KnownItems(history, items().size()).columns;
  user.history_.assign(known.begin(), known.end());
  user.vector_.resize(item_factors_.columns());
  side_->Solve(known, *user.workspace_, user.vector_);
  return user;
}

std::vector<float> IalsModel::FoldIn(const SparseRow& history) const {
  return FoldUser(history).vector_;
}

void IalsModel::ScoreVector(std::span<const float> vector, std::span<float> scores) const {
  kernels::Scores(item_factors_, vector, scores);
}

void IalsModel::Score(const SparseRow& history, std::span<float> scores) const {
  ScoreVector(FoldIn(history), scores);
}

std::vector<ScoredItem> IalsModel::SimilarItems(int32_t item, int k) const {
  const auto i = static_cast<size_t>(item);
  std::vector<float> cosines(inverse_norms_.size());
  ScoreVector(item_factors_.Row(i), cosines);
  for (size_t j = 0; j < cosines.size(); ++j) cosines[j] *= inverse_norms_[i] * inverse_norms_[j];
  return BestItems(cosines, item, k);
}

std::vector<ScoredItem> IalsModel::Explain(const SparseRow& history, int32_t item, int k) const {
  return ExplainMany(history, std::span(&item, 1), k).front();
}

std::vector<std::vector<ScoredItem>> IalsModel::ExplainMany(const SparseRow& history,
                                                            std::span<const int32_t> items,
                                                            int k) const {
  return FoldUser(history).Explain(items, k);
}

void IalsModel::Save(ModelWriter& writer) const {
  writer.SetSettings(
      Json::MakeObject({{"factors", options_.factors},
                        {"epochs", options_.epochs},
                        {"regularization", options_.regularization},
                        {"unobserved_weight", options_.unobserved_weight},
                        {"nu", options_.nu},
                        {"init_stddev", options_.init_stddev},
                        {"solver", SolverNames()[static_cast<size_t>(options_.solver)]},
                        {"cg_steps", options_.cg_steps},
                        {"block", options_.block},
                        {"patience", options_.patience},
                        {"seed", options_.seed}}));
  writer.Add("item_factors", item_factors_.values(), {items().size(), options_.factors});
  writer.Add("axes", axes_, {options_.factors});
}

std::unique_ptr<IalsModel> IalsModel::Load(const ModelReader& reader,
                                           std::shared_ptr<const IdDictionary> items) {
  const int64_t d = reader.SettingInt("factors");
  if (d < 1 || d > kMaxFactors) reader.Refuse(StrCat("setting 'factors' is ", d));
  IalsOptions options{.factors = static_cast<int>(d),
                      .epochs = static_cast<int>(reader.SettingInt("epochs")),
                      .regularization = reader.SettingDouble("regularization"),
                      .unobserved_weight = reader.SettingDouble("unobserved_weight"),
                      .nu = reader.SettingDouble("nu"),
                      .init_stddev = reader.SettingDouble("init_stddev"),
                      .seed = static_cast<uint64_t>(reader.SettingInt("seed"))};
  try {
    // Absent in files of before there was a choice.
    const Json& settings = reader.settings();
    options.solver = ParseSolver(settings.GetString("solver", "auto"));
    options.cg_steps = static_cast<int>(settings.GetInt("cg_steps", options.cg_steps));
    options.block = static_cast<int>(settings.GetInt("block", options.block));
    options.patience = static_cast<int>(settings.GetInt("patience", 0));
    RequireValid(options);
  } catch (const Error& error) {
    reader.Refuse(error.message());
  }
  const std::span<const float> saved = reader.Floats("item_factors", {items->size(), d});
  kernels::Matrix factors(static_cast<size_t>(items->size()), static_cast<size_t>(d));
  std::copy(saved.begin(), saved.end(), factors.values().begin());
  const std::span<const float> axes = reader.Floats("axes", {d});
  if (*std::min_element(axes.begin(), axes.end()) < 0) reader.Refuse("section 'axes' is negative");
  return std::make_unique<IalsModel>(std::move(items), options, std::move(factors),
                                     std::vector<float>(axes.begin(), axes.end()));
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  return {{"factors",
           Type::kInt,
           StrCat(IalsOptions{}.factors),
           "length of the embeddings; time grows with its square, quality flattens at 64 to 512",
           1,
           4096,
           {},
           SearchRange{32, 256, true}},
          {"epochs", Type::kInt, StrCat(IalsOptions{}.epochs),
           "passes over the data; quality flattens after 8 to 16", 1, 1000},
          {"regularization",
           Type::kNumber,
           StrCat(IalsOptions{}.regularization),
           "raise it when training fits and test does not",
           1e-9,
           1e6,
           {},
           SearchRange{5e-4, 0.1, true}},
          {"unobserved_weight",
           Type::kNumber,
           StrCat(IalsOptions{}.unobserved_weight),
           "weight of a pair never seen, against 1 more for a seen one; lower it for sparse data",
           1e-9,
           1e3,
           {},
           SearchRange{0.01, 2, true}},
          {"nu", Type::kNumber, StrCat(IalsOptions{}.nu),
           "how far regularization grows with activity: 0 not at all, 1 in proportion", 0, 1},
          {"init_stddev", Type::kNumber, StrCat(IalsOptions{}.init_stddev),
           "spread of the first factors, over sqrt(factors)", 1e-6, 10},
          {.key = "solver",
           .type = Type::kText,
           .fallback = "auto",
           .doc = "how rows are solved: exactly, or in steps that cost less with many factors",
           .choices = SolverNames()},
          {"cg_steps", Type::kInt, StrCat(IalsOptions{}.cg_steps),
           "steps a row and epoch of solver cg; raise it when more epochs keep helping", 1, 100},
          {"block", Type::kInt, StrCat(IalsOptions{}.block),
           "coordinates that solver subspace solves at once; larger: fewer epochs, each longer", 1,
           4096},
          {"patience", Type::kInt, StrCat(IalsOptions{}.patience),
           "epochs without a better held-out NDCG@10 before it stops; 0: all epochs", 0, 1000}};
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainIals(in.data,
                   {.factors = in.Int("factors"),
                    .epochs = in.Int("epochs"),
                    .regularization = in.Double("regularization"),
                    .unobserved_weight = in.Double("unobserved_weight"),
                    .nu = in.Double("nu"),
                    .init_stddev = in.Double("init_stddev"),
                    .solver = ParseSolver(in.Text("solver")),
                    .cg_steps = in.Int("cg_steps"),
                    .block = in.Int("block"),
                    .patience = in.Int("patience"),
                    .seed = in.seed(),
                    .threads = in.threads},
                   in.observer);
}

}  // namespace

const ModelDefinition& IalsDefinition() {
  static const ModelDefinition definition = {
      "ials", "matrix factorization of who met what; the model for any size", Settings(), TrainFrom,
      LoadAs<IalsModel>};
  return definition;
}

}  // namespace marquee
