#include "models/user_knn.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "base/text.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "user-knn";

std::span<const int32_t> Slice(const std::vector<int64_t>& offsets,
                               const std::vector<int32_t>& values, int32_t row) {
  const auto begin = static_cast<size_t>(offsets[static_cast<size_t>(row)]);
  const auto end = static_cast<size_t>(offsets[static_cast<size_t>(row) + 1]);
  return std::span(values).subspan(begin, end - begin);
}

bool Holds(std::span<const int32_t> ascending, int32_t value) {
  return std::binary_search(ascending.begin(), ascending.end(), value);
}

std::vector<float> ToFloats(const std::vector<double>& values) {
  return std::vector<float>(values.begin(), values.end());
}

}  // namespace

// One person and the neighbours found.
class UserKnnModel::Folded : public FoldedUser {
 public:
  Folded(const UserKnnModel& model, const SparseRow& history) : model_(model) {
    const auto known = KnownItems(history, model.items().size()).columns;
    items_.assign(known.begin(), known.end());
    neighbours_ = model.Neighbours(items_);
  }

  void Score(std::span<float> scores) const override {
    std::fill(scores.begin(), scores.end(), 0.0f);
    for (const Neighbour& neighbour : neighbours_) {
      const auto likeness = static_cast<float>(neighbour.likeness);
      for (const int32_t item : model_.ItemsOf(neighbour.user))
        scores[static_cast<size_t>(item)] += likeness;
    }
  }

  std::vector<std::vector<ScoredItem>> Explain(std::span<const int32_t> items,
                                               int k) const override {
    std::vector<std::vector<ScoredItem>> explanations;
    for (const int32_t item : items) explanations.push_back(ExplainOne(item, k));
    return explanations;
  }

 private:
  std::vector<ScoredItem> ExplainOne(int32_t item, int k) const {
    std::vector<double> factors(items_.size());
    for (const Neighbour& neighbour : neighbours_) {
      const std::span<const int32_t> met = model_.ItemsOf(neighbour.user);
      if (!Holds(met, item)) continue;
      for (size_t i = 0; i < items_.size(); ++i) {
        if (Holds(met, items_[i])) factors[i] += neighbour.factor;
      }
    }
    std::vector<ScoredItem> parts;
    for (size_t i = 0; i < items_.size(); ++i) {
      const double weight = model_.item_weights_[static_cast<size_t>(items_[i])];
      parts.push_back({items_[i], static_cast<float>(factors[i] * weight)});
    }
    return Largest(std::move(parts), k);
  }

  const UserKnnModel& model_;
  std::vector<int32_t> items_;
  std::vector<Neighbour> neighbours_;
};

std::unique_ptr<UserKnnModel> TrainUserKnn(const Interactions& data, const UserKnnOptions& options,
                                           TrainObserver& observer) {
  RequireLikeness(options.shrinkage, options.neighbours);
  RequireInteractions(data, kType);
  ThrowIfStopped(observer, kType);
  std::unique_ptr<UserKnnModel> model(new UserKnnModel(data.shared_items()));
  model->options_ = options;
  const std::vector<double> weights = MemberWeights(options.weighting, data.by_user());
  model->item_weights_ = ToFloats(weights);
  model->user_factors_ = ToFloats(RowFactors(options.weighting, data.by_user(), weights));
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const std::span<const int32_t> items = data.by_user().Row(user).columns;
    model->items_of_.insert(model->items_of_.end(), items.begin(), items.end());
    model->user_offsets_.push_back(static_cast<int64_t>(model->items_of_.size()));
  }
  model->IndexByItem();
  observer.OnEpoch({.epoch = 1, .epochs = 1});
  return model;
}

std::span<const int32_t> UserKnnModel::ItemsOf(int32_t user) const {
  return Slice(user_offsets_, items_of_, user);
}

std::span<const int32_t> UserKnnModel::UsersOf(int32_t item) const {
  return Slice(item_offsets_, users_of_, item);
}

void UserKnnModel::IndexByItem() {
  item_offsets_.assign(static_cast<size_t>(items().size()) + 1, 0);
  for (const int32_t item : items_of_) ++item_offsets_[static_cast<size_t>(item) + 1];
  for (size_t item = 1; item < item_offsets_.size(); ++item)
    item_offsets_[item] += item_offsets_[item - 1];
  users_of_.resize(items_of_.size());
  std::vector<int64_t> next(item_offsets_.begin(), item_offsets_.end() - 1);
  for (int32_t user = 0; user < static_cast<int32_t>(user_factors_.size()); ++user) {
    for (const int32_t item : ItemsOf(user))
      users_of_[static_cast<size_t>(next[static_cast<size_t>(item)]++)] = user;
  }
}

std::vector<UserKnnModel::Neighbour> UserKnnModel::Neighbours(
    std::span<const int32_t> items) const {
  std::vector<double> sums(user_factors_.size());
  std::vector<int32_t> shared(user_factors_.size());
  double own_sum = 0;
  for (const int32_t item : items) {
    const double weight = item_weights_[static_cast<size_t>(item)];
    own_sum += weight;
    for (const int32_t user : UsersOf(item)) {
      sums[static_cast<size_t>(user)] += weight;
      ++shared[static_cast<size_t>(user)];
    }
  }
  const double own_factor = options_.weighting == Weighting::kBm25 ? 1 : InverseLength(own_sum);
  std::vector<Neighbour> found;
  for (size_t user = 0; user < sums.size(); ++user) {
    if (shared[user] == 0) continue;
    const double factor =
        own_factor * user_factors_[user] * Shrunk(shared[user], options_.shrinkage);
    if (factor > 0) found.push_back({static_cast<int32_t>(user), factor, factor * sums[user]});
  }
  const auto count = std::min(found.size(), static_cast<size_t>(options_.neighbours));
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(),
                    [](const Neighbour& a, const Neighbour& b) {
                      return a.likeness != b.likeness ? a.likeness > b.likeness : a.user < b.user;
                    });
  found.resize(count);
  return found;
}

