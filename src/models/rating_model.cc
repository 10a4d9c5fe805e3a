#include "models/rating_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "kernels/cholesky.h"
#include "kernels/vector.h"
#include "models/model_file.h"
#include "models/rating_vector.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr int kLatentRounds = 6;  // the means of history and user in turn; they settle in five
constexpr double kQuantile90 = 1.6448536269514722;

}  // namespace

// A user's conditional Gaussian in each sample.
class RatingUser : public FoldedUser {
 public:
  RatingUser(const RatingModel& model, const SparseRow& history,
             std::span<const std::string> features = {});

  void Score(std::span<float> scores) const override;
  std::vector<std::vector<ScoredItem>> Explain(std::span<const int32_t> items,
                                               int k) const override;
  std::vector<RatingPrediction> Predict(std::span<const RatingQuery> queries) const;

 private:
  struct Posterior {
    std::vector<float> base_mean;   // of everybody with these features
    std::vector<float> prior_mean;  // and this history
    std::vector<float> mean;
    std::vector<float> targets;  // of the history, for the vector
    kernels::SymmetricMatrix factor;
  };
  void FoldInto(const RatingSample& sample, const SparseRow& history, std::span<const int32_t> days,
                Posterior* posterior);
  std::vector<float> Contributions(int32_t item) const;
  RatingPrediction PredictOne(const RatingQuery& query) const;
  // Mean and variance of the sum that the noise is added to.
  std::pair<double, double> Moments(size_t sample, const RatingQuery& query) const;

  const RatingModel& model_;
  std::vector<int32_t> columns_;
  std::vector<int32_t> features_;
  kernels::Scratch scratch_;
  std::vector<Posterior> posteriors_;  // of each sample
};

RatingUser::RatingUser(const RatingModel& model, const SparseRow& history,
                       std::span<const std::string> features)
    : model_(model), features_(model.state_.user_features.Find(features)) {
  const SparseRow known = KnownItems(history, model.items().size());
  columns_.assign(known.columns.begin(), known.columns.end());
  std::vector<int32_t> days;
  for (const int64_t time_s : known.times_s) days.push_back(model.DayOf(time_s));
  posteriors_.resize(model.state_.samples.size());
  for (size_t s = 0; s < posteriors_.size(); ++s)
    FoldInto(model.state_.samples[s], known, days, &posteriors_[s]);
}

void RatingUser::FoldInto(const RatingSample& sample, const SparseRow& history,
                          std::span<const int32_t> days, Posterior* posterior) {
  const size_t n = history.size(), d = sample.items.columns();
  posterior->base_mean = sample.user_prior.mean;
  if (!features_.empty()) {
    const std::vector<float> weights(features_.size(),
                                     1 / std::sqrt(static_cast<float>(features_.size())));
    kernels::AddRows(sample.features, features_, posterior->base_mean, weights);
  }
  posterior->prior_mean = posterior->base_mean;
  if (sample.links.rows() > 0 && n > 0) {
    const std::vector<float> weights(n, 1 / std::sqrt(static_cast<float>(n)));
    kernels::AddRows(sample.links, columns_, posterior->prior_mean, weights);
  }
  std::vector<float> offsets(n);  // what the vector does not explain
  for (size_t k = 0; k < n; ++k) {
    const auto item = static_cast<size_t>(columns_[k]);
    offsets[k] = static_cast<float>(model_.state_.mean) + sample.item_bias[item];
    if (days[k] >= 0)
      offsets[k] +=
          kernels::Dot(sample.days.Row(static_cast<size_t>(days[k])), sample.items.Row(item));
  }
  const VectorPrior prior = {sample.user_prior, posterior->prior_mean,
                             static_cast<float>(sample.noise_precision)};
  const ChosenRows rows = {sample.items, columns_};
  FactorVector(rows, prior, &posterior->factor, scratch_);
  posterior->mean.assign(d, 0);
  posterior->targets.resize(n);
  const OrdinalScale scale = model_.ScaleOf(sample);
  if (model_.probit()) posterior->mean = posterior->prior_mean;
  for (int round = 0; round < (model_.probit() ? kLatentRounds : 1); ++round) {
    for (size_t k = 0; k < n; ++k) {
      float value = history.values[k];
      if (model_.probit()) {
        const auto item = static_cast<size_t>(columns_[k]);
        const float score = offsets[k] + kernels::Dot(sample.items.Row(item), posterior->mean);
        value = static_cast<float>(scale.MeanLatent(score, scale.Level(value)));
      }
      posterior->targets[k] = value - offsets[k];
    }
    MeanOfVector(rows, posterior->targets, prior, posterior->factor, posterior->mean);
  }
}

