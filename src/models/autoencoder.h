// autoencoder: a variational autoencoder with a multinomial likelihood (Liang et al. 2018,
// "Variational Autoencoders for Collaborative Filtering": Mult-VAE).
#pragma once

#include <cstdint>
#include <memory>

#include "models/autoencoder_network.h"
#include "models/definition.h"
#include "models/model.h"

namespace marquee {

class ModelReader;

// Each option says when to change it.
struct AutoencoderOptions {
  int hidden = 600;        // width of the layers around the latent, 1..8192; time grows with it
  int latent = 200;        // numbers that stand for a user, 1..4096; fewer for small data
  double dropout = 0.5;    // share of the history that each step hides, 0..0.95
  double kl_weight = 0.2;  // how far users are drawn to the middle, 0..10; lower it when all users
                           // get much the same items
  int anneal_epochs = 40;  // over which kl_weight grows from 0, 0..10000
  int batch = 128;         // users a step, 1..100000; larger for many users
  double learning_rate = 1e-3;  // 1e-6..1; lower it when the first epochs are the best
  int epochs = 150;             // passes over the users, at most; 1..10000
  int patience = 15;            // epochs without a better held-out NDCG@10 that end the training;
                                // 0: runs all epochs, on all data
  uint64_t seed = 1;
  int threads = 1;
};

// A history, as a vector of length 1, is encoded as the mean and variance of a latent vector, from
// which a decoder makes the logits of what somebody meets. Values and times are ignored. The score
// is the logit of the mean: no user is kept, and an empty history gives the logits that follow
// popularity. An explanation distributes the difference to those along the network by the rescale
// rule of DeepLIFT (Shrikumar et al. 2017): an activation passes on its change over the change of
// its input, so that the parts of the history sum to the difference exactly.
class AutoencoderModel : public Model {
 public:
  static std::unique_ptr<AutoencoderModel> Load(const ModelReader& reader,
                                                std::shared_ptr<const IdDictionary> items);

  std::string_view type() const override { return "autoencoder"; }
  // O(hidden (|history| + latent + items)).
  void Score(const SparseRow& history, std::span<float> scores) const override;
  // By cosine of the items' rows in the last layer of the decoder.
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  // O(hidden (|history| + latent)).
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  // Five epochs over `data` from the present weights, at the full kl_weight, with Adam's moments
  // anew.
  std::unique_ptr<Model> PartialFit(const Interactions& data, int threads,
                                    TrainObserver& observer) const override;
  std::unique_ptr<FoldedUser> Fold(const SparseRow& history) const override;
  void Save(ModelWriter& writer) const override;

 private:
  friend std::unique_ptr<AutoencoderModel> TrainAutoencoder(const Interactions&,
                                                            const AutoencoderOptions&,
                                                            TrainObserver&);
  AutoencoderModel(std::shared_ptr<const IdDictionary> items, const AutoencoderOptions& options,
                   nn::Parameters parameters);

  AutoencoderOptions options_;
  AutoencoderNetwork network_;
  nn::Parameters parameters_;
};

// What is kept are the weights averaged over about the latest epoch. With patience, a fifth of the
// items of up to 1,000 users are held out.
//
// Cost: an epoch takes O(users items hidden + nnz hidden) time; memory 48 items hidden bytes, and 8
// batch items. Same data, options and SIMD level: same bytes, for any number of threads. Throws
// invalid_argument for empty data or an option out of range; failed_precondition when the steps
// were so large that the numbers left float32; cancelled.
std::unique_ptr<AutoencoderModel> TrainAutoencoder(const Interactions& data,
                                                   const AutoencoderOptions& options,
                                                   TrainObserver& observer);

const ModelDefinition& AutoencoderDefinition();

}  // namespace marquee