std::unique_ptr<FoldedUser> UserKnnModel::Fold(const SparseRow& history) const {
  return std::make_unique<Folded>(*this, history);
}

void UserKnnModel::Score(const SparseRow& history, std::span<float> scores) const {
  Folded(*this, history).Score(scores);
}

std::vector<ScoredItem> UserKnnModel::Explain(const SparseRow& history, int32_t item, int k) const {
  return Folded(*this, history).Explain({{item}}, k)[0];
}

std::vector<ScoredItem> UserKnnModel::SimilarItems(int32_t item, int k) const {
  std::vector<float> shared(static_cast<size_t>(items().size()));
  const std::span<const int32_t> users = UsersOf(item);
  for (const int32_t user : users) {
    for (const int32_t other : ItemsOf(user)) shared[static_cast<size_t>(other)] += 1;
  }
  std::vector<ScoredItem> similar;
  for (int32_t other = 0; other < items().size(); ++other) {
    const float count = shared[static_cast<size_t>(other)];
    if (other == item || count == 0) continue;
    const auto sizes = static_cast<float>(users.size()) * static_cast<float>(UsersOf(other).size());
    similar.push_back({other, count / std::sqrt(sizes)});
  }
  return Largest(std::move(similar), k);
}

std::unique_ptr<Model> UserKnnModel::PartialFit(const Interactions& data, int,
                                                TrainObserver& observer) const {
  return TrainUserKnn(data, options_, observer);
}

void UserKnnModel::Save(ModelWriter& writer) const {
  writer.SetSettings(Json::MakeObject({{"weighting", std::string(NameOf(options_.weighting))},
                                       {"shrinkage", options_.shrinkage},
                                       {"neighbours", options_.neighbours}}));
  const auto users = static_cast<int64_t>(user_factors_.size());
  writer.Add("item_weights", item_weights_, {items().size()});
  writer.Add("user_factors", user_factors_, {users});
  writer.Add("user_offsets", user_offsets_, {users + 1});
  writer.Add("user_items", items_of_, {static_cast<int64_t>(items_of_.size())});
}

std::unique_ptr<UserKnnModel> UserKnnModel::Load(const ModelReader& reader,
                                                 std::shared_ptr<const IdDictionary> items) {
  std::unique_ptr<UserKnnModel> model(new UserKnnModel(std::move(items)));
  const int64_t n = model->items().size();
  const std::string weighting = reader.settings().GetString("weighting");
  const std::vector<std::string>& names = WeightingNames();
  if (std::find(names.begin(), names.end(), weighting) == names.end())
    reader.Refuse(StrCat("it has the weighting '", weighting, "'"));
  model->options_ = {.weighting = WeightingNamed(weighting),
                     .shrinkage = reader.SettingDouble("shrinkage"),
                     .neighbours = static_cast<int>(reader.SettingInt("neighbours"))};
  const std::span<const float> item_weights = reader.Floats("item_weights", {n});
  const std::span<const float> user_factors = reader.Floats("user_factors", {-1});
  const auto users = static_cast<int64_t>(user_factors.size());
  const std::span<const int64_t> offsets = reader.Longs("user_offsets", {users + 1});
  const std::span<const int32_t> met = reader.Ints("user_items", {-1});
  if (offsets.front() != 0 || offsets.back() != static_cast<int64_t>(met.size()) ||
      !std::is_sorted(offsets.begin(), offsets.end()))
    reader.Refuse("section 'user_offsets' does not divide the items");
  model->item_weights_.assign(item_weights.begin(), item_weights.end());
  model->user_factors_.assign(user_factors.begin(), user_factors.end());
  model->user_offsets_.assign(offsets.begin(), offsets.end());
  model->items_of_.assign(met.begin(), met.end());
  for (int32_t user = 0; user < static_cast<int32_t>(users); ++user) {
    const std::span<const int32_t> row = model->ItemsOf(user);
    const bool ascending =
        std::adjacent_find(row.begin(), row.end(), std::greater_equal<>()) == row.end();
    if (!ascending || (!row.empty() && (row.front() < 0 || row.back() >= n)))
      reader.Refuse(StrCat("section 'user_items' has wrong rows of user ", user));
  }
  model->IndexByItem();
  return model;
}

namespace {

std::vector<SettingSpec> Settings() {
  const UserKnnOptions defaults;
  return LikenessSettings({defaults.weighting, defaults.shrinkage, defaults.neighbours});
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainUserKnn(in.data,
                      {.weighting = WeightingNamed(in.Text("weighting")),
                       .shrinkage = in.Double("shrinkage"),
                       .neighbours = in.Int("neighbours")},
                      in.observer);
}

}  // namespace

const ModelDefinition& UserKnnDefinition() {
  static const ModelDefinition definition = {
      .name = std::string(kType),
      .doc = "what the people most alike have met; nothing to train, slower to answer",
      .settings = Settings(),
      .train = TrainFrom,
      .load = LoadAs<UserKnnModel>};
  return definition;
}

}  // namespace marquee
