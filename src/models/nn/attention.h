// Causal self-attention over sequences of any length, without padding.
#pragma once

#include <cstddef>
#include <span>

#include "models/nn/layers.h"

namespace marquee::nn {

// Rows of all sequences, one after another: sequence s has rows begins[s]..begins[s + 1]-1.
struct AttentionRows {
  std::span<const size_t> begins;
  size_t heads;  // divides the width d of a row
};

// Each row attends to itself and to those before it in its sequence: softmax of q.k / sqrt(width of
// a head), over the head's share of the columns (Vaswani et al. 2017). O(sum of lengths^2 d).
class CausalAttention {
 public:
  // `qkv`: rows of queries, keys and values, 3 d columns; `out`: d columns.
  void Forward(const AttentionRows& rows, const ConstMatrixSpan& qkv, const MatrixSpan& out,
               Scratch& scratch);
  // Writes the gradient of qkv. REQUIRES: the last Forward was of these rows.
  void Backward(const AttentionRows& rows, const ConstMatrixSpan& qkv, const ConstMatrixSpan& d_out,
                const MatrixSpan& d_qkv, Scratch& scratch);

 private:
  struct Head;
  // Calls body for each head of each sequence.
  template <typename Body>
  void ForEachHead(const AttentionRows& rows, size_t width, const Body& body);

  Buffer weights_buffer_, slopes_buffer_;
  float* weights_ = nullptr;  // length x length for each head of each sequence
};

}  // namespace marquee::nn
