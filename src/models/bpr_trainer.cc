#include "models/bpr_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/vector.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr size_t kMaxBlocks = 16;
// Fewer items in a block would leave too few to compare with.
constexpr size_t kMinItemsOfBlock = 64;
constexpr int kMaxDraws = 32;  // until somebody is taken to have met the whole block
constexpr float kInitialSquares = 1;

size_t BlocksFor(const Interactions& data) {
  return std::clamp<size_t>(static_cast<size_t>(data.num_items()) / kMinItemsOfBlock, 1,
                            kMaxBlocks);
}

void FillRandom(Rng rng, double stddev, std::span<float> row) {
  for (float& value : row) value = static_cast<float>(stddev * rng.Normal());
}

void FillSquares(const BprOptions& options, LearnedRows* learned) {
  if (options.optimizer != "adagrad") return;
  learned->squares = kernels::Matrix(learned->values.rows(), learned->values.columns());
  std::fill(learned->squares.values().begin(), learned->squares.values().end(), kInitialSquares);
}

bool HasMet(const SparseRow& row, int32_t item) {
  return std::binary_search(row.columns.begin(), row.columns.end(), item);
}

}  // namespace

BprFactors InitialFactors(const Interactions& data, const BprOptions& options) {
  const auto d = static_cast<size_t>(options.factors);
  const double stddev = options.init_stddev / std::sqrt(static_cast<double>(d));
  const Rng rng(options.seed);
  BprFactors factors;
  factors.users.values = kernels::Matrix(static_cast<size_t>(data.num_users()), d + 1);
  factors.items.values = kernels::Matrix(static_cast<size_t>(data.num_items()), d + 1);
  for (size_t user = 0; user < factors.users.values.rows(); ++user) {
    FillRandom(rng.Fork(2 * user), stddev, factors.users.values.Row(user).first(d));
    factors.users.values.Row(user)[d] = 1;
  }
  for (size_t item = 0; item < factors.items.values.rows(); ++item) {
    if (data.by_item().Row(static_cast<int32_t>(item)).size() == 0) continue;
    FillRandom(rng.Fork(2 * item + 1), stddev, factors.items.values.Row(item).first(d));
  }
  FillSquares(options, &factors.users);
  FillSquares(options, &factors.items);
  return factors;
}

float BprStep(const BprOptions& options, const BprPair& pair, std::span<float> difference,
              BprFactors* factors) {
  const auto u = static_cast<size_t>(pair.user), i = static_cast<size_t>(pair.positive),
             j = static_cast<size_t>(pair.negative);
  const size_t d = difference.size() - 1;
  const std::span<float> x = factors->users.values.Row(u);
  const std::span<float> liked = factors->items.values.Row(i);
  const std::span<float> other = factors->items.values.Row(j);
  for (size_t f = 0; f <= d; ++f) difference[f] = liked[f] - other[f];
  const float margin = kernels::Dot(x, difference);
  const float slope = 1 / (1 + std::exp(margin));
  const auto rate = static_cast<float>(options.learning_rate);
  const auto l2 = static_cast<float>(options.l2);
  LearnedRows& items = factors->items;
  // Items first: they need the user as it was; the difference is a copy.
  kernels::Ascend({rate, slope, l2}, x, liked, items.Squares(i));
  kernels::Ascend({rate, -slope, l2}, x, other, items.Squares(j));
  const std::span<float> squares = factors->users.Squares(u);
  kernels::Ascend({rate, slope, l2}, difference.first(d), x.first(d),
                  squares.empty() ? squares : squares.first(d));
  return margin > 0 ? -std::log1p(std::exp(-margin)) : margin - std::log1p(std::exp(margin));
}

BprTrainer::BprTrainer(const Interactions& data, const BprOptions& options, ThreadPool& pool)
    : data_(data),
      options_(options),
      pool_(pool),
      popular_negatives_(options.negatives == "popularity"),
      blocks_(BlocksFor(data)),
      block_of_item_(static_cast<size_t>(data.num_items())),
      pairs_(static_cast<size_t>(data.nnz())) {
  for (int32_t item = 0; item < data.num_items(); ++item) {
    if (data.by_item().Row(item).size() > 0) met_items_.push_back(item);
  }
}

