// For tests: two camps of users and films, and a model that says what it is told to.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/registry.h"
#include "recommend/bundle.h"

namespace marquee {

constexpr int kUsers = 40;
constexpr int kItems = 20;

// Two camps: even users like even items, odd users odd ones; each skips two of its camp. User
// "stranger" likes nothing.
inline Interactions TwoCamps(float liked, float disliked) {
  InteractionsBuilder builder;
  for (int item = 0; item < kItems; ++item) builder.AddItem("i" + std::to_string(item));
  for (int user = 0; user < kUsers; ++user) {
    const int32_t row = builder.AddUser("u" + std::to_string(user));
    for (int item = user % 2; item < kItems; item += 2) {
      if ((item / 2 + user / 2) % 5 != 0) builder.Add(row, item, liked, 100 + item);
    }
    if (disliked > 0) builder.Add(row, (user + 1) % 2, disliked, 50);
  }
  UserContent people;
  for (int user = 0; user < kUsers; ++user)
    people.features.push_back({user % 2 == 0 ? "camp=even" : "camp=odd"});
  people.features.push_back({"camp=even"});
  builder.SetUserContent(std::move(people));
  const int32_t stranger = builder.AddUser("stranger");
  if (disliked > 0) builder.Add(stranger, 3, disliked, 60);
  return builder.Build();
}

inline std::shared_ptr<const Model> Train(const std::string& type, const Interactions& data) {
  NoTrainObserver observer;
  TrainRequest request{.type = type, .settings = {}, .seed = 1, .threads = 1};
  if (type == "hybrid") request.settings = {{"factors", "8"}, {"epochs", "20"}};
  if (type == "ials") request.settings = {{"factors", "8"}, {"epochs", "8"}};
  return TrainModel(request, data, observer);
}

inline std::shared_ptr<ModelBundle> MakeBundle(const std::string& type, float liked = 5,
                                               float disliked = 1) {
  auto bundle = std::make_shared<ModelBundle>();
  bundle->name = type + " v1";
  bundle->interactions = TwoCamps(liked, disliked);
  bundle->liked = disliked > 0 ? KeepAbove(bundle->interactions, 3.5f) : bundle->interactions;
  bundle->model = Train(type, bundle->liked);
  bundle->rated = liked != 1;
  bundle->popular = Train("most-popular", bundle->liked);
  std::vector<CatalogItem> items;
  for (int item = 0; item < kItems; ++item) {
    CatalogItem known;
    known.item_id = "i" + std::to_string(item);
    known.title = item == 4 ? "" : "Film " + std::to_string(item);
    known.genres = {item % 2 == 0 ? "Drama" : "Comedy"};
    items.push_back(known);
  }
  bundle->catalog = std::make_shared<Catalog>(std::move(items));
  return bundle;
}

// Says what it is told to; `before` runs in each Score.
class ScriptedModel : public Model {
 public:
  ScriptedModel(
      std::shared_ptr<const IdDictionary> items, std::vector<float> scores,
      std::vector<ScoredItem> explanation, std::function<void()> before = [] {})
      : Model(std::move(items)),
        scores_(std::move(scores)),
        explanation_(std::move(explanation)),
        before_(std::move(before)) {}

  std::string_view type() const override { return "scripted"; }
  void Score(const SparseRow&, std::span<float> scores) const override {
    before_();
    std::copy(scores_.begin(), scores_.end(), scores.begin());
  }
  std::vector<ScoredItem> SimilarItems(int32_t, int) const override { return {{7, 0.5f}}; }
  std::vector<ScoredItem> Explain(const SparseRow&, int32_t, int) const override {
    return explanation_;
  }
  void Save(ModelWriter&) const override {}

 private:
  const std::vector<float> scores_;
  const std::vector<ScoredItem> explanation_;
  const std::function<void()> before_;
};

}  // namespace marquee
