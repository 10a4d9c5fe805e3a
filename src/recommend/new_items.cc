#include "recommend/new_items.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace marquee {
namespace {

constexpr size_t kNearest = 20;
constexpr float kADecade = 0.05f;

float Nearness(const Catalog& catalog, int32_t a, int32_t b) {
  const auto of_a = catalog.genres_of(a);
  const auto of_b = catalog.genres_of(b);
  size_t both = 0;
  for (const int32_t genre : of_a) both += std::ranges::binary_search(of_b, genre) ? 1 : 0;
  if (both == 0) return 0;
  const auto overlap =
      static_cast<float>(both) / static_cast<float>(of_a.size() + of_b.size() - both);
  const int32_t year_a = catalog.at(a).year;
  const int32_t year_b = catalog.at(b).year;
  const auto years = year_a > 0 && year_b > 0 ? static_cast<float>(std::abs(year_a - year_b)) : 10;
  return std::max(0.0f, overlap - kADecade * years / 10);
}

// The nearest known titles, best first; among equals the popular ones.
std::vector<ScoredItem> NearestTo(const Catalog& catalog, int32_t item, int32_t known) {
  std::vector<ScoredItem> near;
  for (int32_t row = 0; row < known; ++row) {
    const float nearness = Nearness(catalog, item, row);
    if (nearness > 0) near.push_back({row, nearness});
  }
  std::ranges::stable_sort(near, [&](const ScoredItem& a, const ScoredItem& b) {
    if (a.score != b.score) return a.score > b.score;
    return catalog.at(a.item).num_ratings > catalog.at(b.item).num_ratings;
  });
  near.resize(std::min(near.size(), kNearest));
  return near;
}

// Of each title beyond the model's.
using Neighbours = std::vector<std::vector<ScoredItem>>;

void ScoreNew(const Neighbours& neighbours, std::span<float> scores) {
  const size_t known = scores.size() - neighbours.size();
  float lowest = 0;
  if (known > 0)
    lowest = *std::min_element(scores.begin(), scores.begin() + static_cast<std::ptrdiff_t>(known));
  for (size_t i = 0; i < neighbours.size(); ++i) {
    float sum = 0;
    float weight = 0;
    for (const ScoredItem& near : neighbours[i]) {
      sum += near.score * scores[static_cast<size_t>(near.item)];
      weight += near.score;
    }
    scores[known + i] = weight > 0 ? sum / weight : lowest;
  }
}

class FoldedWithNewItems : public FoldedUser {
 public:
  FoldedWithNewItems(std::unique_ptr<FoldedUser> user, int32_t known, const Neighbours& neighbours)
      : user_(std::move(user)), known_(known), neighbours_(neighbours) {}

  void Score(std::span<float> scores) const override {
    user_->Score(scores.first(static_cast<size_t>(known_)));
    ScoreNew(neighbours_, scores);
  }

  // Of a new title what explains the title nearest to it.
  std::vector<std::vector<ScoredItem>> Explain(std::span<const int32_t> items,
                                               int k) const override {
    std::vector<int32_t> asked;
    for (const int32_t item : items) {
      if (item < known_)
        asked.push_back(item);
      else if (!NeighboursOf(item).empty())
        asked.push_back(NeighboursOf(item).front().item);
    }
    const auto found = user_->Explain(asked, k);
    std::vector<std::vector<ScoredItem>> explanations;
    size_t next = 0;
    for (const int32_t item : items) {
      const bool was_asked = item < known_ || !NeighboursOf(item).empty();
      explanations.push_back(was_asked ? found[next++] : std::vector<ScoredItem>());
    }
    return explanations;
  }

 private:
  const std::vector<ScoredItem>& NeighboursOf(int32_t item) const {
    return neighbours_[static_cast<size_t>(item - known_)];
  }

  const std::unique_ptr<FoldedUser> user_;
  const int32_t known_;
  const Neighbours& neighbours_;
};

class ModelWithNewItems : public Model {
 public:
  ModelWithNewItems(std::shared_ptr<const Model> model, std::shared_ptr<const IdDictionary> items,
                    Neighbours neighbours)
      : Model(std::move(items)),
        model_(std::move(model)),
        known_(model_->items().size()),
        neighbours_(std::move(neighbours)) {}

  std::string_view type() const override { return model_->type(); }
  bool uses_user_features() const override { return model_->uses_user_features(); }

  void Score(const SparseRow& history, std::span<float> scores) const override {
    model_->Score(history, scores.first(static_cast<size_t>(known_)));
    ScoreNew(neighbours_, scores);
  }
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override {
    if (item < known_) return model_->SimilarItems(item, k);
    std::vector<ScoredItem> near = NeighboursOf(item);
    near.resize(std::min(near.size(), static_cast<size_t>(k)));
    return near;
  }
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override {
    if (item < known_) return model_->Explain(history, item, k);
    if (NeighboursOf(item).empty()) return {};
    return model_->Explain(history, NeighboursOf(item).front().item, k);
  }
  std::unique_ptr<FoldedUser> Fold(const SparseRow& history) const override {
    return std::make_unique<FoldedWithNewItems>(model_->Fold(history), known_, neighbours_);
  }
  std::unique_ptr<FoldedUser> FoldWith(const SparseRow& history,
                                       std::span<const std::string> features) const override {
    return std::make_unique<FoldedWithNewItems>(model_->FoldWith(history, features), known_,
                                                neighbours_);
  }
  // It is of one process, made anew at each start.
  void Save(ModelWriter&) const override { MARQUEE_CHECK(false); }

 private:
  const std::vector<ScoredItem>& NeighboursOf(int32_t item) const {
    return neighbours_[static_cast<size_t>(item - known_)];
  }

  const std::shared_ptr<const Model> model_;
  const int32_t known_;
  const Neighbours neighbours_;
};

}  // namespace

std::shared_ptr<const Model> WithNewItems(std::shared_ptr<const Model> model,
                                          const Catalog& catalog) {
  const int32_t known = model->items().size();
  auto items = std::make_shared<IdDictionary>(model->items());
  Neighbours neighbours;
  for (int32_t row = known; row < catalog.size(); ++row) {
    items->Add(catalog.at(row).item_id);
    neighbours.push_back(NearestTo(catalog, row, known));
  }
  return std::make_shared<ModelWithNewItems>(std::move(model), std::move(items),
                                             std::move(neighbours));
}

}  // namespace marquee
