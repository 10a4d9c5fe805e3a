// What every recommender is: scores for a user's history, explained, saved.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "interactions/interactions.h"

namespace marquee {

class ModelWriter;
class TrainObserver;

struct ScoredItem {
  int32_t item;  // row in the model's item dictionary
  float score;
};

struct RatingQuery {
  int32_t item;    // row in the model's item dictionary
  int64_t time_s;  // when the rating is given, seconds since 1970
};

struct RatingPrediction {
  float mean;
  // The bounds between which the rating lies with 90 % probability; NaN where the model gives none.
  float low = std::numeric_limits<float>::quiet_NaN();
  float high = std::numeric_limits<float>::quiet_NaN();
};

// One user, folded into a model: scored and explained at the cost of one set-up. Lives no longer
// than its model. Immutable, so thread-safe.
class FoldedUser {
 public:
  virtual ~FoldedUser() = default;
  // As Model::Score of the history that was folded in.
  virtual void Score(std::span<float> scores) const = 0;
  // As Model::Explain, for each of `items`.
  virtual std::vector<std::vector<ScoredItem>> Explain(std::span<const int32_t> items,
                                                       int k) const = 0;
};

// Immutable after training or loading, so thread-safe. Items are rows of items(), the dictionary it
// was trained with; a history may hold rows beyond it (items newer than the model), which count for
// nothing.
class Model {
 public:
  virtual ~Model() = default;

  // The type, as `--model` names it: "ials".
  virtual std::string_view type() const = 0;
  const IdDictionary& items() const { return *items_; }
  std::shared_ptr<const IdDictionary> shared_items() const { return items_; }

  // Writes a score for every item, higher is better, seen items included. The user need not have
  // been in training: this is the fold-in. `history`: columns ascending. An empty history gives the
  // scores of somebody unknown (all equal, or popularity). REQUIRES: scores.size() ==
  // items().size().
  virtual void Score(const SparseRow& history, std::span<float> scores) const = 0;

  // The k items nearest to `item`, without itself, best first; fewer when there are fewer.
  virtual std::vector<ScoredItem> SimilarItems(int32_t item, int k) const = 0;

  // How much each item of `history` adds to the score of `item`, largest first, at most k; empty
  // when this model does not use history.
  virtual std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const = 0;

  // The history, ready for Score and Explain. Models that set up much for a user override it.
  virtual std::unique_ptr<FoldedUser> Fold(const SparseRow& history) const;
  // Whether FoldWith and PredictRatingsWith look at features at all.
  virtual bool uses_user_features() const { return false; }
  // The same for a user of whom more is known: `features`, as Interactions::UserFeatures gives
  // them, of which those that training did not meet count for nothing. With an empty history the
  // features alone speak. Models without user features ignore them. What an explanation cannot lay
  // to one item of the history, it leaves out.
  virtual std::unique_ptr<FoldedUser> FoldWith(const SparseRow& history,
                                               std::span<const std::string> features) const;

  // The expected rating of each query, in their order, by somebody with that history, which does
  // not hold the ratings asked for. Empty for models that do not predict ratings.
  virtual std::vector<RatingPrediction> PredictRatings(const SparseRow& history,
                                                       std::span<const RatingQuery> queries) const;
  // The same for a user with these features, as in FoldWith.
  virtual std::vector<RatingPrediction> PredictRatingsWith(
      const SparseRow& history, std::span<const std::string> features,
      std::span<const RatingQuery> queries) const;

  // This model trained on: `data` is all there is by now, and its item rows begin with those of
  // items(). Costs a pass or two over `data`, not a training. Null for an algorithm without such a
  // step, a closed form for example: train it anew.
  virtual std::unique_ptr<Model> PartialFit(const Interactions& data, int threads,
                                            TrainObserver& observer) const;

  // Writes all but type and dictionary, which SaveModel writes.
  virtual void Save(ModelWriter& writer) const = 0;

 protected:
  explicit Model(std::shared_ptr<const IdDictionary> items) : items_(std::move(items)) {}

 private:
  std::shared_ptr<const IdDictionary> items_;
};

// The part of `history` with columns below `num_items`: what a model of so many items knows of.
SparseRow KnownItems(const SparseRow& history, int32_t num_items);

// What training reports; called from the training thread.
class TrainObserver {
 public:
  struct Epoch {
    int epoch;   // 1-based
    int epochs;  // in all
    // What early stopping watches, higher is better; NaN where nothing is held out.
    double validation = std::numeric_limits<double>::quiet_NaN();
  };
  virtual ~TrainObserver() = default;
  virtual void OnEpoch(const Epoch& epoch) = 0;
  // Asked between blocks of work; true ends the training with Code::kCancelled.
  virtual bool ShouldStop() const = 0;
};

class NoTrainObserver : public TrainObserver {
 public:
  void OnEpoch(const Epoch&) override {}
  bool ShouldStop() const override { return false; }
};

}  // namespace marquee
