#include "models/hybrid_trainer.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"
#include "kernels/vector.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr int kMaxDraws = 32;  // until somebody is taken to have met everything
constexpr size_t kSmallestBatch = 16, kLargestBatch = 1024;
constexpr int64_t kBatchesOfSmallData = 64;
constexpr float kMargin = 1;          // that warp wants between a positive and a negative
constexpr float kMaxRankWeight = 10;  // what a step of warp may weigh
constexpr float kInitialSquares = 1;
constexpr float kDecay = 0.95f, kAdadeltaFloor = 1e-6f;

size_t BatchSizeFor(int64_t nnz) {
  return std::clamp(static_cast<size_t>(nnz / kBatchesOfSmallData), kSmallestBatch, kLargestBatch);
}

HybridRows RandomRows(size_t rows, const HybridOptions& options, const Rng& rng) {
  const auto d = static_cast<size_t>(options.factors);
  const double stddev = options.init_stddev / std::sqrt(static_cast<double>(d));
  HybridRows learned;
  learned.values = kernels::Matrix(rows, d + 1);
  learned.squares = kernels::Matrix(rows, d + 1);
  const bool adadelta = options.optimizer == "adadelta";
  if (adadelta) learned.moves = kernels::Matrix(rows, d + 1);
  if (!adadelta)
    std::fill(learned.squares.values().begin(), learned.squares.values().end(), kInitialSquares);
  for (size_t row = 0; row < rows; ++row) {
    Rng of_row = rng.Fork(row);
    for (float& value : learned.values.Row(row).first(d))
      value = static_cast<float>(stddev * of_row.Normal());
  }
  return learned;
}

struct AdadeltaRow {
  std::span<float> x;
  std::span<float> squares;
  std::span<float> moves;
};

// Zeiler 2012, "ADADELTA: An Adaptive Learning Rate Method", algorithm 1, with a rate.
void AdadeltaStep(float rate, float l2, std::span<const float> gradient, const AdadeltaRow& row) {
  const auto& [x, squares, moves] = row;
  for (size_t i = 0; i < gradient.size(); ++i) {
    const float g = gradient[i] - l2 * x[i];
    squares[i] = kDecay * squares[i] + (1 - kDecay) * g * g;
    const float move = std::sqrt((moves[i] + kAdadeltaFloor) / (squares[i] + kAdadeltaFloor)) * g;
    moves[i] = kDecay * moves[i] + (1 - kDecay) * move * move;
    x[i] += rate * move;
  }
}

float LogOnePlusExp(float x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}
float Sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

HybridState InitialHybridState(const HybridSizes& sizes, const HybridOptions& options) {
  const Rng rng(options.seed);
  HybridState state = {RandomRows(static_cast<size_t>(sizes.users), options, rng.Fork(1)),
                       RandomRows(sizes.features, options, rng.Fork(2)),
                       RandomRows(sizes.user_features, options, rng.Fork(3))};
  const auto d = static_cast<size_t>(options.factors);
  for (size_t user = 0; user < state.users.values.rows(); ++user)
    state.users.values.Row(user)[d] = 1;
  return state;
}

void SumFeatures(const HybridFeatures& features, const kernels::Matrix& embeddings,
                 ThreadPool& pool, kernels::Matrix* items) {
  pool.ParallelFor(features.num_items(), 256, [&](int64_t begin, int64_t end, int) {
    for (int64_t item = begin; item < end; ++item) {
      const std::span<float> row = items->Row(static_cast<size_t>(item));
      std::fill(row.begin(), row.end(), 0.0f);
      kernels::AddRows(embeddings, features.Of(static_cast<int32_t>(item)), row);
    }
  });
}

HybridPull PullOf(HybridLoss loss, float positive, float negative, float rank_weight) {
  const float margin = positive - negative;
  switch (loss) {
    case HybridLoss::kLogistic:
      return {Sigmoid(-positive), -Sigmoid(negative),
              LogOnePlusExp(-positive) + LogOnePlusExp(negative)};
    case HybridLoss::kBpr: {
      const float slope = Sigmoid(-margin);
      return {slope, -slope, LogOnePlusExp(-margin)};
    }
    case HybridLoss::kWarp:
    case HybridLoss::kWarpKos:
      if (margin >= kMargin) return {};
      return {rank_weight, -rank_weight, rank_weight * (kMargin - margin)};
  }
  MARQUEE_CHECK(false);
}

