#include "scale_data.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "base/text.h"

namespace marquee {
namespace {

constexpr int32_t kGroups = 40;
constexpr int kGroupsOfAUser = 3;
constexpr double kShareOfGroups = 0.7;
constexpr int32_t kLargestDegree = 3000;
constexpr int32_t kJudgedUsers = 5000;
constexpr int32_t kLeastJudgedDegree = 10;

// Draws from a list of items by popularity.
class ItemUrn {
 public:
  void Add(int32_t item, double weight) {
    items_.push_back(item);
    sums_.push_back((sums_.empty() ? 0 : sums_.back()) + weight);
  }
  int32_t Draw(Rng& rng) const {
    const auto at = std::upper_bound(sums_.begin(), sums_.end(), rng.Uniform() * sums_.back());
    return items_[std::min(static_cast<size_t>(at - sums_.begin()), items_.size() - 1)];
  }

 private:
  std::vector<int32_t> items_;
  std::vector<double> sums_;
};

// Sum close to `positives`.
std::vector<int32_t> Degrees(const ScaleShape& shape, Rng& rng) {
  std::vector<double> quantiles(static_cast<size_t>(shape.users));
  for (size_t u = 0; u < quantiles.size(); ++u)
    quantiles[u] = std::pow((static_cast<double>(u) + 0.5) / shape.users, -1 / 1.5);
  const double most = std::min(kLargestDegree, shape.items / 4);
  const auto sum = [&](double scale) {
    double total = 0;
    for (const double quantile : quantiles) total += std::min(most, scale * quantile);
    return total;
  };
  double low = 0, high = most;
  for (int step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    (sum(middle) < static_cast<double>(shape.positives) ? low : high) = middle;
  }
  std::vector<int32_t> degrees;
  for (const double quantile : quantiles)
    degrees.push_back(
        std::max(1, static_cast<int32_t>(std::lround(std::min(most, low * quantile)))));
  rng.Shuffle(std::span(degrees));
  return degrees;
}

class World {
 public:
  World(const ScaleShape& shape, Rng& rng)
      : groups_(kGroups), met_(static_cast<size_t>(shape.items), -1) {
    std::vector<int32_t> ranks(static_cast<size_t>(shape.items));
    std::iota(ranks.begin(), ranks.end(), 0);
    rng.Shuffle(std::span(ranks));
    const double offset = std::max(1.0, shape.items / 100.0);
    for (int32_t item = 0; item < shape.items; ++item) {
      const int32_t rank = ranks[static_cast<size_t>(item)];
      const double weight = std::pow(rank + offset, -1.6);
      all_.Add(item, weight);
      groups_[static_cast<size_t>(rank % kGroups)].Add(item, weight);
    }
  }

  // `degree` items, each once, in the order of the draws.
  std::vector<int32_t> ItemsOf(int32_t user, int32_t degree, Rng& rng) {
    const ItemUrn* own[kGroupsOfAUser];
    for (const ItemUrn*& urn : own) urn = &groups_[rng.Below(kGroups)];
    std::vector<int32_t> items;
    while (static_cast<int32_t>(items.size()) < degree) {
      const bool in_group = rng.Uniform() < kShareOfGroups;
      int32_t item = (in_group ? *own[rng.Below(kGroupsOfAUser)] : all_).Draw(rng);
      // Who knows most of a group looks elsewhere.
      while (met_[static_cast<size_t>(item)] == user) item = all_.Draw(rng);
      met_[static_cast<size_t>(item)] = user;
      items.push_back(item);
    }
    return items;
  }

 private:
  std::vector<ItemUrn> groups_;
  ItemUrn all_;
  std::vector<int32_t> met_;  // the last user who met the item
};

}  // namespace

ScaleData MakeScaleData(const ScaleShape& shape) {
  Rng rng(shape.seed);
  const std::vector<int32_t> degrees = Degrees(shape, rng);
  World world(shape, rng);
  ScaleData data;
  InteractionsBuilder builder;
  builder.Reserve(shape.positives);
  for (int32_t i = 0; i < shape.items; ++i) builder.AddItem(StrCat(i));
  for (int32_t user = 0; user < shape.users; ++user) {
    builder.AddUser(StrCat(user));
    const int32_t degree = degrees[static_cast<size_t>(user)];
    std::vector<int32_t> items = world.ItemsOf(user, degree, rng);
    const bool judged = degree >= kLeastJudgedDegree && rng.Uniform() * shape.users < kJudgedUsers;
    const auto kept = items.begin() + (judged ? degree - degree / 5 : degree);
    for (auto item = items.begin(); item != kept; ++item)
      builder.Add(user, *item, static_cast<float>(1 + (user + *item) % 5), item - items.begin());
    if (!judged) continue;
    std::sort(kept, items.end());
    data.judged.push_back({user, {kept, items.end()}});
  }
  data.train = builder.Build();
  return data;
}

}  // namespace marquee
