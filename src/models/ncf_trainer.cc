#include "models/ncf_trainer.h"

#include <algorithm>

#include "models/training.h"

namespace marquee {
namespace {

// Gradients are summed in so many parts whatever the number of threads.
constexpr size_t kParts = 4;
constexpr uint64_t kUnknownOf = 10;  // one user in so many is trained as somebody without history
constexpr int kMaxDraws = 32;        // until somebody is taken to have met everything

}  // namespace

NcfTrainer::NcfTrainer(const NcfNetwork& network, const Interactions& data,
                       const NcfOptions& options, ThreadPool& pool)
    : network_(network),
      data_(data),
      options_(options),
      pool_(pool),
      adam_({.learning_rate = options.learning_rate,
             .beta2 = 0.999,
             .weight_decay = options.weight_decay},
            network.layout(), kParts),
      average_(network.layout()),
      workers_(kParts) {
  for (int32_t user = 0; user < data.num_users(); ++user) {
    if (data.by_user().Row(user).size() > 0) users_.push_back(user);
  }
}

void NcfTrainer::Draw(std::span<const int32_t> users, Rng rng, NcfBatch* batch) const {
  *batch = {};
  const auto num_items = static_cast<uint64_t>(data_.num_items());
  for (const int32_t user : users) {
    const std::span<const int32_t> met = data_.by_user().Row(user).columns;
    const bool unknown = rng.Below(kUnknownOf) == 0;
    batch->users.push_back(unknown ? std::span<const int32_t>() : met);
    for (const int32_t item : met) {
      const size_t first = batch->items.size();
      batch->items.push_back(item);
      batch->positive.push_back(1);
      for (int n = 0; n < options_.negatives; ++n) {
        for (int draw = 0; draw < kMaxDraws; ++draw) {
          const auto other = static_cast<int32_t>(rng.Below(num_items));
          if (std::ranges::binary_search(met, other)) continue;
          batch->items.push_back(other);
          batch->positive.push_back(0);
          break;
        }
      }
      batch->groups.push_back({.user = batch->users.size() - 1,
                               .left_out = unknown ? -1 : item,
                               .first = first,
                               .count = batch->items.size() - first});
    }
  }
}

double NcfTrainer::Step(std::span<const int32_t> users, const Rng& rng,
                        nn::Parameters* parameters) {
  size_t examples = 0;
  for (const int32_t user : users) examples += data_.by_user().Row(user).size();
  const float weight =
      1 / static_cast<float>(examples * (1 + static_cast<size_t>(options_.negatives)));
  pool_.ParallelFor(kParts, 1, [&](int64_t begin, int64_t end, int) {
    for (auto part = static_cast<size_t>(begin); part < static_cast<size_t>(end); ++part) {
      const size_t first = users.size() * part / kParts;
      const size_t last = users.size() * (part + 1) / kParts;
      Worker& worker = workers_[part];
      Draw(users.subspan(first, last - first), rng.Fork(part), &worker.batch);
      worker.loss = network_.AddGradients(*parameters, worker.batch, weight, &worker.workspace,
                                          &adam_.Gradient(part));
    }
  });
  adam_.Step(pool_, parameters);
  average_.Add(pool_, *parameters);
  double loss = 0;
  for (const Worker& worker : workers_) loss += worker.loss;
  return loss;
}

double NcfTrainer::Epoch(int epoch, const TrainObserver& observer, nn::Parameters* parameters) {
  Rng rng = Rng(options_.seed).Fork(static_cast<uint64_t>(epoch));
  std::ranges::sort(users_);
  rng.Shuffle(std::span(users_));
  const auto size = static_cast<size_t>(options_.batch);
  average_.SpanSteps((users_.size() + size - 1) / size);
  double loss = 0;
  for (size_t first = 0; first < users_.size(); first += size) {
    ThrowIfStopped(observer, "ncf");
    const auto users = std::span(users_).subspan(first, std::min(size, users_.size() - first));
    loss += Step(users, rng.Fork(first), parameters) * static_cast<double>(users.size());
  }
  nn::RequireFinite(*parameters, "ncf", options_.learning_rate);
  return loss / static_cast<double>(users_.size());
}

}  // namespace marquee
