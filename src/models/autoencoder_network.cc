#include "models/autoencoder_network.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/vector.h"

namespace marquee {
namespace {

using kernels::ConstMatrixSpan;
using kernels::GemmResult;
using kernels::MatrixSpan;
using nn::Parameters;

// Users, and items, that one thread works on at a time.
constexpr size_t kUserGrain = 32;
constexpr size_t kItemGrain = 256;
constexpr double kBiasStddev = 1e-3;

// The columns of `items` within first..first+count-1.
std::pair<size_t, size_t> Within(std::span<const int32_t> items, size_t first, size_t count) {
  const auto at = [&](size_t item) {
    return static_cast<size_t>(std::ranges::lower_bound(items, static_cast<int32_t>(item)) -
                               items.begin());
  };
  return {at(first), at(first + count)};
}

// Calls body(first, count) for blocks of at most `grain`.
template <typename Body>
void ForBlocks(ThreadPool& pool, size_t n, size_t grain, const Body& body) {
  pool.ParallelFor(static_cast<int64_t>(n), static_cast<int64_t>(grain),
                   [&](int64_t begin, int64_t end, int) {
                     body(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
                   });
}

}  // namespace

void AutoencoderBatch::Append(std::span<const int32_t> columns) {
  items.push_back(columns);
  const float each = columns.empty() ? 0 : 1 / std::sqrt(static_cast<float>(columns.size()));
  inputs.emplace_back(columns.size(), each);
}

AutoencoderNetwork::AutoencoderNetwork(const AutoencoderShape& shape) : shape_(shape) {
  const auto [items, hidden, latent] = shape;
  numbers_.input = layout_.Add(items, hidden);
  numbers_.output = layout_.Add(items, hidden);
  numbers_.offset = layout_.Add(1, items);
  numbers_.input_bias = layout_.Add(1, hidden);
  numbers_.encoder = layout_.Add(hidden, 2 * latent);
  numbers_.encoder_bias = layout_.Add(1, 2 * latent);
  numbers_.decoder = layout_.Add(latent, hidden);
  numbers_.decoder_bias = layout_.Add(1, hidden);
}

Parameters AutoencoderNetwork::Initial(uint64_t seed) const {
  Parameters parameters(layout_);
  const Rng rng(seed);
  const double spread = std::sqrt(2.0 / static_cast<double>(shape_.items + shape_.hidden));
  for (size_t item = 0; item < shape_.items; ++item) {
    Rng own = rng.Fork(item + 1);
    nn::FillNormal(own, spread, parameters[numbers_.input].Rows(item, 1));
    nn::FillNormal(own, spread, parameters[numbers_.output].Rows(item, 1));
  }
  Rng rest = rng.Fork(0);
  nn::FillGlorot(rest, parameters[numbers_.encoder]);
  nn::FillGlorot(rest, parameters[numbers_.decoder]);
  for (const size_t bias : {numbers_.input_bias, numbers_.encoder_bias, numbers_.decoder_bias})
    nn::FillNormal(rest, kBiasStddev, parameters[bias]);
  return parameters;
}

AutoencoderNetwork::State::State(const AutoencoderShape& shape, size_t users)
    : hidden(users, shape.hidden),
      encoded(users, 2 * shape.latent),
      noise(users, shape.latent),
      latent(users, shape.latent),
      restored(users, shape.hidden) {}

// Gradients of the loss in what State holds, before the activation where there is one.
struct AutoencoderNetwork::Slopes {
  Slopes(const AutoencoderShape& shape, size_t users)
      : logits(users, shape.items),
        restored(users, shape.hidden),
        latent(users, shape.latent),
        encoded(users, 2 * shape.latent),
        hidden(users, shape.hidden) {}
  kernels::Matrix logits, restored, latent, encoded, hidden;
};

void AutoencoderNetwork::Forward(const Parameters& parameters, const AutoencoderBatch& batch,
                                 Range users, State* state) const {
  const auto [first, count] = users;
  kernels::Scratch scratch;
  const ConstMatrixSpan input = parameters[numbers_.input];
  const MatrixSpan hidden = MatrixSpan(state->hidden).Rows(first, count);
  for (size_t row = 0; row < count; ++row) {
    std::ranges::copy(parameters.Vector(numbers_.input_bias), hidden.Row(row).begin());
    const std::span<const int32_t> items = batch.items[first + row];
    for (size_t i = 0; i < items.size(); ++i) {
      const float x = batch.inputs[first + row][i];
      if (x != 0) kernels::Axpy(x, input.Row(static_cast<size_t>(items[i])), hidden.Row(row));
    }
  }
  nn::Tanh(hidden);
  const MatrixSpan encoded = MatrixSpan(state->encoded).Rows(first, count);
  nn::LinearForward({parameters[numbers_.encoder], parameters.Vector(numbers_.encoder_bias)},
                    hidden, encoded, scratch);
  const size_t d = shape_.latent;
  for (size_t row = first; row < first + count; ++row) {
    const std::span<const float> both = state->encoded.Row(row);
    for (size_t k = 0; k < d; ++k)
      state->latent.Row(row)[k] = both[k] + state->noise.Row(row)[k] * std::exp(0.5f * both[d + k]);
  }
  const MatrixSpan restored = MatrixSpan(state->restored).Rows(first, count);
  nn::LinearForward({parameters[numbers_.decoder], parameters.Vector(numbers_.decoder_bias)},
                    ConstMatrixSpan(state->latent).Rows(first, count), restored, scratch);
  nn::Tanh(restored);
}

void AutoencoderNetwork::Logits(const Parameters& parameters, std::span<const float> restored,
                                std::span<float> logits) const {
  const ConstMatrixSpan output = parameters[numbers_.output];
  const std::span<const float> offset = parameters.Vector(numbers_.offset);
  for (size_t item = 0; item < logits.size(); ++item)
    logits[item] = kernels::Dot(output.Row(item), restored) + offset[item];
}

double AutoencoderNetwork::LogitSlopes(const Parameters& parameters, const AutoencoderBatch& batch,
                                       Range users, const State& state, Slopes* slopes) const {
  const auto [first, count] = users;
  kernels::Scratch scratch;
  const MatrixSpan logits = MatrixSpan(slopes->logits).Rows(first, count);
  for (size_t row = 0; row < count; ++row)
    std::ranges::copy(parameters.Vector(numbers_.offset), logits.Row(row).begin());
  kernels::Gemm(ConstMatrixSpan(state.restored).Rows(first, count),
                kernels::Transposed(parameters[numbers_.output]), logits, GemmResult::kAdd,
                scratch);
  const float weight = 1 / static_cast<float>(batch.size());
  double loss = 0;
  for (size_t row = 0; row < count; ++row) {
    const std::span<float> own = logits.Row(row);
    const std::span<const int32_t> items = batch.items[first + row];
    const auto met = static_cast<float>(items.size());
    double sum = 0;
    for (const int32_t item : items) sum += own[static_cast<size_t>(item)];
    loss += static_cast<double>(weight * met) * kernels::Softmax(own, weight * met) -
            static_cast<double>(weight) * sum;
    for (const int32_t item : items) own[static_cast<size_t>(item)] -= weight;
  }
  return loss;
}

double AutoencoderNetwork::Backward(const Parameters& parameters, Range users, double kl_weight,
                                    const State& state, Slopes* slopes) const {
  const auto [first, count] = users;
  kernels::Scratch scratch;
  const MatrixSpan restored = MatrixSpan(slopes->restored).Rows(first, count);
  kernels::Gemm(ConstMatrixSpan(slopes->logits).Rows(first, count), parameters[numbers_.output],
                restored, GemmResult::kWrite, scratch);
  nn::TanhBackward(ConstMatrixSpan(state.restored).Rows(first, count), restored);
  const MatrixSpan latent = MatrixSpan(slopes->latent).Rows(first, count);
  kernels::Gemm(restored, kernels::Transposed(parameters[numbers_.decoder]), latent,
                GemmResult::kWrite, scratch);
  const auto weight = static_cast<float>(kl_weight / static_cast<double>(state.latent.rows()));
  const size_t d = shape_.latent;
  double divergence = 0;
  for (size_t row = first; row < first + count; ++row) {
    const std::span<const float> both = state.encoded.Row(row), noise = state.noise.Row(row);
    const std::span<const float> from = slopes->latent.Row(row);
    const std::span<float> to = slopes->encoded.Row(row);
    for (size_t k = 0; k < d; ++k) {
      const float mean = both[k], log_variance = both[d + k],
                  deviation = std::exp(0.5f * both[d + k]);
      const float variance = deviation * deviation;
      divergence += 0.5 * static_cast<double>(mean * mean + variance - 1 - log_variance);
      to[k] = from[k] + weight * mean;
      to[d + k] = 0.5f * (from[k] * noise[k] * deviation + weight * (variance - 1));
    }
  }
  const MatrixSpan hidden = MatrixSpan(slopes->hidden).Rows(first, count);
  kernels::Gemm(ConstMatrixSpan(slopes->encoded).Rows(first, count),
                kernels::Transposed(parameters[numbers_.encoder]), hidden, GemmResult::kWrite,
                scratch);
  nn::TanhBackward(ConstMatrixSpan(state.hidden).Rows(first, count), hidden);
  return static_cast<double>(weight) * divergence;
}

void AutoencoderNetwork::AddItemGradients(const AutoencoderBatch& batch, Range items,
                                          const State& state, const Slopes& slopes,
                                          Parameters* gradients) const {
  const auto [first, count] = items;
  kernels::Scratch scratch;
  const ConstMatrixSpan logits = ConstMatrixSpan(slopes.logits).Columns(first, count);
  kernels::Gemm(kernels::Transposed(logits), state.restored,
                (*gradients)[numbers_.output].Rows(first, count), GemmResult::kAdd, scratch);
  const std::span<float> offset = gradients->Vector(numbers_.offset).subspan(first, count);
  const MatrixSpan input = (*gradients)[numbers_.input];
  for (size_t user = 0; user < batch.size(); ++user) {
    kernels::Axpy(1, logits.Row(user), offset);
    const auto [begin, end] = Within(batch.items[user], first, count);
    for (size_t i = begin; i < end; ++i) {
      const float x = batch.inputs[user][i];
      const auto item = static_cast<size_t>(batch.items[user][i]);
      if (x != 0) kernels::Axpy(x, slopes.hidden.Row(user), input.Row(item));
    }
  }
}

void AutoencoderNetwork::AddInnerGradients(const State& state, const Slopes& slopes,
                                           Parameters* gradients) const {
  kernels::Scratch scratch;
  kernels::Gemm(kernels::Transposed(ConstMatrixSpan(state.latent)), slopes.restored,
                (*gradients)[numbers_.decoder], GemmResult::kAdd, scratch);
  kernels::Gemm(kernels::Transposed(ConstMatrixSpan(state.hidden)), slopes.encoded,
                (*gradients)[numbers_.encoder], GemmResult::kAdd, scratch);
  for (size_t user = 0; user < state.hidden.rows(); ++user) {
    kernels::Axpy(1, slopes.restored.Row(user), gradients->Vector(numbers_.decoder_bias));
    kernels::Axpy(1, slopes.encoded.Row(user), gradients->Vector(numbers_.encoder_bias));
    kernels::Axpy(1, slopes.hidden.Row(user), gradients->Vector(numbers_.input_bias));
  }
}

double AutoencoderNetwork::AddGradients(const Parameters& parameters, const AutoencoderBatch& batch,
                                        const Descent& descent, Parameters* gradients) const {
  State state(shape_, batch.size());
  Slopes slopes(shape_, batch.size());
  std::vector<double> losses(batch.size());  // of a block, at its first user
  ForBlocks(descent.pool, batch.size(), kUserGrain, [&](size_t first, size_t count) {
    for (size_t user = first; user < first + count; ++user) {
      Rng own = descent.rng.Fork(user);
      for (float& value : state.noise.Row(user)) value = static_cast<float>(own.Normal());
    }
    const Range users = {first, count};
    Forward(parameters, batch, users, &state);
    losses[first] = LogitSlopes(parameters, batch, users, state, &slopes) +
                    Backward(parameters, users, descent.kl_weight, state, &slopes);
  });
  const size_t blocks = (shape_.items + kItemGrain - 1) / kItemGrain;
  ForBlocks(descent.pool, blocks + 1, 1, [&](size_t block, size_t) {
    if (block == 0) {
      AddInnerGradients(state, slopes, gradients);
    } else {
      const size_t first = (block - 1) * kItemGrain;
      AddItemGradients(batch, {first, std::min(kItemGrain, shape_.items - first)}, state, slopes,
                       gradients);
    }
  });
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

}  // namespace marquee
