#include "models/bayesian_fm_sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/text.h"
#include "kernels/cholesky.h"
#include "kernels/vector.h"
#include "models/training.h"

namespace marquee {
namespace {

enum { kUsers, kItems, kDays };

constexpr std::string_view kType = "bayesian-fm";
constexpr int64_t kSecondsPerDay = 86400;
constexpr double kInitialStddev = 0.1;
constexpr double kProbitSpread = 1.8;  // noise 1 and the scores' variance
constexpr size_t kRatingsOfABlock = 4096;

FeatureMatrix UserFeatures(const Interactions& data, const BayesianFmOptions& options) {
  FeatureMatrix features;
  if (options.implicit) features.SetImplicit(data.by_user());
  features.Finish();
  return features;
}

FeatureMatrix ItemFeatures(const Interactions& data, const BayesianFmOptions& options) {
  FeatureMatrix features;
  if (options.implicit) features.SetImplicit(data.by_item());
  if (options.content) features.AddContent(data.content(), data.num_items());
  features.Finish();
  return features;
}

}  // namespace

int32_t BayesianFmDay(int64_t time_s, int day_bins) {
  const int64_t bin_s = kSecondsPerDay * day_bins;
  const int64_t day = time_s >= 0 ? time_s / bin_s : -((-time_s + bin_s - 1) / bin_s);
  return static_cast<int32_t>(std::clamp<int64_t>(day, INT32_MIN, INT32_MAX));
}

void FactorBayesianFm(const kernels::Matrix& rows, std::span<const int32_t> indices,
                      const BayesianFmPrior& prior, kernels::SymmetricMatrix* factor,
                      kernels::Scratch& scratch) {
  kernels::GramOfRows(rows, indices, {}, factor, scratch);
  const size_t d = prior.mean.size();
  for (size_t i = 0; i < d; ++i) {
    const float* precision = prior.common.precision.data() + i * d;
    float* row = factor->data() + i * factor->stride();
    for (size_t j = i; j < d; ++j) row[j] = precision[j] + prior.noise_precision * row[j];
  }
  if (kernels::CholeskyFactor(factor)) return;
  throw Error(Code::kFailedPrecondition, "bayesian-fm: the equations have no stable solution",
              "lower rank, or scale the ratings to the order of 1 to 10");
}

void MeanOfBayesianFm(const kernels::Matrix& rows, std::span<const int32_t> indices,
                      std::span<const float> targets, const BayesianFmPrior& prior,
                      const kernels::SymmetricMatrix& factor, std::span<float> mean) {
  const size_t d = prior.mean.size();
  std::fill(mean.begin(), mean.end(), 0.0f);
  kernels::AddRows(rows, indices, mean, targets);
  for (size_t i = 0; i < d; ++i) {
    mean[i] = prior.noise_precision * mean[i] +
              kernels::Dot(std::span(prior.common.precision).subspan(i * d, d), prior.mean);
  }
  kernels::CholeskySolve(factor, mean);
}

void SolveBayesianFm(const kernels::Matrix& rows, std::span<const int32_t> indices,
                     std::span<const float> targets, const BayesianFmPrior& prior,
                     kernels::SymmetricMatrix* factor, kernels::Scratch& scratch,
                     std::span<float> mean) {
  FactorBayesianFm(rows, indices, prior, factor, scratch);
  MeanOfBayesianFm(rows, indices, targets, prior, *factor, mean);
}

BayesianFmSampler::BayesianFmSampler(const Interactions& data, const BayesianFmOptions& options,
                                     ThreadPool& pool)
    : options_(options),
      pool_(pool),
      d_(static_cast<size_t>(options.rank) + 1),
      user_links_(UserFeatures(data, options), static_cast<size_t>(data.num_users()), d_),
      item_links_(ItemFeatures(data, options), static_cast<size_t>(data.num_items()), d_),
      workspaces_(static_cast<size_t>(pool.threads())) {
  ListRatings(data);
  NumberDays(data);
  if (options.probit) {
    scale_ = OrdinalScale::FromRatings(ratings_, kProbitSpread);
    for (const float value : ratings_) levels_.push_back(static_cast<int8_t>(scale_.Level(value)));
  } else {
    for (const float value : ratings_) mean_ += value / static_cast<double>(ratings_.size());
  }
  const size_t sizes[] = {static_cast<size_t>(data.num_users()),
                          static_cast<size_t>(data.num_items()), day_numbers_.size()};
  const std::vector<int32_t>* keys[] = {&rating_user_, &rating_item_, &rating_day_};
  for (const int which : {kUsers, kItems, kDays}) {
    Block& block = blocks_[which];
    block.vectors = kernels::Matrix(sizes[which], d_);
    block.prior = UnitPrior(d_);
    if (sizes[which] > 0) Group(*keys[which], sizes[which], &block.grouping);
    if (which != kDays) FillRandomly(&block.vectors, static_cast<uint64_t>(which));
  }
  item_design_ = kernels::Matrix(sizes[kItems], d_);
  RefreshDesign();
}

void BayesianFmSampler::ListRatings(const Interactions& data) {
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const SparseRow row = data.by_user().Row(user);
    rating_user_.insert(rating_user_.end(), row.size(), user);
    rating_item_.insert(rating_item_.end(), row.columns.begin(), row.columns.end());
    ratings_.insert(ratings_.end(), row.values.begin(), row.values.end());
  }
}