void RatingUser::Score(std::span<float> scores) const {
  std::fill(scores.begin(), scores.end(), 0.0f);
  if (columns_.empty() && features_.empty()) return;
  std::vector<float> one(scores.size());
  const float share = 1 / static_cast<float>(posteriors_.size());
  for (size_t s = 0; s < posteriors_.size(); ++s) {
    kernels::Scores(model_.state_.samples[s].items, posteriors_[s].mean, one);
    kernels::Axpy(share, one, scores);
    kernels::Axpy(share, model_.state_.samples[s].item_bias, scores);
  }
  for (float& score : scores) score += static_cast<float>(model_.state_.mean);
}

// With v = A^-1 x: x . w = v . (L m + t sum target_h x_h), m = base + sum y_h / sqrt(n).
std::vector<float> RatingUser::Contributions(int32_t item) const {
  const size_t n = columns_.size();
  std::vector<double> sums(n);
  double shared = model_.state_.mean * static_cast<double>(posteriors_.size());
  for (size_t s = 0; s < posteriors_.size(); ++s) {
    const RatingSample& sample = model_.state_.samples[s];
    const size_t d = sample.items.columns();
    const std::span<const float> design = sample.items.Row(static_cast<size_t>(item));
    std::vector<float> v(design.begin(), design.end()), through_prior(d);
    kernels::CholeskySolve(posteriors_[s].factor, v);
    for (size_t i = 0; i < d; ++i)
      kernels::Axpy(v[i], std::span(sample.user_prior.precision).subspan(i * d, d), through_prior);
    shared += sample.item_bias[static_cast<size_t>(item)] +
              kernels::Dot(through_prior, posteriors_[s].base_mean);
    const double root = std::sqrt(static_cast<double>(n));
    for (size_t k = 0; k < n; ++k) {
      const auto past = static_cast<size_t>(columns_[k]);
      sums[k] += sample.noise_precision * posteriors_[s].targets[k] *
                 kernels::Dot(v, sample.items.Row(past));
      if (sample.links.rows() > 0)
        sums[k] += kernels::Dot(through_prior, sample.links.Row(past)) / root;
    }
  }
  std::vector<float> parts(n);
  for (size_t k = 0; k < n; ++k) {
    parts[k] = static_cast<float>((sums[k] + shared / static_cast<double>(n)) /
                                  static_cast<double>(posteriors_.size()));
  }
  return parts;
}

std::vector<std::vector<ScoredItem>> RatingUser::Explain(std::span<const int32_t> items,
                                                         int k) const {
  std::vector<std::vector<ScoredItem>> explained;
  for (const int32_t item : items) {
    std::vector<ScoredItem> parts;
    if (!columns_.empty()) {
      const std::vector<float> values = Contributions(item);
      for (size_t i = 0; i < columns_.size(); ++i) parts.push_back({columns_[i], values[i]});
    }
    explained.push_back(Largest(std::move(parts), k));
  }
  return explained;
}

