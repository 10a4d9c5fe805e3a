#include "models/sequence_encoder.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "kernels/vector.h"

namespace marquee {
namespace {

using kernels::ConstMatrixSpan;
using kernels::MatrixSpan;
using nn::Linear;
using nn::Parameters;

constexpr double kEmbeddingStddev = 0.02;

void AddTo(const ConstMatrixSpan& x, const MatrixSpan& sum) {
  for (size_t row = 0; row < x.rows; ++row) kernels::Axpy(1, x.Row(row), sum.Row(row));
}

Linear LayerOf(const Parameters& parameters, size_t weights, size_t bias) {
  return {parameters[weights], parameters.Vector(bias)};
}

nn::LinearGradients GradientsOf(Parameters* gradients, size_t weights, size_t bias,
                                const MatrixSpan& dx) {
  return {dx, (*gradients)[weights], gradients->Vector(bias)};
}

}  // namespace

void ItemSequences::Append(std::span<const int32_t> sequence) {
  items.insert(items.end(), sequence.begin(), sequence.end());
  begins.push_back(items.size());
}

SequenceEncoder::SequenceEncoder(const EncoderShape& shape) : shape_(shape) {
  const size_t d = shape.dimension;
  MARQUEE_CHECK(d % shape.heads == 0);
  embeddings_ = layout_.Add(shape.items, d);
  positions_ = layout_.Add(shape.max_length, d);
  for (size_t n = 0; n < shape.blocks; ++n) {
    Block block;
    block.norm1_gain = layout_.Add(1, d);
    block.norm1_bias = layout_.Add(1, d);
    block.qkv = layout_.Add(d, 3 * d);
    block.qkv_bias = layout_.Add(1, 3 * d);
    block.out = layout_.Add(d, d);
    block.out_bias = layout_.Add(1, d);
    block.norm2_gain = layout_.Add(1, d);
    block.norm2_bias = layout_.Add(1, d);
    block.feed1 = layout_.Add(d, d);
    block.feed1_bias = layout_.Add(1, d);
    block.feed2 = layout_.Add(d, d);
    block.feed2_bias = layout_.Add(1, d);
    blocks_.push_back(block);
  }
  norm_gain_ = layout_.Add(1, d);
  norm_bias_ = layout_.Add(1, d);
}

Parameters SequenceEncoder::Initial(uint64_t seed) const {
  Parameters parameters(layout_);
  const Rng rng(seed);
  const MatrixSpan embeddings = parameters[embeddings_];
  for (size_t item = 0; item < embeddings.rows; ++item) {
    Rng own = rng.Fork(item + 1);
    nn::FillNormal(own, kEmbeddingStddev, embeddings.Rows(item, 1));
  }
  Rng rest = rng.Fork(0);
  nn::FillNormal(rest, kEmbeddingStddev, parameters[positions_]);
  for (const Block& block : blocks_) {
    for (const size_t matrix : {block.qkv, block.out, block.feed1, block.feed2})
      nn::FillGlorot(rest, parameters[matrix]);
    for (const size_t gain : {block.norm1_gain, block.norm2_gain})
      std::ranges::fill(parameters.Vector(gain), 1.0f);
  }
  std::ranges::fill(parameters.Vector(norm_gain_), 1.0f);
  return parameters;
}

void SequenceEncoder::Embed(const Parameters& parameters, const ItemSequences& sequences,
                            const MatrixSpan& x) const {
  const float scale = std::sqrt(static_cast<float>(shape_.dimension));
  for (size_t s = 0; s < sequences.size(); ++s) {
    for (size_t row = sequences.begins[s]; row < sequences.begins[s + 1]; ++row) {
      const std::span<const float> position = parameters[positions_].Row(row - sequences.begins[s]);
      std::ranges::copy(position, x.Row(row).begin());
      const auto item = static_cast<size_t>(sequences.items[row]);
      kernels::Axpy(scale, parameters[embeddings_].Row(item), x.Row(row));
    }
  }
}

void SequenceEncoder::EmbedBackward(const ItemSequences& sequences, const ConstMatrixSpan& dx,
                                    Parameters* gradients) const {
  const float scale = std::sqrt(static_cast<float>(shape_.dimension));
  const MatrixSpan positions = (*gradients)[positions_], embeddings = (*gradients)[embeddings_];
  for (size_t s = 0; s < sequences.size(); ++s) {
    for (size_t row = sequences.begins[s]; row < sequences.begins[s + 1]; ++row) {
      kernels::Axpy(1, dx.Row(row), positions.Row(row - sequences.begins[s]));
      const auto item = static_cast<size_t>(sequences.items[row]);
      kernels::Axpy(scale, dx.Row(row), embeddings.Row(item));
    }
  }
}

void SequenceEncoder::BlockForward(const BlockCall& call, Pass* pass, const MatrixSpan& x) const {
  const auto& [block, parameters, rows, workspace, own] = call;
  const size_t n = x.rows, d = x.columns;
  kernels::Scratch& scratch = workspace->scratch;
  const MatrixSpan step = workspace->step_buffer.Make(n, d);
  own->normal1 = own->normal1_buffer.Make(n, d);
  own->qkv = own->qkv_buffer.Make(n, 3 * d);
  own->mixed = own->mixed_buffer.Make(n, d);
  own->norm1.Forward(parameters.Vector(block.norm1_gain), parameters.Vector(block.norm1_bias), x,
                     own->normal1);
  nn::LinearForward(LayerOf(parameters, block.qkv, block.qkv_bias), own->normal1, own->qkv,
                    scratch);
  own->attention.Forward(rows, own->qkv, own->mixed, scratch);
  nn::LinearForward(LayerOf(parameters, block.out, block.out_bias), own->mixed, step, scratch);
  own->attention_dropout.Forward(pass->dropout, pass->rng, step);
  AddTo(step, x);

  own->normal2 = own->normal2_buffer.Make(n, d);
  own->inner = own->inner_buffer.Make(n, d);
  own->norm2.Forward(parameters.Vector(block.norm2_gain), parameters.Vector(block.norm2_bias), x,
                     own->normal2);
  nn::LinearForward(LayerOf(parameters, block.feed1, block.feed1_bias), own->normal2, own->inner,
                    scratch);
  nn::Relu(own->inner);
  nn::LinearForward(LayerOf(parameters, block.feed2, block.feed2_bias), own->inner, step, scratch);
  own->feed_dropout.Forward(pass->dropout, pass->rng, step);
  AddTo(step, x);
}

void SequenceEncoder::BlockBackward(const BlockCall& call, const MatrixSpan& dx,
                                    Parameters* gradients) const {
  const auto& [block, parameters, rows, workspace, own] = call;
  const size_t n = dx.rows, d = dx.columns;
  kernels::Scratch& scratch = workspace->scratch;
  const MatrixSpan step = workspace->step_buffer.Make(n, d);
  const MatrixSpan d_step = workspace->d_step_buffer.Make(n, d);
  const auto copy_dx = [&] {
    for (size_t row = 0; row < n; ++row) std::ranges::copy(dx.Row(row), d_step.Row(row).begin());
  };
  copy_dx();
  own->feed_dropout.Backward(d_step);
  nn::LinearBackward(LayerOf(parameters, block.feed2, block.feed2_bias), own->inner, d_step,
                     GradientsOf(gradients, block.feed2, block.feed2_bias, step), scratch);
  nn::ReluBackward(own->inner, step);
  nn::LinearBackward(LayerOf(parameters, block.feed1, block.feed1_bias), own->normal2, step,
                     GradientsOf(gradients, block.feed1, block.feed1_bias, d_step), scratch);
  own->norm2.Backward(parameters.Vector(block.norm2_gain), d_step, step,
                      gradients->Vector(block.norm2_gain), gradients->Vector(block.norm2_bias));
  AddTo(step, dx);

  copy_dx();
  own->attention_dropout.Backward(d_step);
  nn::LinearBackward(LayerOf(parameters, block.out, block.out_bias), own->mixed, d_step,
                     GradientsOf(gradients, block.out, block.out_bias, step), scratch);
  const MatrixSpan d_qkv = workspace->d_wide_buffer.Make(n, 3 * d);
  own->attention.Backward(rows, own->qkv, step, d_qkv, scratch);
  nn::LinearBackward(LayerOf(parameters, block.qkv, block.qkv_bias), own->normal1, d_qkv,
                     GradientsOf(gradients, block.qkv, block.qkv_bias, d_step), scratch);
  own->norm1.Backward(parameters.Vector(block.norm1_gain), d_step, step,
                      gradients->Vector(block.norm1_gain), gradients->Vector(block.norm1_bias));
  AddTo(step, dx);
}

MatrixSpan SequenceEncoder::Forward(const Parameters& parameters, const ItemSequences& sequences,
                                    Pass pass, Workspace* workspace) const {
  const size_t n = sequences.items.size(), d = shape_.dimension;
  workspace->blocks.resize(blocks_.size());
  const MatrixSpan x = workspace->x_buffer.Make(n, d);
  Embed(parameters, sequences, x);
  workspace->dropout.Forward(pass.dropout, pass.rng, x);
  const nn::AttentionRows rows = {sequences.begins, shape_.heads};
  for (size_t block = 0; block < blocks_.size(); ++block)
    BlockForward({blocks_[block], parameters, rows, workspace, &workspace->blocks[block]}, &pass,
                 x);
  const MatrixSpan hidden = workspace->hidden_buffer.Make(n, d);
  workspace->norm.Forward(parameters.Vector(norm_gain_), parameters.Vector(norm_bias_), x, hidden);
  return hidden;
}

void SequenceEncoder::Backward(const Parameters& parameters, const ItemSequences& sequences,
                               const MatrixSpan& d_hidden, Workspace* workspace,
                               Parameters* gradients) const {
  workspace->norm.Backward(parameters.Vector(norm_gain_), d_hidden, d_hidden,
                           gradients->Vector(norm_gain_), gradients->Vector(norm_bias_));
  const nn::AttentionRows rows = {sequences.begins, shape_.heads};
  for (size_t block = blocks_.size(); block-- > 0;)
    BlockBackward({blocks_[block], parameters, rows, workspace, &workspace->blocks[block]},
                  d_hidden, gradients);
  workspace->dropout.Backward(d_hidden);
  EmbedBackward(sequences, d_hidden, gradients);
}

}  // namespace marquee
