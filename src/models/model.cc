#include "models/model.h"

#include <algorithm>

namespace marquee {
namespace {

// Keeps the history and asks the model each time.
class RememberedUser : public FoldedUser {
 public:
  RememberedUser(const Model& model, const SparseRow& history)
      : model_(model),
        columns_(history.columns.begin(), history.columns.end()),
        values_(history.values.begin(), history.values.end()),
        times_s_(history.times_s.begin(), history.times_s.end()) {}

  void Score(std::span<float> scores) const override { model_.Score(History(), scores); }

  std::vector<std::vector<ScoredItem>> Explain(std::span<const int32_t> items,
                                               int k) const override {
    std::vector<std::vector<ScoredItem>> explanations;
    for (const int32_t item : items) explanations.push_back(model_.Explain(History(), item, k));
    return explanations;
  }

 private:
  SparseRow History() const { return {columns_, values_, times_s_}; }

  const Model& model_;
  const std::vector<int32_t> columns_;
  const std::vector<float> values_;
  const std::vector<int64_t> times_s_;
};

}  // namespace

std::unique_ptr<FoldedUser> Model::Fold(const SparseRow& history) const {
  return std::make_unique<RememberedUser>(*this, history);
}

std::unique_ptr<FoldedUser> Model::FoldWith(const SparseRow& history,
                                            std::span<const std::string>) const {
  return Fold(history);
}

std::vector<RatingPrediction> Model::PredictRatingsWith(
    const SparseRow& history, std::span<const std::string>,
    std::span<const RatingQuery> queries) const {
  return PredictRatings(history, queries);
}

std::vector<RatingPrediction> Model::PredictRatings(const SparseRow&,
                                                    std::span<const RatingQuery>) const {
  return {};
}

std::unique_ptr<Model> Model::PartialFit(const Interactions&, int, TrainObserver&) const {
  return nullptr;
}

SparseRow KnownItems(const SparseRow& history, int32_t num_items) {
  const auto end = std::lower_bound(history.columns.begin(), history.columns.end(), num_items);
  const auto count = static_cast<size_t>(end - history.columns.begin());
  return {history.columns.first(count), history.values.first(count), history.times_s.first(count)};
}

}  // namespace marquee