void BprTrainer::CutItems(Rng& rng) {
  rng.Shuffle(std::span(met_items_));
  item_begins_.assign(1, 0);
  for (size_t block = 0; block < blocks_; ++block) {
    const size_t end = met_items_.size() * (block + 1) / blocks_;
    for (size_t i = item_begins_.back(); i < end; ++i)
      block_of_item_[static_cast<size_t>(met_items_[i])] = static_cast<uint8_t>(block);
    item_begins_.push_back(end);
  }
  const auto cell_of = [&](int32_t user, int32_t item) {
    return block_of_item_[static_cast<size_t>(item)] * blocks_ +
           static_cast<size_t>(user) % blocks_;
  };
  pair_begins_.assign(blocks_ * blocks_ + 1, 0);
  for (int32_t user = 0; user < data_.num_users(); ++user) {
    for (const int32_t item : data_.by_user().Row(user).columns)
      ++pair_begins_[cell_of(user, item) + 1];
  }
  std::partial_sum(pair_begins_.begin(), pair_begins_.end(), pair_begins_.begin());
  std::vector<size_t> next(pair_begins_.begin(), pair_begins_.end() - 1);
  for (int32_t user = 0; user < data_.num_users(); ++user) {
    for (const int32_t item : data_.by_user().Row(user).columns)
      pairs_[next[cell_of(user, item)]++] = {user, item};
  }
}

int32_t BprTrainer::Negative(int32_t user, size_t item_block, Rng& rng) const {
  const SparseRow met = data_.by_user().Row(user);
  const size_t begin =
      popular_negatives_ ? pair_begins_[item_block * blocks_] : item_begins_[item_block];
  const size_t end =
      popular_negatives_ ? pair_begins_[(item_block + 1) * blocks_] : item_begins_[item_block + 1];
  for (int draw = 0; draw < kMaxDraws && end > begin; ++draw) {
    const size_t at = begin + rng.Below(end - begin);
    const int32_t item = popular_negatives_ ? pairs_[at].item : met_items_[at];
    if (!HasMet(met, item)) return item;
  }
  return -1;
}

BprTrainer::Sum BprTrainer::RunBlock(size_t user_block, size_t item_block, Rng rng,
                                     BprFactors* factors) {
  const size_t cell = item_block * blocks_ + user_block;
  const std::span<Pair> pairs =
      std::span(pairs_).subspan(pair_begins_[cell], pair_begins_[cell + 1] - pair_begins_[cell]);
  rng.Shuffle(pairs);
  std::vector<float> difference(factors->items.values.columns());
  Sum sum;
  for (const auto [user, item] : pairs) {
    const int32_t negative = Negative(user, item_block, rng);
    if (negative < 0) continue;
    sum.log_likelihood += BprStep(options_, {user, item, negative}, difference, factors);
    ++sum.pairs;
  }
  return sum;
}

double BprTrainer::Epoch(int epoch, const TrainObserver& observer, BprFactors* factors) {
  Rng rng = Rng(options_.seed).Fork(static_cast<uint64_t>(epoch)).Fork(1);
  CutItems(rng);
  std::vector<Sum> sums(blocks_ * blocks_);
  for (size_t shift = 0; shift < blocks_; ++shift) {
    ThrowIfStopped(observer, "bpr");
    pool_.ParallelFor(static_cast<int64_t>(blocks_), 1, [&](int64_t begin, int64_t end, int) {
      for (auto block = static_cast<size_t>(begin); block < static_cast<size_t>(end); ++block) {
        const size_t at = shift * blocks_ + block;
        sums[at] = RunBlock(block, (block + shift) % blocks_, rng.Fork(at), factors);
      }
    });
  }
  Sum total;
  for (const Sum& sum : sums) {
    total.log_likelihood += sum.log_likelihood;
    total.pairs += sum.pairs;
  }
  return total.pairs == 0 ? 0 : total.log_likelihood / static_cast<double>(total.pairs);
}

}  // namespace marquee