std::pair<double, double> RatingUser::Moments(size_t sample, const RatingQuery& query) const {
  const RatingSample& drawn = model_.state_.samples[sample];
  const auto item = static_cast<size_t>(query.item);
  const std::span<const float> design = drawn.items.Row(item);
  double mean =
      model_.state_.mean + drawn.item_bias[item] + kernels::Dot(design, posteriors_[sample].mean);
  const int32_t day = model_.DayOf(query.time_s);
  if (day >= 0) mean += kernels::Dot(design, drawn.days.Row(static_cast<size_t>(day)));
  std::vector<float> v(design.begin(), design.end());
  SolveUpperTransposed(posteriors_[sample].factor, v);
  return {mean, kernels::Dot(v, v)};
}

RatingPrediction RatingUser::PredictOne(const RatingQuery& query) const {
  const double weight = 1 / static_cast<double>(posteriors_.size());
  if (model_.probit()) {
    const std::vector<double>& levels = model_.state_.levels;
    std::vector<double> probabilities(levels.size());
    for (size_t s = 0; s < posteriors_.size(); ++s) {
      const auto [mean, variance] = Moments(s, query);
      model_.ScaleOf(model_.state_.samples[s])
          .AddProbabilities(mean, variance, weight, probabilities);
    }
    double mean = 0, below = 0, low = levels.back(), high = levels.back();
    for (size_t level = levels.size(); level-- > 0;) {
      mean += probabilities[level] * levels[level];
      if (1 - below > 0.95) high = levels[level];
      if (1 - below > 0.05) low = levels[level];
      below += probabilities[level];
    }
    return {static_cast<float>(mean), static_cast<float>(std::min(low, mean)),
            static_cast<float>(std::max(high, mean))};
  }
  double mean = 0, square = 0, noise = 0;
  for (size_t s = 0; s < posteriors_.size(); ++s) {
    const auto [one, variance] = Moments(s, query);
    mean += weight * one;
    square += weight * (one * one + variance);
    noise += weight / model_.state_.samples[s].noise_precision;
  }
  const double reach = kQuantile90 * std::sqrt(std::max(square - mean * mean, 0.0) + noise);
  const auto bounded = [&](double value) {
    return static_cast<float>(std::clamp(value, model_.state_.lowest, model_.state_.highest));
  };
  return {bounded(mean), bounded(mean - reach), bounded(mean + reach)};
}

std::vector<RatingPrediction> RatingUser::Predict(std::span<const RatingQuery> queries) const {
  std::vector<RatingPrediction> predictions;
  predictions.reserve(queries.size());
  for (const RatingQuery& query : queries) predictions.push_back(PredictOne(query));
  return predictions;
}

int32_t RatingModel::DayOf(int64_t time_s) const {
  if (state_.days.empty()) return -1;
  const int32_t day = RatingDay(time_s, state_.day_bins);
  const auto at = std::lower_bound(state_.days.begin(), state_.days.end(), day);
  return at == state_.days.end() || *at != day ? -1
                                               : static_cast<int32_t>(at - state_.days.begin());
}

OrdinalScale RatingModel::ScaleOf(const RatingSample& sample) const {
  return {state_.levels, sample.cutpoints};
}

void RatingModel::Score(const SparseRow& history, std::span<float> scores) const {
  RatingUser(*this, history).Score(scores);
}

std::vector<ScoredItem> RatingModel::SimilarItems(int32_t item, int k) const {
  std::vector<float> nearness(static_cast<size_t>(items().size()));
  for (const RatingSample& sample : state_.samples) {
    const size_t rank = sample.items.columns() - 1;
    const std::span<const float> own = sample.items.Row(static_cast<size_t>(item)).first(rank);
    const double own_norm = std::sqrt(kernels::Dot(own, own));
    for (size_t other = 0; other < nearness.size(); ++other) {
      const std::span<const float> row = sample.items.Row(other).first(rank);
      const double norms = own_norm * std::sqrt(kernels::Dot(row, row));
      if (norms > 0) nearness[other] += static_cast<float>(kernels::Dot(own, row) / norms);
    }
  }
  for (float& value : nearness) value /= static_cast<float>(state_.samples.size());
  return BestItems(nearness, item, k);
}