HybridTrainer::HybridTrainer(const Interactions& data, const HybridFeatures& features,
                             const HybridOptions& options, ThreadPool& pool,
                             const UserFeatureIndex& user_features)
    : data_(data),
      features_(features),
      options_(options),
      loss_(HybridLossOf(options.loss)),
      pool_(pool) {
  const auto columns = static_cast<size_t>(options.factors) + 1;
  const auto num_items = static_cast<size_t>(data.num_items());
  items_ = kernels::Matrix(num_items, columns);
  of_items_ = {kernels::Matrix(num_items, columns), std::vector<float>(num_items), {}};
  of_features_ = {
      kernels::Matrix(features.size(), columns), std::vector<float>(features.size()), {}};
  for (int32_t item = 0; item < data.num_items(); ++item) {
    if (data.by_item().Row(item).size() > 0) met_items_.push_back(item);
  }
  pairs_.reserve(static_cast<size_t>(data.nnz()));
  for (int32_t user = 0; user < data.num_users(); ++user) {
    for (const int32_t item : data.by_user().Row(user).columns) pairs_.push_back({user, item});
  }
  if (user_features.empty()) return;
  of_user_features_ = {
      kernels::Matrix(user_features.size(), columns), std::vector<float>(user_features.size()), {}};
  for (int32_t user = 0; user < data.num_users(); ++user)
    features_of_user_.push_back(user_features.Find(data.UserFeatures(user)));
}

std::span<const float> HybridTrainer::UserVector(const HybridState& state, int32_t user,
                                                 std::vector<float>* sum) const {
  const auto at = static_cast<size_t>(user);
  const std::span<const float> own = state.users.values.Row(at);
  if (features_of_user_.empty() || features_of_user_[at].empty()) return own;
  sum->assign(own.begin(), own.end());
  kernels::AddRows(state.user_features.values, features_of_user_[at], *sum);
  return *sum;
}

void HybridTrainer::RefreshItems(const HybridState& state) {
  SumFeatures(features_, state.features.values, pool_, &items_);
}

float HybridTrainer::ScoreOf(std::span<const float> vector, int32_t item) const {
  return kernels::Dot(vector, items_.Row(static_cast<size_t>(item)));
}

// An item that somebody met, but not this user: what nobody met was not passed over.
int32_t HybridTrainer::Unmet(int32_t user, Rng& rng) const {
  const std::span<const int32_t> met = data_.by_user().Row(user).columns;
  for (int draw = 0; draw < kMaxDraws; ++draw) {
    const int32_t item = met_items_[rng.Below(met_items_.size())];
    if (!std::binary_search(met.begin(), met.end(), item)) return item;
  }
  return -1;
}

// Of kos_positives positives drawn, the one that ranks kos_k-th.
int32_t HybridTrainer::KthBestPositive(int32_t user, std::span<const float> vector,
                                       Rng& rng) const {
  const std::span<const int32_t> met = data_.by_user().Row(user).columns;
  std::vector<ScoredItem> drawn(static_cast<size_t>(options_.kos_positives));
  for (ScoredItem& one : drawn) {
    one.item = met[rng.Below(met.size())];
    one.score = ScoreOf(vector, one.item);
  }
  const int k = std::min(options_.kos_k, options_.kos_positives);
  return Largest(std::move(drawn), k).back().item;
}

HybridSample HybridTrainer::Draw(Pair pair, Rng rng, const HybridState& state) const {
  std::vector<float> sum;
  const std::span<const float> vector = UserVector(state, pair.user, &sum);
  HybridSample sample = {pair.user, pair.item, -1, {}};
  if (loss_ == HybridLoss::kWarpKos) sample.positive = KthBestPositive(pair.user, vector, rng);
  const float positive = ScoreOf(vector, sample.positive);
  const bool warp = loss_ == HybridLoss::kWarp || loss_ == HybridLoss::kWarpKos;
  for (int trial = 1; trial <= (warp ? options_.max_trials : 1); ++trial) {
    const int32_t item = Unmet(pair.user, rng);
    if (item < 0) return sample;
    // Weston et al. 2011, "WSABIE": so many draws until a violation tell the positive's rank.
    const auto rank = static_cast<float>((met_items_.size() - 1) / static_cast<size_t>(trial));
    const float weight = std::min(std::log(std::max(rank, 1.0f)), kMaxRankWeight);
    sample.pull = PullOf(loss_, positive, ScoreOf(vector, item), weight);
    if (sample.pull.loss > 0) {
      sample.negative = item;
      return sample;
    }
  }
  return sample;
}

std::span<float> HybridTrainer::Touch(Gradients* gradients, int32_t row, float count) {
  const auto at = static_cast<size_t>(row);
  if (gradients->counts[at] == 0) gradients->rows.push_back(row);
  gradients->counts[at] += count;
  return gradients->values.Row(at);
}

