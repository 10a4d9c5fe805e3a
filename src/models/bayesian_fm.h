// bayesian-fm: a Bayesian factorization machine, for the most accurate rating predictions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/matrix.h"
#include "models/definition.h"
#include "models/model.h"
#include "models/normal_wishart.h"
#include "models/ordinal.h"

namespace marquee {

class ModelReader;

struct BayesianFmOptions {
  int rank = 32;         // factors; more need more data and time (rank^2); 1..256
  int sweeps = 512;      // of the Gibbs sampler; fewer for a quick look; 2..100000
  int burn_in = 128;     // first sweeps, which are thrown away; below `sweeps`
  int samples = 64;      // kept of the others, evenly spaced: memory and prediction time grow with
                         // them, the error falls a little; 1..1000
  bool probit = true;    // ratings are ordered levels (1 to 5 stars), not numbers on a line; needs
                         // 2 to 20 different ones
  bool implicit = true;  // what somebody rated says something beside the rating, SVD++'s and
                         // flipped
  bool content = true;   // genres and decades of items
  int day_bins = 1;      // days that share a time effect; 0: no time effect; 0..3650
  int threads = 1;
  uint64_t seed = 1;
  int64_t memory_bytes = 0;  // what training may take; 0: what the machine has free
};

// One draw of all that is needed to fold a user in. d = rank + 1.
struct BayesianFmSample {
  kernels::Matrix items;         // items x d: factors, then 1
  std::vector<float> item_bias;  // items
  kernels::Matrix links;         // items x d: how having rated the item shifts a user's vector
  GaussianPrior user_prior;      // without `root`
  kernels::Matrix days;          // days x d: factors, bias
  double noise_precision = 1;
  std::vector<double> cutpoints;  // probit
};

// A rating by user u of item i on day t is
//   mu + (p_u + s_t) . q_i + b_u + b_t + b_i + noise,
//   [p_u, b_u] ~ N(m_U + sum over rated j of y_j / sqrt(n_u), L_U^-1),
//   [q_i, b_i] ~ N(m_I + sum over raters v of z_v / sqrt(n_i) + genre and decade vectors, L_I^-1),
//   [s_t, b_t] ~ N(0, L_T^-1),
// with normal-Wishart priors on m and L, and y ~ N(0, (l L)^-1) likewise. It is the factorization
// machine "timeSVD++ flipped" of Rendle, Zhang and Koren 2019 ("On the difficulty of evaluating
// baselines") without the products of two user features or of user and day, which few data
// support. Unlike libFM, which draws one coordinate at a time, a vector is drawn whole given all
// else (Salakhutdinov and Mnih 2008), and the linear models y and z by Macau's noise injection
// (Simm et al. 2017): fewer sweeps forget the start. As `probit`, the sum is the mean of a latent
// value that the rating's cutpoints enclose (Albert and Chib 1993).
//
// A user is folded in exactly as the sampler would draw, sample by sample, but by the mean of the
// conditional Gaussian (Rao-Blackwell), so users of the training and others are one. In probit the
// latent values of the history take their means in turn with the user's (variational Bayes, a few
// rounds). Days unknown to the model have no effect. The interval is that of the rating, noise
// included.
class BayesianFmModel : public Model {
 public:
  static std::unique_ptr<BayesianFmModel> Load(const ModelReader& reader,
                                               std::shared_ptr<const IdDictionary> items);

  std::string_view type() const override { return "bayesian-fm"; }
  // The expected rating (probit: the latent value) at a time without an effect; all 0 for an empty
  // history. O(samples (n d^2 + d^3 + items d)).
  void Score(const SparseRow& history, std::span<float> scores) const override;
  // By cosine of the factors, mean over the samples.
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  // The score is linear in what the history says. What belongs to no item of it (mean and biases)
  // is divided evenly.
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  std::unique_ptr<FoldedUser> Fold(const SparseRow& history) const override;
  std::vector<RatingPrediction> PredictRatings(const SparseRow& history,
                                               std::span<const RatingQuery> queries) const override;
  void Save(ModelWriter& writer) const override;

 private:
  friend std::unique_ptr<BayesianFmModel> TrainBayesianFm(const Interactions&,
                                                          const BayesianFmOptions&, TrainObserver&);
  friend class BayesianFmUser;
  explicit BayesianFmModel(std::shared_ptr<const IdDictionary> items) : Model(std::move(items)) {}
  // Row of the day of `time_s` in a sample's days; -1: unknown.
  int32_t DayOf(int64_t time_s) const;
  bool probit() const { return levels_.size() > 0; }
  OrdinalScale ScaleOf(const BayesianFmSample& sample) const;
  void LoadSamples(const ModelReader& reader, int64_t d);

  int day_bins_ = 1;
  double mean_ = 0;
  double lowest_ = 0, highest_ = 0;
  std::vector<double> levels_;  // of probit
  std::vector<int32_t> days_;   // ascending
  std::vector<BayesianFmSample> samples_;
};

// Cost: O(sweeps (nnz d^2 + (users + items) d^3)) time. Same data, options and seed: same bytes,
// for any number of threads. Throws invalid_argument for empty data or an option out of range;
// resource_exhausted, before any work, when it would not fit in memory; cancelled.
std::unique_ptr<BayesianFmModel> TrainBayesianFm(const Interactions& data,
                                                 const BayesianFmOptions& options,
                                                 TrainObserver& observer);

const ModelDefinition& BayesianFmDefinition();

}  // namespace marquee
