// Internal: the network of `sequence`, forwards and backwards.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "models/nn/attention.h"
#include "models/nn/layers.h"
#include "models/nn/parameters.h"

namespace marquee {

struct EncoderShape {
  size_t items;
  size_t dimension;  // d, a multiple of heads
  size_t blocks;
  size_t heads;
  size_t max_length;  // of a sequence
};

// Sequences of item rows, one after another: sequence s is items[begins[s]..begins[s + 1]-1], at
// most max_length long.
struct ItemSequences {
  std::vector<int32_t> items;
  std::vector<size_t> begins = {0};

  void Append(std::span<const int32_t> sequence);
  size_t size() const { return begins.size() - 1; }
};

// Embedding of the item times sqrt(d) plus that of its position, then blocks of
// x += Attention(Norm(x)), x += Feed(Norm(x)), Feed being two layers of width d with a ReLU
// between, then Norm. The score of item i after a row h is h . embedding i. Immutable, so
// thread-safe.
class SequenceEncoder {
 public:
  explicit SequenceEncoder(const EncoderShape& shape);

  const EncoderShape& shape() const { return shape_; }
  // The embeddings come first: items x d.
  const nn::Layout& layout() const { return layout_; }
  size_t embeddings() const { return embeddings_; }
  // Of the row of embeddings that belongs to an item, on its own: the same for any number of items.
  nn::Parameters Initial(uint64_t seed) const;

  // What one thread remembers between Forward and Backward.
  struct Workspace;
  struct Pass {
    double dropout;  // 0 to serve
    Rng rng;
  };
  // A row of d numbers for each item of the sequences, which live in the workspace.
  kernels::MatrixSpan Forward(const nn::Parameters& parameters, const ItemSequences& sequences,
                              Pass pass, Workspace* workspace) const;
  // Adds to the gradients. `d_hidden` is spoiled. REQUIRES: the last Forward in this workspace was
  // of these sequences.
  void Backward(const nn::Parameters& parameters, const ItemSequences& sequences,
                const kernels::MatrixSpan& d_hidden, Workspace* workspace,
                nn::Parameters* gradients) const;

 private:
  struct Block {
    size_t norm1_gain, norm1_bias;
    size_t qkv, qkv_bias;
    size_t out, out_bias;
    size_t norm2_gain, norm2_bias;
    size_t feed1, feed1_bias;
    size_t feed2, feed2_bias;
  };
  struct BlockWorkspace;

  void Embed(const nn::Parameters& parameters, const ItemSequences& sequences,
             const kernels::MatrixSpan& x) const;
  void EmbedBackward(const ItemSequences& sequences, const kernels::ConstMatrixSpan& dx,
                     nn::Parameters* gradients) const;
  // One block at work.
  struct BlockCall {
    const Block& block;
    const nn::Parameters& parameters;
    const nn::AttentionRows& rows;
    Workspace* workspace;
    BlockWorkspace* own;
  };

  void BlockForward(const BlockCall& call, Pass* pass, const kernels::MatrixSpan& x) const;
  void BlockBackward(const BlockCall& call, const kernels::MatrixSpan& dx,
                     nn::Parameters* gradients) const;

  EncoderShape shape_;
  nn::Layout layout_;
  size_t embeddings_, positions_;
  std::vector<Block> blocks_;
  size_t norm_gain_, norm_bias_;
};

struct SequenceEncoder::BlockWorkspace {
  nn::LayerNorm norm1, norm2;
  nn::CausalAttention attention;
  nn::Dropout attention_dropout, feed_dropout;
  nn::Buffer normal1_buffer, qkv_buffer, mixed_buffer, normal2_buffer, inner_buffer;
  kernels::MatrixSpan normal1, qkv, mixed, normal2, inner;
};

struct SequenceEncoder::Workspace {
  kernels::Scratch scratch;
  std::vector<BlockWorkspace> blocks;
  nn::Dropout dropout;
  nn::LayerNorm norm;
  nn::Buffer x_buffer, hidden_buffer, step_buffer, d_step_buffer, d_wide_buffer;
};

}  // namespace marquee