void BayesianFmSampler::NumberDays(const Interactions& data) {
  if (options_.day_bins == 0) return;
  std::vector<int32_t> numbers;
  for (int32_t user = 0; user < data.num_users(); ++user) {
    for (const int64_t time_s : data.by_user().Row(user).times_s)
      numbers.push_back(BayesianFmDay(time_s, options_.day_bins));
  }
  day_numbers_ = numbers;
  std::sort(day_numbers_.begin(), day_numbers_.end());
  day_numbers_.erase(std::unique(day_numbers_.begin(), day_numbers_.end()), day_numbers_.end());
  for (const int32_t number : numbers) {
    const auto at = std::lower_bound(day_numbers_.begin(), day_numbers_.end(), number);
    rating_day_.push_back(static_cast<int32_t>(at - day_numbers_.begin()));
  }
}

void BayesianFmSampler::Group(std::span<const int32_t> keys, size_t num_keys,
                              Grouping* grouping) const {
  grouping->offsets.assign(num_keys + 1, 0);
  for (const int32_t key : keys) ++grouping->offsets[static_cast<size_t>(key) + 1];
  for (size_t k = 0; k < num_keys; ++k) grouping->offsets[k + 1] += grouping->offsets[k];
  grouping->ratings.resize(keys.size());
  std::vector<int64_t> next(grouping->offsets.begin(), grouping->offsets.end() - 1);
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto at = static_cast<size_t>(next[static_cast<size_t>(keys[i])]++);
    grouping->ratings[at] = static_cast<int32_t>(i);
  }
}

void BayesianFmSampler::FillRandomly(kernels::Matrix* matrix, uint64_t stream) {
  Rng rng = Rng(options_.seed).Fork(stream);
  for (float& value : matrix->values()) value = static_cast<float>(kInitialStddev * rng.Normal());
}

void BayesianFmSampler::RefreshDesign() {
  const kernels::Matrix& items = blocks_[kItems].vectors;
  std::copy(items.values().begin(), items.values().end(), item_design_.values().begin());
  for (size_t item = 0; item < items.rows(); ++item) item_design_.Row(item)[d_ - 1] = 1;
}

float BayesianFmSampler::Predict(size_t rating) const {
  const auto user = static_cast<size_t>(rating_user_[rating]);
  const auto item = static_cast<size_t>(rating_item_[rating]);
  const std::span<const float> design = item_design_.Row(item);
  float sum = kernels::Dot(blocks_[kUsers].vectors.Row(user), design) +
              blocks_[kItems].vectors.Row(item)[d_ - 1];
  if (!rating_day_.empty()) {
    const auto day = static_cast<size_t>(rating_day_[rating]);
    sum += kernels::Dot(blocks_[kDays].vectors.Row(day), design);
  }
  return sum + static_cast<float>(mean_);
}

