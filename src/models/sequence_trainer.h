// Internal: what `sequence` learns from, epoch by epoch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/thread_pool.h"
#include "interactions/interactions.h"
#include "models/nn/parameters.h"
#include "models/sequence.h"
#include "models/sequence_encoder.h"

namespace marquee {

// The items of a row by time, those of one time by item row.
std::vector<int32_t> InOrderOfTime(const SparseRow& row);

// Softmax cross-entropy of next items. Not thread-safe: one a thread.
class NextItemLoss {
 public:
  // `negatives` 0: over all items. Else the softmax is estimated from the target and so many items
  // drawn evenly, which stand for all others.
  explicit NextItemLoss(size_t negatives) : negatives_(negatives) {}

  struct Rows {
    kernels::ConstMatrixSpan hidden;
    std::span<const int32_t> targets;  // what came after each row
    float weight;                      // of each row in the sum
  };
  struct Gradients {
    kernels::MatrixSpan hidden;      // written
    kernels::MatrixSpan embeddings;  // added to
  };
  // The sum of -weight log softmax(hidden embeddings^T)[target]. O(rows candidates d).
  double Add(const kernels::ConstMatrixSpan& embeddings, const Rows& rows, Rng rng,
             const Gradients& to);

 private:
  double AddAll(const kernels::ConstMatrixSpan& embeddings, const Rows& rows, const Gradients& to);
  double AddSampled(const kernels::ConstMatrixSpan& embeddings, const Rows& rows, Rng& rng,
                    const Gradients& to);

  size_t negatives_;
  kernels::Scratch scratch_;
  nn::Buffer logits_, candidates_, d_candidates_;
};

// Takes a window of at most max_length of each user's items, by time, anew each epoch, and a step
// of Adam for each batch of windows. A user counts as one, however many items they met: as one does
// who asks for recommendations.
class SequenceTrainer {
 public:
  // REQUIRES: all outlive this.
  SequenceTrainer(const SequenceEncoder& encoder, const Interactions& data,
                  const SequenceOptions& options, ThreadPool& pool);

  // The same bits for any number of threads. Returns the mean cross-entropy of the epoch. Throws
  // cancelled.
  double Epoch(int epoch, const TrainObserver& observer, nn::Parameters* parameters);
  // The weights over about the latest epoch. REQUIRES: there was one.
  const nn::Parameters& mean() const { return average_.mean(); }

 private:
  // Items first..first+length-1 of items_, each of which is to predict the one behind it.
  struct Window {
    size_t first;
    size_t length;
  };
  struct Worker {
    SequenceEncoder::Workspace workspace;
    NextItemLoss loss;
    ItemSequences sequences;
    std::vector<int32_t> targets;
    nn::Buffer d_hidden;
  };
  std::vector<Window> CutWindows(Rng& rng) const;
  double Batch(std::span<const Window> windows, const Rng& rng, nn::Parameters* parameters);
  double Part(std::span<const Window> windows, float weight, const Rng& rng,
              const nn::Parameters& parameters, size_t part);

  const SequenceEncoder& encoder_;
  const SequenceOptions& options_;
  ThreadPool& pool_;
  std::vector<int32_t> items_;       // of all users, by time
  std::vector<size_t> user_begins_;  // where each user begins there
  nn::Adam adam_;
  nn::Average average_;
  std::vector<Worker> workers_;  // one a part
};

}  // namespace marquee