std::vector<ScoredItem> RatingModel::Explain(const SparseRow& history, int32_t item, int k) const {
  const std::vector<int32_t> items = {item};
  return RatingUser(*this, history).Explain(items, k)[0];
}

std::unique_ptr<FoldedUser> RatingModel::Fold(const SparseRow& history) const {
  return std::make_unique<RatingUser>(*this, history);
}

std::unique_ptr<FoldedUser> RatingModel::FoldWith(const SparseRow& history,
                                                  std::span<const std::string> features) const {
  return std::make_unique<RatingUser>(*this, history, features);
}

std::vector<RatingPrediction> RatingModel::PredictRatings(
    const SparseRow& history, std::span<const RatingQuery> queries) const {
  return RatingUser(*this, history).Predict(queries);
}

std::vector<RatingPrediction> RatingModel::PredictRatingsWith(
    const SparseRow& history, std::span<const std::string> features,
    std::span<const RatingQuery> queries) const {
  return RatingUser(*this, history, features).Predict(queries);
}

void RatingModel::Save(ModelWriter& writer) const {
  const auto num_samples = static_cast<int64_t>(state_.samples.size());
  const int64_t n = items().size(), days = static_cast<int64_t>(state_.days.size());
  const auto d = static_cast<int64_t>(state_.samples[0].items.columns());
  const auto num_links = static_cast<int64_t>(state_.samples[0].links.rows());
  writer.SetSettings(Json::MakeObject({{"day_bins", state_.day_bins}, {"vector_size", d}}));
  std::vector<float> item_vectors, links, features, prior, day_vectors;
  std::vector<double> noise, cutpoints;
  const auto append = [](const auto& from, auto* to) {
    to->insert(to->end(), from.begin(), from.end());
  };
  for (const RatingSample& sample : state_.samples) {
    for (size_t item = 0; item < sample.items.rows(); ++item) {
      append(sample.items.Row(item).first(static_cast<size_t>(d) - 1), &item_vectors);
      item_vectors.push_back(sample.item_bias[item]);
    }
    append(sample.links.values(), &links);
    append(sample.features.values(), &features);
    append(sample.user_prior.mean, &prior);
    append(sample.user_prior.precision, &prior);
    append(sample.days.values(), &day_vectors);
    noise.push_back(sample.noise_precision);
    append(sample.cutpoints, &cutpoints);
  }
  writer.Add("ratings", std::vector<double>{state_.mean, state_.lowest, state_.highest}, {3});
  writer.Add("levels", state_.levels, {static_cast<int64_t>(state_.levels.size())});
  writer.Add("days", state_.days, {days});
  writer.Add("noise_precision", noise, {num_samples});
  writer.Add("cutpoints", cutpoints,
             {num_samples, std::max<int64_t>(static_cast<int64_t>(state_.levels.size()) - 1, 0)});
  writer.Add("item_vectors", item_vectors, {num_samples, n, d});
  writer.Add("link_vectors", links, {num_samples, num_links, d});
  writer.Add("user_prior", prior, {num_samples, d + 1, d});
  writer.Add("day_vectors", day_vectors, {num_samples, days, d});
  if (state_.user_features.empty()) return;
  writer.AddStrings("user_feature_names", state_.user_features.names());
  writer.Add("user_feature_vectors", features,
             {num_samples, static_cast<int64_t>(state_.user_features.size()), d});
}

