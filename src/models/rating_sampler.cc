#include "models/rating_sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/vector.h"
#include "models/training.h"

namespace marquee {
namespace {

enum { kUsers, kItems, kDays };

constexpr double kInitialStddev = 0.1;
constexpr double kProbitSpread = 1.8;  // noise 1 and the scores' variance
constexpr size_t kRatingsOfABlock = 4096;

FeatureMatrix UserFeatures(const Interactions& data, const RatingSamplerOptions& options,
                           const UserFeatureIndex& index) {
  FeatureMatrix features;
  if (options.user_links) features.SetImplicit(data.by_user());
  if (!index.empty()) features.AddUserFeatures(data, index);
  features.Finish();
  return features;
}

FeatureMatrix ItemFeatures(const Interactions& data, const RatingSamplerOptions& options) {
  FeatureMatrix features;
  if (options.item_links) features.SetImplicit(data.by_item());
  if (options.content) features.AddContent(data.content(), data.num_items());
  features.Finish();
  return features;
}

}  // namespace

RatingSampler::RatingSampler(const Interactions& data, const RatingSamplerOptions& options,
                             ThreadPool& pool)
    : options_(options),
      user_features_(options.user_features ? UserFeatureIndex(data) : UserFeatureIndex()),
      pool_(pool),
      d_(static_cast<size_t>(options.rank) + 1),
      user_links_(UserFeatures(data, options, user_features_),
                  static_cast<size_t>(data.num_users()), d_),
      item_links_(ItemFeatures(data, options), static_cast<size_t>(data.num_items()), d_),
      workspaces_(static_cast<size_t>(pool.threads())) {
  ListRatings(data);
  NumberDays(data);
  const auto [lowest, highest] = std::minmax_element(ratings_.begin(), ratings_.end());
  lowest_ = *lowest;
  highest_ = *highest;
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

void RatingSampler::ListRatings(const Interactions& data) {
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const SparseRow row = data.by_user().Row(user);
    rating_user_.insert(rating_user_.end(), row.size(), user);
    rating_item_.insert(rating_item_.end(), row.columns.begin(), row.columns.end());
    ratings_.insert(ratings_.end(), row.values.begin(), row.values.end());
  }
}

void RatingSampler::NumberDays(const Interactions& data) {
  if (options_.day_bins == 0) return;
  std::vector<int32_t> numbers;
  for (int32_t user = 0; user < data.num_users(); ++user) {
    for (const int64_t time_s : data.by_user().Row(user).times_s)
      numbers.push_back(RatingDay(time_s, options_.day_bins));
  }
  day_numbers_ = numbers;
  std::sort(day_numbers_.begin(), day_numbers_.end());
  day_numbers_.erase(std::unique(day_numbers_.begin(), day_numbers_.end()), day_numbers_.end());
  for (const int32_t number : numbers) {
    const auto at = std::lower_bound(day_numbers_.begin(), day_numbers_.end(), number);
    rating_day_.push_back(static_cast<int32_t>(at - day_numbers_.begin()));
  }
  day_parts_.assign(rating_day_.size(), 0.0f);
}

void RatingSampler::Group(std::span<const int32_t> keys, size_t num_keys,
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

void RatingSampler::FillRandomly(kernels::Matrix* matrix, uint64_t stream) {
  Rng rng = Rng(options_.seed).Fork(stream);
  for (float& value : matrix->values()) value = static_cast<float>(kInitialStddev * rng.Normal());
}

void RatingSampler::RefreshDesign() {
  const kernels::Matrix& items = blocks_[kItems].vectors;
  std::copy(items.values().begin(), items.values().end(), item_design_.values().begin());
  for (size_t item = 0; item < items.rows(); ++item) item_design_.Row(item)[d_ - 1] = 1;
}

float RatingSampler::Predict(size_t rating) {
  const auto user = static_cast<size_t>(rating_user_[rating]);
  const auto item = static_cast<size_t>(rating_item_[rating]);
  const std::span<const float> design = item_design_.Row(item);
  float sum = kernels::Dot(blocks_[kUsers].vectors.Row(user), design) +
              blocks_[kItems].vectors.Row(item)[d_ - 1];
  if (!rating_day_.empty()) {
    const auto day = static_cast<size_t>(rating_day_[rating]);
    day_parts_[rating] = kernels::Dot(blocks_[kDays].vectors.Row(day), design);
    sum += day_parts_[rating];
  }
  return sum + static_cast<float>(mean_);
}

void RatingSampler::Sweep(int sweep, TrainObserver& observer) {
  const Rng root = Rng(options_.seed).Fork(1000 + static_cast<uint64_t>(sweep));
  const auto step = [&](uint64_t stream) {
    ThrowIfStopped(observer, options_.model_type);
    return root.Fork(stream);
  };
  options_.probit ? DrawLatents(step(0)) : DrawNoise(step(0));
  DrawPriorOf(&blocks_[kUsers], {&user_links_, sweep % 2 == 0, false}, step(1));
  DrawBlock(kUsers, user_links_.shifts(), step(2));
  if (!day_numbers_.empty()) {
    DrawPriorOf(&blocks_[kDays], {nullptr, false, true}, step(3));
    DrawBlock(kDays, {}, step(4));
  }
  DrawPriorOf(&blocks_[kItems], {&item_links_, sweep % 2 == 1, false}, step(5));
  DrawBlock(kItems, item_links_.shifts(), step(6));
  RefreshDesign();
}

void RatingSampler::Descend(const RatingRidge& ridge, TrainObserver& observer) {
  draws_ = false;
  for (const int which : {kUsers, kItems}) {
    GaussianPrior& prior = blocks_[which].prior;
    for (size_t i = 0; i < d_; ++i)
      prior.precision[i * d_ + i] = static_cast<float>(i + 1 < d_ ? ridge.factors : ridge.biases);
  }
  const auto step = [&](int which, FeatureLinks* links) {
    ThrowIfStopped(observer, options_.model_type);
    DrawBlock(which, links->shifts(), Rng(0));
    links->Fit(blocks_[which].vectors, ridge.links / ridge.factors, pool_);
  };
  step(kUsers, &user_links_);
  step(kItems, &item_links_);
  RefreshDesign();
}

double RatingSampler::MeanSquare() {
  double sum = 0;
  for (size_t i = 0; i < ratings_.size(); ++i) {
    const double error = ratings_[i] - Predict(i);
    sum += error * error / static_cast<double>(ratings_.size());
  }
  return sum;
}

float RatingSampler::Predict(int32_t user, int32_t item) const {
  const auto i = static_cast<size_t>(item);
  return static_cast<float>(mean_) +
         kernels::Dot(blocks_[kUsers].vectors.Row(static_cast<size_t>(user)), item_design_.Row(i)) +
         blocks_[kItems].vectors.Row(i)[d_ - 1];
}

void RatingSampler::DrawNoise(const Rng& rng) {
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

void RatingSampler::DrawLatents(const Rng& rng) {
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

void RatingSampler::DrawPriorOf(Block* block, const PriorStep& step, const Rng& rng) {
  VectorSums sums(d_);
  FeatureLinks* links = step.links;
  const bool linked = links != nullptr && !links->empty();
  const kernels::Matrix none;
  sums.AddRows(block->vectors, linked ? links->shifts() : none);
  if (linked) sums.AddCentered(links->weights(), links->strengths());
  Rng own = rng.Fork(0);
  block->prior = DrawPrior(sums, step.zero_mean, own);
  if (linked && step.draws_links) links->Draw(block->vectors, block->prior, rng.Fork(1), pool_);
}

void RatingSampler::DrawBlock(int which, const kernels::Matrix& shifts, const Rng& rng) {
  const auto n = static_cast<int64_t>(blocks_[which].vectors.rows());
  pool_.ParallelFor(n, 8, [&](int64_t begin, int64_t end, int worker) {
    for (int64_t entity = begin; entity < end; ++entity) {
      DrawVector(which, static_cast<size_t>(entity), shifts,
                 rng.Fork(static_cast<uint64_t>(entity)),
                 &workspaces_[static_cast<size_t>(worker)]);
    }
  });
}

const kernels::Matrix& RatingSampler::GatherItems(int which, std::span<const int32_t> ratings,
                                                  Workspace* workspace) const {
  const size_t n = ratings.size();
  workspace->indices.resize(n);
  workspace->targets.resize(n);
  const kernels::Matrix& users = blocks_[kUsers].vectors;
  const kernels::Matrix& items = blocks_[kItems].vectors;
  for (size_t k = 0; k < n; ++k) {
    const auto rating = static_cast<size_t>(ratings[k]);
    const auto item = static_cast<size_t>(rating_item_[rating]);
    workspace->indices[k] = rating_item_[rating];
    float target = ratings_[rating] - static_cast<float>(mean_) - items.Row(item)[d_ - 1];
    if (which == kDays) {
      target -= kernels::Dot(users.Row(static_cast<size_t>(rating_user_[rating])),
                             item_design_.Row(item));
    } else if (!rating_day_.empty()) {
      target -= day_parts_[rating];
    }
    workspace->targets[k] = target;
  }
  return item_design_;
}

const kernels::Matrix& RatingSampler::GatherUsers(std::span<const int32_t> ratings,
                                                  Workspace* workspace) const {
  const size_t n = ratings.size();
  const kernels::Matrix& users = blocks_[kUsers].vectors;
  const kernels::Matrix& days = blocks_[kDays].vectors;
  if (workspace->rows.rows() < n) workspace->rows = kernels::Matrix(n + n / 2, d_);
  workspace->indices.resize(n);
  workspace->targets.resize(n);
  std::iota(workspace->indices.begin(), workspace->indices.end(), 0);
  for (size_t k = 0; k < n; ++k) {
    const auto rating = static_cast<size_t>(ratings[k]);
    const float* user = users.Row(static_cast<size_t>(rating_user_[rating])).data();
    float* row = workspace->rows.Row(k).data();
    if (rating_day_.empty()) {
      std::copy(user, user + d_, row);
    } else {
      const float* day = days.Row(static_cast<size_t>(rating_day_[rating])).data();
      for (size_t i = 0; i < d_; ++i) row[i] = user[i] + day[i];
    }
    workspace->targets[k] = ratings_[rating] - static_cast<float>(mean_) - row[d_ - 1];
    row[d_ - 1] = 1;
  }
  return workspace->rows;
}

void RatingSampler::DrawVector(int which, size_t entity, const kernels::Matrix& shifts, Rng rng,
                               Workspace* workspace) {
  Block& block = blocks_[which];
  const auto begin = static_cast<size_t>(block.grouping.offsets[entity]);
  const size_t n = static_cast<size_t>(block.grouping.offsets[entity + 1]) - begin;
  const std::span<const int32_t> ratings = std::span(block.grouping.ratings).subspan(begin, n);
  const kernels::Matrix& met =
      which == kItems ? GatherUsers(ratings, workspace) : GatherItems(which, ratings, workspace);
  std::vector<float> mean = block.prior.mean;
  if (shifts.rows() > 0) kernels::Axpy(1, shifts.Row(entity), mean);
  const std::span<float> vector = block.vectors.Row(entity);
  const ChosenRows rows = {met, workspace->indices};
  const VectorPrior prior = {block.prior, mean, static_cast<float>(precision_)};
  FactorVector(rows, prior, &workspace->equations, workspace->scratch);
  MeanOfVector(rows, workspace->targets, prior, workspace->equations, vector);
  if (!draws_) return;
  workspace->noise.resize(d_);
  for (float& value : workspace->noise) value = static_cast<float>(rng.Normal());
  SolveUpper(workspace->equations, workspace->noise);
  kernels::Axpy(1, workspace->noise, vector);
}

RatingSample RatingSampler::Snapshot() const {
  const auto copy = [](const kernels::Matrix& from, size_t first, size_t rows) {
    kernels::Matrix to(rows, from.columns());
    std::copy_n(from.values().begin() + static_cast<std::ptrdiff_t>(first * from.columns()),
                to.values().size(), to.values().begin());
    return to;
  };
  const size_t num_items = blocks_[kItems].vectors.rows();
  RatingSample sample;
  sample.items = copy(item_design_, 0, num_items);
  for (size_t item = 0; item < num_items; ++item)
    sample.item_bias.push_back(blocks_[kItems].vectors.Row(item)[d_ - 1]);
  const size_t links = options_.user_links ? num_items : 0;
  if (links > 0) sample.links = copy(user_links_.weights(), 0, links);
  if (!user_features_.empty())
    sample.features = copy(user_links_.weights(), links, user_features_.size());
  sample.user_prior = blocks_[kUsers].prior;
  sample.days = copy(blocks_[kDays].vectors, 0, day_numbers_.size());
  sample.noise_precision = precision_;
  sample.cutpoints = scale_.cutpoints;
  return sample;
}

RatingModelState RatingSampler::State() const {
  return {.day_bins = options_.day_bins,
          .mean = mean_,
          .lowest = lowest_,
          .highest = highest_,
          .levels = scale_.values,
          .days = day_numbers_,
          .user_features = user_features_,
          .samples = {}};
}

}  // namespace marquee
