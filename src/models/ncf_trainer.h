// Internal: epochs of `ncf`.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/thread_pool.h"
#include "interactions/interactions.h"
#include "models/ncf.h"
#include "models/ncf_network.h"
#include "models/nn/parameters.h"

namespace marquee {

// For each item that a user met an example with the rest of the history, and with the same history
// `negatives` examples of items that they did not meet, drawn evenly anew each epoch. A step of
// Adam for each batch of users.
class NcfTrainer {
 public:
  // REQUIRES: all outlive this.
  NcfTrainer(const NcfNetwork& network, const Interactions& data, const NcfOptions& options,
             ThreadPool& pool);
  // The same bits for any number of threads. Returns the mean loss. Throws cancelled.
  double Epoch(int epoch, const TrainObserver& observer, nn::Parameters* parameters);
  // The weights over about the latest epoch. REQUIRES: there was one.
  const nn::Parameters& mean() const { return average_.mean(); }

 private:
  struct Worker {
    NcfNetwork::Workspace workspace;
    NcfBatch batch;
    double loss = 0;
  };
  void Draw(std::span<const int32_t> users, Rng rng, NcfBatch* batch) const;
  double Step(std::span<const int32_t> users, const Rng& rng, nn::Parameters* parameters);

  const NcfNetwork& network_;
  const Interactions& data_;
  const NcfOptions& options_;
  ThreadPool& pool_;
  std::vector<int32_t> users_;  // who met something
  nn::Adam adam_;
  nn::Average average_;
  std::vector<Worker> workers_;  // one a part
};

}  // namespace marquee