void BayesianFmSampler::Sweep(int sweep, TrainObserver& observer) {
  const Rng root = Rng(options_.seed).Fork(1000 + static_cast<uint64_t>(sweep));
  const auto step = [&](uint64_t stream) {
    ThrowIfStopped(observer, kType);
    return root.Fork(stream);
  };
  options_.probit ? DrawLatents(step(0)) : DrawNoise(step(0));
  DrawPriorOf(&blocks_[kUsers], &user_links_, false, step(1));
  DrawBlock(kUsers, user_links_.shifts(), step(2));
  if (!day_numbers_.empty()) {
    DrawPriorOf(&blocks_[kDays], nullptr, true, step(3));
    DrawBlock(kDays, {}, step(4));
  }
  DrawPriorOf(&blocks_[kItems], &item_links_, false, step(5));
  DrawBlock(kItems, item_links_.shifts(), step(6));
  RefreshDesign();
}

void BayesianFmSampler::DrawNoise(const Rng& rng) {
  const auto blocks =
      static_cast<int64_t>((ratings_.size() + kRatingsOfABlock - 1) / kRatingsOfABlock);
  std::vector<double> squares(static_cast<size_t>(blocks));
  pool_.ParallelFor(blocks, 1, [&](int64_t block, int64_t, int) {
    const size_t begin = static_cast<size_t>(block) * kRatingsOfABlock;
    const size_t end = std::min(begin + kRatingsOfABlock, ratings_.size());
    for (size_t i = begin; i < end; ++i) {
      const double error = ratings_[i] - Predict(i);
      squares[static_cast<size_t>(block)] += error * error;
    }
  });
  const double total = std::accumulate(squares.begin(), squares.end(), 0.0);
  Rng own = rng;
  precision_ = DrawGamma(1 + static_cast<double>(ratings_.size()) / 2, 1 + total / 2, own);
}

void BayesianFmSampler::DrawLatents(const Rng& rng) {
  const auto blocks =
      static_cast<int64_t>((ratings_.size() + kRatingsOfABlock - 1) / kRatingsOfABlock);
  std::vector<CutpointSums> sums(static_cast<size_t>(blocks),
                                 CutpointSums(scale_.cutpoints.size()));
  const auto for_all = [&](const std::function<void(size_t block, size_t rating, Rng & own)>& one) {
    pool_.ParallelFor(blocks, 1, [&](int64_t block, int64_t, int) {
      Rng own = rng.Fork(static_cast<uint64_t>(block));
      const size_t begin = static_cast<size_t>(block) * kRatingsOfABlock;
      const size_t end = std::min(begin + kRatingsOfABlock, ratings_.size());
      for (size_t i = begin; i < end; ++i) one(static_cast<size_t>(block), i, own);
    });
  };
  for_all([&](size_t block, size_t i, Rng&) {
    ratings_[i] = Predict(i);
    sums[block].Add(scale_, ratings_[i], levels_[i]);
  });
  for (size_t block = 1; block < sums.size(); ++block) sums[0].Add(sums[block]);
  Rng of_cutpoints = rng.Fork(static_cast<uint64_t>(blocks));
  DrawCutpoints(sums[0], of_cutpoints, &scale_);
  for_all([&](size_t, size_t i, Rng& own) {
    ratings_[i] = static_cast<float>(scale_.DrawLatent(ratings_[i], levels_[i], own));
  });
}

void BayesianFmSampler::DrawPriorOf(Block* block, FeatureLinks* links, bool zero_mean,
                                    const Rng& rng) {
  VectorSums sums(d_);
  const bool linked = links != nullptr && !links->empty();
  const kernels::Matrix none;
  sums.AddRows(block->vectors, linked ? links->shifts() : none);
  if (linked) sums.AddCentered(links->weights(), links->strength());
  Rng own = rng.Fork(0);
  block->prior = DrawPrior(sums, zero_mean, own);
  if (linked) links->Draw(block->vectors, block->prior, rng.Fork(1), pool_);
}

void BayesianFmSampler::DrawBlock(int which, const kernels::Matrix& shifts, const Rng& rng) {
  const auto n = static_cast<int64_t>(blocks_[which].vectors.rows());
  pool_.ParallelFor(n, 8, [&](int64_t begin, int64_t end, int worker) {
    for (int64_t entity = begin; entity < end; ++entity) {
      DrawVector(which, static_cast<size_t>(entity), shifts,
                 rng.Fork(static_cast<uint64_t>(entity)),
                 &workspaces_[static_cast<size_t>(worker)]);
    }
  });
}