void HybridTrainer::AddGradient(int32_t item, float pull, std::span<const float> user) {
  kernels::Axpy(pull, user, Touch(&of_items_, item, 1));
}

void HybridTrainer::Step(HybridRows* rows, size_t row, float l2,
                         std::span<const float> gradient) const {
  const size_t columns = gradient.size();
  const auto rate = static_cast<float>(options_.learning_rate);
  const std::span<float> x = rows->values.Row(row).first(columns);
  const std::span<float> squares = rows->squares.Row(row).first(columns);
  if (rows->moves.rows() > 0) {
    AdadeltaStep(rate, l2, gradient, {x, squares, rows->moves.Row(row).first(columns)});
  } else {
    kernels::Ascend({rate, 1, l2}, gradient, x, squares);
  }
}

void HybridTrainer::StepFeatures(HybridRows* rows) {
  for (const int32_t item : of_items_.rows) {
    const auto at = static_cast<size_t>(item);
    const std::span<float> gradient = of_items_.values.Row(at);
    for (const int32_t feature : features_.Of(item))
      kernels::Axpy(1, gradient, Touch(&of_features_, feature, of_items_.counts[at]));
    std::fill(gradient.begin(), gradient.end(), 0.0f);
    of_items_.counts[at] = 0;
  }
  of_items_.rows.clear();
  StepTouched(&of_features_, of_features_.values.columns(), rows);
}

void HybridTrainer::StepTouched(Gradients* gradients, size_t columns, HybridRows* rows) const {
  for (const int32_t row : gradients->rows) {
    const auto at = static_cast<size_t>(row);
    const std::span<float> gradient = gradients->values.Row(at);
    const float l2 = static_cast<float>(options_.l2) * gradients->counts[at];
    Step(rows, at, l2, gradient.first(columns));
    std::fill(gradient.begin(), gradient.end(), 0.0f);
    gradients->counts[at] = 0;
  }
  gradients->rows.clear();
}

void HybridTrainer::StepUsers(std::span<const HybridSample> batch, HybridState* state) {
  const auto d = static_cast<size_t>(options_.factors);
  std::vector<float> gradient(d + 1);
  for (const HybridSample& sample : batch) {
    if (sample.negative < 0) continue;
    std::fill(gradient.begin(), gradient.end(), 0.0f);
    kernels::Axpy(sample.pull.positive, items_.Row(static_cast<size_t>(sample.positive)), gradient);
    kernels::Axpy(sample.pull.negative, items_.Row(static_cast<size_t>(sample.negative)), gradient);
    const auto user = static_cast<size_t>(sample.user);
    if (!features_of_user_.empty()) {
      for (const int32_t feature : features_of_user_[user])
        kernels::Axpy(1, gradient, Touch(&of_user_features_, feature, 1));
    }
    Step(&state->users, user, static_cast<float>(options_.l2), std::span(gradient).first(d));
  }
  StepTouched(&of_user_features_, d, &state->user_features);
}

void HybridTrainer::Learn(std::span<const HybridSample> batch, HybridState* state) {
  std::vector<float> sum;
  for (const HybridSample& sample : batch) {
    if (sample.negative < 0) continue;
    const std::span<const float> user = UserVector(*state, sample.user, &sum);
    AddGradient(sample.positive, sample.pull.positive, user);
    AddGradient(sample.negative, sample.pull.negative, user);
  }
  StepUsers(batch, state);
  StepFeatures(&state->features);
}

double HybridTrainer::Epoch(int epoch, const TrainObserver& observer, HybridState* state) {
  Rng rng = Rng(options_.seed).Fork(static_cast<uint64_t>(epoch)).Fork(3);
  rng.Shuffle(std::span(pairs_));
  const size_t size = BatchSizeFor(data_.nnz());
  std::vector<HybridSample> batch(size);
  double loss = 0;
  for (size_t first = 0; first < pairs_.size(); first += size) {
    ThrowIfStopped(observer, "hybrid");
    RefreshItems(*state);
    const size_t count = std::min(size, pairs_.size() - first);
    pool_.ParallelFor(static_cast<int64_t>(count), 64, [&](int64_t begin, int64_t end, int) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
        batch[i] = Draw(pairs_[first + i], rng.Fork(first + i), *state);
    });
    const std::span<const HybridSample> drawn = std::span(batch).first(count);
    for (const HybridSample& sample : drawn) loss += sample.pull.loss;
    Learn(drawn, state);
  }
  return loss / static_cast<double>(pairs_.size());
}

}  // namespace marquee
