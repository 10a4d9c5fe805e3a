// user-knn: what the people most alike have met (Herlocker et al. 1999, "An algorithmic framework
// for performing collaborative filtering", for histories without ratings).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "models/definition.h"
#include "models/likeness.h"
#include "models/model.h"

namespace marquee {

class ModelReader;

struct UserKnnOptions {
  Weighting weighting = Weighting::kTfIdf;  // cosine where popular titles tell people apart
  double shrinkage = 0;                     // raise for sparse data; 0..1e6
  int neighbours = 50;                      // of the person asked for; more smooths; 1..100,000
};

// A score is the sum of the likenesses (likeness.h) of those `neighbours` most alike, of equal ones
// the lower rows, who met the item. The people of the training stand in the model as sets of items;
// whoever is asked for is compared with them by the history alone, so somebody who was in training
// is a neighbour too, which adds only to what the history holds. Memory: 8 bytes an interaction, 4
// of them made on loading.
class UserKnnModel : public Model {
 public:
  static std::unique_ptr<UserKnnModel> Load(const ModelReader& reader,
                                            std::shared_ptr<const IdDictionary> items);

  std::string_view type() const override { return "user-knn"; }
  // O(items + users + interactions of the history's items and of the neighbours).
  void Score(const SparseRow& history, std::span<float> scores) const override;
  // By the cosine of the sets of users who met them.
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  // The likeness of each neighbour who met `item` is shared out among the items that make it.
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  std::unique_ptr<FoldedUser> Fold(const SparseRow& history) const override;
  // Takes all of `data` anew, with the same settings.
  std::unique_ptr<Model> PartialFit(const Interactions& data, int threads,
                                    TrainObserver& observer) const override;
  void Save(ModelWriter& writer) const override;

 private:
  class Folded;
  struct Neighbour {
    int32_t user;
    double factor;  // times the sum of the weights of shared items: the likeness
    double likeness;
  };

  friend std::unique_ptr<UserKnnModel> TrainUserKnn(const Interactions&, const UserKnnOptions&,
                                                    TrainObserver&);
  explicit UserKnnModel(std::shared_ptr<const IdDictionary> items) : Model(std::move(items)) {}
  std::span<const int32_t> ItemsOf(int32_t user) const;
  std::span<const int32_t> UsersOf(int32_t item) const;
  // Fills users_of_ from items_of_.
  void IndexByItem();
  std::vector<Neighbour> Neighbours(std::span<const int32_t> items) const;

  UserKnnOptions options_;
  std::vector<float> item_weights_;
  std::vector<float> user_factors_;
  std::vector<int64_t> user_offsets_ = {0};  // of each user in items_of_
  std::vector<int32_t> items_of_;            // ascending within a user
  std::vector<int64_t> item_offsets_ = {0};  // of each item in users_of_
  std::vector<int32_t> users_of_;            // ascending within an item
};

// O(nnz). Same data and options: same bytes. Throws invalid_argument for empty data or an option
// out of range; cancelled.
std::unique_ptr<UserKnnModel> TrainUserKnn(const Interactions& data, const UserKnnOptions& options,
                                           TrainObserver& observer);

const ModelDefinition& UserKnnDefinition();

}  // namespace marquee