namespace {

void LoadSamples(const ModelReader& reader, int64_t d, int64_t n, RatingModelState* state) {
  const std::span<const double> noise = reader.Doubles("noise_precision", {-1});
  if (noise.empty()) reader.Refuse("it holds no sample");
  const auto num_samples = static_cast<int64_t>(noise.size());
  const auto days = static_cast<int64_t>(state->days.size());
  const int64_t cuts = std::max<int64_t>(static_cast<int64_t>(state->levels.size()) - 1, 0);
  const auto cutpoints = reader.Doubles("cutpoints", {num_samples, cuts});
  const auto item_vectors = reader.Floats("item_vectors", {num_samples, n, d});
  const auto links = reader.Floats("link_vectors", {num_samples, -1, d});
  const auto prior = reader.Floats("user_prior", {num_samples, d + 1, d});
  const auto day_vectors = reader.Floats("day_vectors", {num_samples, days, d});
  const auto num_features = static_cast<int64_t>(state->user_features.size());
  std::span<const float> features;
  if (num_features > 0)
    features = reader.Floats("user_feature_vectors", {num_samples, num_features, d});
  const auto num_links = static_cast<int64_t>(links.size()) / (num_samples * d);
  if (num_links != 0 && num_links != n)
    reader.Refuse(StrCat("section 'link_vectors' has ", num_links, " rows for ", n, " items"));
  const auto part = [](auto all, int64_t index, int64_t size) {
    return all.subspan(static_cast<size_t>(index * size), static_cast<size_t>(size));
  };
  const auto matrix = [&](std::span<const float> all, int64_t index, int64_t rows) {
    kernels::Matrix filled(static_cast<size_t>(rows), static_cast<size_t>(d));
    const auto values = part(all, index, rows * d);
    std::copy(values.begin(), values.end(), filled.values().begin());
    return filled;
  };
  for (int64_t s = 0; s < num_samples; ++s) {
    RatingSample sample;
    sample.items = matrix(item_vectors, s, n);
    for (size_t item = 0; item < sample.items.rows(); ++item) {
      float& last = sample.items.Row(item)[static_cast<size_t>(d) - 1];
      sample.item_bias.push_back(std::exchange(last, 1.0f));
    }
    sample.links = matrix(links, s, num_links);
    sample.days = matrix(day_vectors, s, days);
    sample.features = matrix(features, s, num_features);
    const auto mean_and_precision = part(prior, s, (d + 1) * d);
    sample.user_prior.mean.assign(mean_and_precision.begin(), mean_and_precision.begin() + d);
    sample.user_prior.precision.assign(mean_and_precision.begin() + d, mean_and_precision.end());
    sample.noise_precision = noise[static_cast<size_t>(s)];
    if (sample.noise_precision <= 0) reader.Refuse("section 'noise_precision' has one not above 0");
    const auto cut = part(cutpoints, s, cuts);
    sample.cutpoints.assign(cut.begin(), cut.end());
    state->samples.push_back(std::move(sample));
  }
}

}  // namespace

std::unique_ptr<RatingModel> RatingModel::Load(const ModelReader& reader,
                                               std::shared_ptr<const IdDictionary> items) {
  RatingModelState state;
  const int64_t d = reader.SettingInt("vector_size"), day_bins = reader.SettingInt("day_bins");
  if (d < 2 || d > 257) reader.Refuse(StrCat("its vectors have ", d, " values"));
  if (day_bins < 0 || day_bins > 3650) reader.Refuse(StrCat("its day_bins are ", day_bins));
  const std::span<const double> ratings = reader.Doubles("ratings", {3});
  if (ratings[1] > ratings[2]) reader.Refuse("section 'ratings' has its bounds exchanged");
  const auto levels = reader.Doubles("levels", {-1});
  const auto days = reader.Ints("days", {-1});
  if (levels.size() == 1 || levels.size() > 20)
    reader.Refuse(StrCat("section 'levels' has ", levels.size()));
  if (!std::is_sorted(levels.begin(), levels.end()) || !std::is_sorted(days.begin(), days.end()))
    reader.Refuse("section 'levels' or 'days' is out of order");
  state.day_bins = static_cast<int>(day_bins);
  state.mean = ratings[0];
  state.lowest = ratings[1];
  state.highest = ratings[2];
  state.levels.assign(levels.begin(), levels.end());
  state.days.assign(days.begin(), days.end());
  state.user_features = UserFeatureIndex::Load(reader, "user_feature_names");
  LoadSamples(reader, d, items->size(), &state);
  std::string type = reader.model_type();
  return std::make_unique<RatingModel>(std::move(type), std::move(items), std::move(state));
}

}  // namespace marquee
