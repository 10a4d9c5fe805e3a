// Internal: the network of `autoencoder`, forwards and backwards.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/thread_pool.h"
#include "models/nn/layers.h"
#include "models/nn/parameters.h"

namespace marquee {

struct AutoencoderShape {
  size_t items;
  size_t hidden;
  size_t latent;
};

// What some users met.
struct AutoencoderBatch {
  std::vector<std::span<const int32_t>> items;  // of each user, ascending
  std::vector<std::vector<float>> inputs;       // what each counts as input: 0 when dropped

  // With inputs of length 1 each. REQUIRES: `columns` outlive this.
  void Append(std::span<const int32_t> columns);
  size_t size() const { return items.size(); }
};

// tanh(x W1) -> means and log variances of the latent -> tanh(z W3) -> logits. Immutable, so
// thread-safe.
class AutoencoderNetwork {
 public:
  explicit AutoencoderNetwork(const AutoencoderShape& shape);

  const AutoencoderShape& shape() const { return shape_; }
  const nn::Layout& layout() const { return layout_; }
  // Of the rows that belong to an item, on its own: the same for any number of items.
  nn::Parameters Initial(uint64_t seed) const;

  // Numbers of the matrices in the layout.
  struct Numbers {
    size_t input;   // items x hidden
    size_t output;  // items x hidden
    size_t offset;  // items x 1: biases of the logits
    size_t input_bias;
    size_t encoder;  // hidden x 2 latent
    size_t encoder_bias;
    size_t decoder;  // latent x hidden
    size_t decoder_bias;
  };
  const Numbers& numbers() const { return numbers_; }

  // What a batch becomes on its way: a row a user.
  struct State {
    State(const AutoencoderShape& shape, size_t users);
    kernels::Matrix hidden;    // tanh(x W1)
    kernels::Matrix encoded;   // means, then log variances
    kernels::Matrix noise;     // zero to serve
    kernels::Matrix latent;    // mean + noise * deviation
    kernels::Matrix restored;  // tanh(z W3)
  };
  // Some of the users of a batch, or of the items.
  struct Range {
    size_t first;
    size_t count;
  };
  // The noise is given.
  void Forward(const nn::Parameters& parameters, const AutoencoderBatch& batch, Range users,
               State* state) const;
  // Of one user who was restored.
  void Logits(const nn::Parameters& parameters, std::span<const float> restored,
              std::span<float> logits) const;

  // Adds the gradients of the mean over users of: -log likelihood of what they met under one
  // softmax over the items, plus kl_weight times the divergence of the latent from N(0, I).
  // Returns that mean. Draws noise by rng. The same bits for any number of threads.
  // O(users items hidden).
  struct Descent {
    double kl_weight;
    Rng rng;
    ThreadPool& pool;
  };
  double AddGradients(const nn::Parameters& parameters, const AutoencoderBatch& batch,
                      const Descent& descent, nn::Parameters* gradients) const;

 private:
  struct Slopes;
  double LogitSlopes(const nn::Parameters& parameters, const AutoencoderBatch& batch, Range users,
                     const State& state, Slopes* slopes) const;
  double Backward(const nn::Parameters& parameters, Range users, double kl_weight,
                  const State& state, Slopes* slopes) const;
  void AddItemGradients(const AutoencoderBatch& batch, Range items, const State& state,
                        const Slopes& slopes, nn::Parameters* gradients) const;
  void AddInnerGradients(const State& state, const Slopes& slopes, nn::Parameters* gradients) const;

  AutoencoderShape shape_;
  nn::Layout layout_;
  Numbers numbers_;
};

}  // namespace marquee