// Fills the rows that a vector of this block meets, and what is left of the ratings for it.
void BayesianFmSampler::GatherRows(int which, std::span<const int32_t> ratings,
                                   Workspace* workspace) const {
  const size_t n = ratings.size();
  if (workspace->rows.rows() < n) {
    workspace->rows = kernels::Matrix(n + n / 2, d_);
    workspace->indices.resize(n + n / 2);
    std::iota(workspace->indices.begin(), workspace->indices.end(), 0);
  }
  workspace->targets.resize(n);
  const kernels::Matrix& users = blocks_[kUsers].vectors;
  const kernels::Matrix& items = blocks_[kItems].vectors;
  const kernels::Matrix& days = blocks_[kDays].vectors;
  for (size_t k = 0; k < n; ++k) {
    const auto rating = static_cast<size_t>(ratings[k]);
    const std::span<const float> user = users.Row(static_cast<size_t>(rating_user_[rating]));
    const auto item = static_cast<size_t>(rating_item_[rating]);
    const std::span<const float> design = item_design_.Row(item);
    const std::span<float> row = workspace->rows.Row(k);
    float target = ratings_[rating] - static_cast<float>(mean_);
    if (which == kItems) {
      std::copy(user.begin(), user.end(), row.begin());
      if (!rating_day_.empty())
        kernels::Axpy(1, days.Row(static_cast<size_t>(rating_day_[rating])), row);
      target -= row[d_ - 1];
      row[d_ - 1] = 1;
    } else {
      std::copy(design.begin(), design.end(), row.begin());
      target -= items.Row(item)[d_ - 1];
      if (which == kDays) target -= kernels::Dot(user, design);
      if (which == kUsers && !rating_day_.empty())
        target -= kernels::Dot(days.Row(static_cast<size_t>(rating_day_[rating])), design);
    }
    workspace->targets[k] = target;
  }
}

void BayesianFmSampler::DrawVector(int which, size_t entity, const kernels::Matrix& shifts, Rng rng,
                                   Workspace* workspace) {
  Block& block = blocks_[which];
  const auto begin = static_cast<size_t>(block.grouping.offsets[entity]);
  const size_t n = static_cast<size_t>(block.grouping.offsets[entity + 1]) - begin;
  GatherRows(which, std::span(block.grouping.ratings).subspan(begin, n), workspace);
  const std::span<const int32_t> indices = std::span(workspace->indices).first(n);
  std::vector<float> mean = block.prior.mean;
  if (shifts.rows() > 0) kernels::Axpy(1, shifts.Row(entity), mean);
  const std::span<float> vector = block.vectors.Row(entity);
  SolveBayesianFm(workspace->rows, indices, workspace->targets,
                  {block.prior, mean, static_cast<float>(precision_)}, &workspace->equations,
                  workspace->scratch, vector);
  workspace->noise.resize(d_);
  for (float& value : workspace->noise) value = static_cast<float>(rng.Normal());
  SolveUpper(workspace->equations, workspace->noise);
  kernels::Axpy(1, workspace->noise, vector);
}

BayesianFmSample BayesianFmSampler::Snapshot() const {
  const auto copy = [](const kernels::Matrix& from, size_t rows) {
    kernels::Matrix to(rows, from.columns());
    std::copy_n(from.values().begin(), to.values().size(), to.values().begin());
    return to;
  };
  const size_t num_items = blocks_[kItems].vectors.rows();
  BayesianFmSample sample;
  sample.items = copy(item_design_, num_items);
  for (size_t item = 0; item < num_items; ++item)
    sample.item_bias.push_back(blocks_[kItems].vectors.Row(item)[d_ - 1]);
  if (!user_links_.empty()) sample.links = copy(user_links_.weights(), num_items);
  sample.user_prior = blocks_[kUsers].prior;
  sample.days = copy(blocks_[kDays].vectors, day_numbers_.size());
  sample.noise_precision = precision_;
  sample.cutpoints = scale_.cutpoints;
  return sample;
}

}  // namespace marquee
