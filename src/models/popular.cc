#include "models/popular.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "most-popular";
constexpr double kItemShrinkage = 25;
constexpr double kUserShrinkage = 10;
constexpr int kMaxWindowDays = 36500;
constexpr int64_t kSecondsPerDay = 86400;

// Times from here on count.
int64_t WindowStart(const Interactions& data, int window_days) {
  if (window_days == 0) return std::numeric_limits<int64_t>::min();
  return data.newest_s() - window_days * kSecondsPerDay + 1;
}

}  // namespace

std::unique_ptr<PopularModel> TrainPopular(const Interactions& data, const PopularOptions& options,
                                           TrainObserver& observer) {
  RequireRange("window_days", options.window_days, 0, kMaxWindowDays);
  RequireInteractions(data, kType);
  std::unique_ptr<PopularModel> model(new PopularModel(data.shared_items()));
  model->options_ = options;
  model->CountItems(data);
  ThrowIfStopped(observer, kType);
  model->FitRatings(data);
  observer.OnEpoch({.epoch = 1, .epochs = 1});
  return model;
}

void PopularModel::CountItems(const Interactions& data) {
  const int64_t start_s = WindowStart(data, options_.window_days);
  counts_.resize(static_cast<size_t>(data.num_items()));
  for (int32_t item = 0; item < data.num_items(); ++item) {
    const auto times = data.by_item().Row(item).times_s;
    counts_[static_cast<size_t>(item)] = static_cast<float>(
        std::count_if(times.begin(), times.end(), [&](int64_t time) { return time >= start_s; }));
  }
}

void PopularModel::FitRatings(const Interactions& data) {
  double sum = 0;
  lowest_ = std::numeric_limits<double>::infinity();
  highest_ = -lowest_;
  for (int32_t item = 0; item < data.num_items(); ++item) {
    for (const float value : data.by_item().Row(item).values) {
      sum += value;
      lowest_ = std::min<double>(lowest_, value);
      highest_ = std::max<double>(highest_, value);
    }
  }
  mean_ = sum / static_cast<double>(data.nnz());
  item_bias_.resize(static_cast<size_t>(data.num_items()));
  for (int32_t item = 0; item < data.num_items(); ++item) {
    const SparseRow row = data.by_item().Row(item);
    double above = 0;
    for (const float value : row.values) above += value - mean_;
    item_bias_[static_cast<size_t>(item)] =
        static_cast<float>(above / (static_cast<double>(row.size()) + kItemShrinkage));
  }
}

void PopularModel::Score(const SparseRow&, std::span<float> scores) const {
  std::copy(counts_.begin(), counts_.end(), scores.begin());
}

std::vector<ScoredItem> PopularModel::SimilarItems(int32_t item, int k) const {
  return BestItems(counts_, item, k);
}

std::vector<ScoredItem> PopularModel::Explain(const SparseRow&, int32_t, int) const { return {}; }

std::vector<RatingPrediction> PopularModel::PredictRatings(
    const SparseRow& history, std::span<const RatingQuery> queries) const {
  const SparseRow known = KnownItems(history, items().size());
  double above = 0;
  for (size_t i = 0; i < known.size(); ++i)
    above += known.values[i] - mean_ - item_bias_[static_cast<size_t>(known.columns[i])];
  const double user_bias = above / (static_cast<double>(known.size()) + kUserShrinkage);
  std::vector<RatingPrediction> predictions;
  predictions.reserve(queries.size());
  for (const RatingQuery& query : queries) {
    const double rating = mean_ + user_bias + item_bias_[static_cast<size_t>(query.item)];
    predictions.push_back({.mean = static_cast<float>(std::clamp(rating, lowest_, highest_))});
  }
  return predictions;
}

void PopularModel::Save(ModelWriter& writer) const {
  writer.SetSettings(Json::MakeObject({{"window_days", options_.window_days}}));
  writer.Add("counts", counts_, {items().size()});
  writer.Add("item_bias", item_bias_, {items().size()});
  writer.Add("ratings", std::vector<double>{mean_, lowest_, highest_}, {3});
}

std::unique_ptr<PopularModel> PopularModel::Load(const ModelReader& reader,
                                                 std::shared_ptr<const IdDictionary> items) {
  std::unique_ptr<PopularModel> model(new PopularModel(std::move(items)));
  const int64_t n = model->items().size();
  const std::span<const float> counts = reader.Floats("counts", {n});
  const std::span<const float> item_bias = reader.Floats("item_bias", {n});
  const std::span<const double> ratings = reader.Doubles("ratings", {3});
  if (ratings[1] > ratings[2]) reader.Refuse("section 'ratings' has its bounds exchanged");
  model->options_.window_days = static_cast<int>(reader.SettingInt("window_days"));
  model->counts_.assign(counts.begin(), counts.end());
  model->item_bias_.assign(item_bias.begin(), item_bias.end());
  model->mean_ = ratings[0];
  model->lowest_ = ratings[1];
  model->highest_ = ratings[2];
  return model;
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  return {{"window_days",
           Type::kInt,
           StrCat(PopularOptions{}.window_days),
           "count only the last days of the data, 0 for all; small windows follow trends",
           0,
           36500,
           {},
           SearchRange{7, 3650, true}}};
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainPopular(in.data, {.window_days = in.Int("window_days")}, in.observer);
}

}  // namespace

const ModelDefinition& PopularDefinition() {
  static const ModelDefinition definition = {
      "most-popular",       "what everybody likes, overall or lately; the floor to beat",
      Settings(),           TrainFrom,
      LoadAs<PopularModel>, true};
  return definition;
}

}  // namespace marquee
