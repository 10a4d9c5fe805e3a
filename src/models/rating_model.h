// Models of ratings by vectors: what bayesian-fm, biased-mf and svdpp train.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/matrix.h"
#include "models/model.h"
#include "models/normal_wishart.h"
#include "models/ordinal.h"
#include "models/user_features.h"

namespace marquee {

class ModelReader;

// One draw, or estimate, of all that is needed to fold a user in. d = rank + 1.
struct RatingSample {
  kernels::Matrix items;         // items x d: factors, then 1
  std::vector<float> item_bias;  // items
  kernels::Matrix links;         // items x d: how having rated the item shifts a user's vector
  kernels::Matrix features;      // user features x d: likewise of a feature
  GaussianPrior user_prior;      // without `root`
  kernels::Matrix days;          // days x d: factors, bias
  double noise_precision = 1;
  std::vector<double> cutpoints;  // probit
};

// All of a model but its type and items.
struct RatingModelState {
  int day_bins = 0;  // days that share an effect; 0: no effect
  double mean = 0;
  double lowest = 0, highest = 0;  // rating
  std::vector<double> levels;      // of probit: the different ratings, ascending; else empty
  std::vector<int32_t> days;       // with an effect, ascending
  UserFeatureIndex user_features;  // with an effect
  std::vector<RatingSample> samples;
};

// The rating by user u of item i on day t is
//   mu + (p_u + s_t) . q_i + b_u + b_t + b_i + noise,
//   [p_u, b_u] ~ N(m + sum over rated j of y_j / sqrt(n_u) + sum of features f / sqrt(their
//   number),
//                  L^-1);
// or, of probit, that sum is the mean of a latent value between the rating's cutpoints.
//
// A user is folded in by the conditional Gaussian of that vector, sample by sample, by its mean and
// not a draw (Rao-Blackwell), so users of the training and others are one. In probit the latent
// values of the history take their means in turn with the user's (variational Bayes, a few rounds).
// Days unknown to the model have no effect. The interval is that of the rating, noise included.
class RatingModel : public Model {
 public:
  static std::unique_ptr<RatingModel> Load(const ModelReader& reader,
                                           std::shared_ptr<const IdDictionary> items);

  // Of model `type`. REQUIRES: a sample or more, of one size.
  RatingModel(std::string type, std::shared_ptr<const IdDictionary> items, RatingModelState state)
      : Model(std::move(items)), type_(std::move(type)), state_(std::move(state)) {}
  std::string_view type() const override { return type_; }
  // The expected rating (probit: the latent value) at a time without an effect; all 0 for an empty
  // history of somebody without features. O(samples (n d^2 + d^3 + items d)).
  void Score(const SparseRow& history, std::span<float> scores) const override;
  // By cosine of the factors, mean over the samples.
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  // The score is linear in what the history says. What belongs to no item of it (mean, biases and
  // features of the user) is divided evenly.
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  std::unique_ptr<FoldedUser> Fold(const SparseRow& history) const override;
  bool uses_user_features() const override { return !state_.user_features.empty(); }
  std::unique_ptr<FoldedUser> FoldWith(const SparseRow& history,
                                       std::span<const std::string> features) const override;
  std::vector<RatingPrediction> PredictRatings(const SparseRow& history,
                                               std::span<const RatingQuery> queries) const override;
  std::vector<RatingPrediction> PredictRatingsWith(
      const SparseRow& history, std::span<const std::string> features,
      std::span<const RatingQuery> queries) const override;
  void Save(ModelWriter& writer) const override;

 private:
  friend class RatingUser;
  // Row of the day of `time_s` in a sample's days; -1: unknown.
  int32_t DayOf(int64_t time_s) const;
  bool probit() const { return !state_.levels.empty(); }
  OrdinalScale ScaleOf(const RatingSample& sample) const;

  std::string type_;
  RatingModelState state_;
};

}  // namespace marquee
