#include "models/bayesian_fm.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "kernels/cholesky.h"
#include "kernels/vector.h"
#include "models/bayesian_fm_sampler.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "bayesian-fm";
constexpr int kLatentRounds = 6;  // the means of history and user in turn; they settle in five
constexpr double kQuantile90 = 1.6448536269514722;

void RequireMemory(const Interactions& data, const BayesianFmOptions& options) {
  const int64_t d = options.rank + 1, n = data.num_items();
  const int64_t kept = (options.samples + 8) * (2 * n + d) * d;
  const int64_t chain = 8 * (data.num_users() + n) * d;
  const int64_t needed = 4 * (kept + chain) + 80 * data.nnz();
  const int64_t available =
      options.memory_bytes > 0 ? options.memory_bytes : AvailableMemoryBytes();
  if (needed <= available) return;
  throw Error(Code::kResourceExhausted,
              StrCat("bayesian-fm of ", WithThousands(n), " items needs ", HumanBytes(needed),
                     " of memory: ", HumanBytes(std::max<int64_t>(available, 0)), " are free"),
              "lower samples or rank, train biased-mf, or free memory");
}

void RequireOptions(const BayesianFmOptions& options) {
  RequireRange("rank", options.rank, 1, 256);
  RequireRange("sweeps", options.sweeps, 2, 100000);
  RequireRange("burn_in", options.burn_in, 0, 99999);
  RequireRange("samples", options.samples, 1, 1000);
  RequireRange("day_bins", options.day_bins, 0, 3650);
  if (options.burn_in < options.sweeps) return;
  throw Error(Code::kInvalidArgument, StrCat("burn_in is ", options.burn_in,
                                             ": must be below sweeps, which is ", options.sweeps));
}

// Whether the sweep, from 0 on, is one of `samples` evenly spaced ones, the last among them.
bool IsKept(int sweep, const BayesianFmOptions& options) {
  const int64_t usable = options.sweeps - options.burn_in;
  const int64_t at = sweep - options.burn_in;
  if (at < 0) return false;
  const int64_t samples = std::min<int64_t>(options.samples, usable);
  return (at + 1) * samples / usable > at * samples / usable;
}

}  // namespace

std::unique_ptr<BayesianFmModel> TrainBayesianFm(const Interactions& data,
                                                 const BayesianFmOptions& options,
                                                 TrainObserver& observer) {
  RequireOptions(options);
  RequireInteractions(data, kType);
  RequireMemory(data, options);
  ThreadPool pool(options.threads);
  std::unique_ptr<BayesianFmModel> model(new BayesianFmModel(data.shared_items()));
  model->lowest_ = INFINITY, model->highest_ = -INFINITY;
  for (int32_t user = 0; user < data.num_users(); ++user) {
    for (const float value : data.by_user().Row(user).values) {
      model->lowest_ = std::min<double>(model->lowest_, value);
      model->highest_ = std::max<double>(model->highest_, value);
    }
  }
  BayesianFmSampler sampler(data, options, pool);
  for (int sweep = 0; sweep < options.sweeps; ++sweep) {
    sampler.Sweep(sweep, observer);
    if (IsKept(sweep, options)) model->samples_.push_back(sampler.Snapshot());
    observer.OnEpoch({.epoch = sweep + 1, .epochs = options.sweeps});
  }
  model->day_bins_ = options.day_bins;
  model->mean_ = sampler.mean();
  model->levels_ = sampler.levels();
  model->days_ = sampler.days();
  return model;
}

// A user's conditional Gaussian in each sample.
class BayesianFmUser : public FoldedUser {
 public:
  BayesianFmUser(const BayesianFmModel& model, const SparseRow& history);

  void Score(std::span<float> scores) const override;
  std::vector<std::vector<ScoredItem>> Explain(std::span<const int32_t> items,
                                               int k) const override;
  std::vector<RatingPrediction> Predict(std::span<const RatingQuery> queries) const;

 private:
  struct Posterior {
    std::vector<float> prior_mean;
    std::vector<float> mean;
    std::vector<float> targets;  // of the history, for the vector
    kernels::SymmetricMatrix factor;
  };
  void FoldInto(const BayesianFmSample& sample, const SparseRow& history,
                std::span<const int32_t> days, Posterior* posterior);
  std::vector<float> Contributions(int32_t item) const;
  RatingPrediction PredictOne(const RatingQuery& query) const;
  // Mean and variance of the sum that the noise is added to.
  std::pair<double, double> Moments(size_t sample, const RatingQuery& query) const;

  const BayesianFmModel& model_;
  std::vector<int32_t> columns_;
  kernels::Scratch scratch_;
  std::vector<Posterior> posteriors_;  // of each sample
};

BayesianFmUser::BayesianFmUser(const BayesianFmModel& model, const SparseRow& history)
    : model_(model) {
  const SparseRow known = KnownItems(history, model.items().size());
  columns_.assign(known.columns.begin(), known.columns.end());
  std::vector<int32_t> days;
  for (const int64_t time_s : known.times_s) days.push_back(model.DayOf(time_s));
  posteriors_.resize(model.samples_.size());
  for (size_t s = 0; s < posteriors_.size(); ++s)
    FoldInto(model.samples_[s], known, days, &posteriors_[s]);
}

void BayesianFmUser::FoldInto(const BayesianFmSample& sample, const SparseRow& history,
                              std::span<const int32_t> days, Posterior* posterior) {
  const size_t n = history.size(), d = sample.items.columns();
  posterior->prior_mean = sample.user_prior.mean;
  if (sample.links.rows() > 0 && n > 0) {
    const std::vector<float> weights(n, 1 / std::sqrt(static_cast<float>(n)));
    kernels::AddRows(sample.links, columns_, posterior->prior_mean, weights);
  }
  std::vector<float> offsets(n);  // what the vector does not explain
  for (size_t k = 0; k < n; ++k) {
    const auto item = static_cast<size_t>(columns_[k]);
    offsets[k] = static_cast<float>(model_.mean_) + sample.item_bias[item];
    if (days[k] >= 0)
      offsets[k] +=
          kernels::Dot(sample.days.Row(static_cast<size_t>(days[k])), sample.items.Row(item));
  }
  const BayesianFmPrior prior = {sample.user_prior, posterior->prior_mean,
                                 static_cast<float>(sample.noise_precision)};
  FactorBayesianFm(sample.items, columns_, prior, &posterior->factor, scratch_);
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
    MeanOfBayesianFm(sample.items, columns_, posterior->targets, prior, posterior->factor,
                     posterior->mean);
  }
}

void BayesianFmUser::Score(std::span<float> scores) const {
  std::fill(scores.begin(), scores.end(), 0.0f);
  if (columns_.empty()) return;
  std::vector<float> one(scores.size());
  const float share = 1 / static_cast<float>(posteriors_.size());
  for (size_t s = 0; s < posteriors_.size(); ++s) {
    kernels::Scores(model_.samples_[s].items, posteriors_[s].mean, one);
    kernels::Axpy(share, one, scores);
    kernels::Axpy(share, model_.samples_[s].item_bias, scores);
  }
  for (float& score : scores) score += static_cast<float>(model_.mean_);
}

// With v = A^-1 x: x . w = v . (L m + t sum target_h x_h), m = m_U + sum y_h / sqrt(n).
std::vector<float> BayesianFmUser::Contributions(int32_t item) const {
  const size_t n = columns_.size();
  std::vector<double> sums(n);
  double shared = model_.mean_ * static_cast<double>(posteriors_.size());
  for (size_t s = 0; s < posteriors_.size(); ++s) {
    const BayesianFmSample& sample = model_.samples_[s];
    const size_t d = sample.items.columns();
    const std::span<const float> design = sample.items.Row(static_cast<size_t>(item));
    std::vector<float> v(design.begin(), design.end()), through_prior(d);
    kernels::CholeskySolve(posteriors_[s].factor, v);
    for (size_t i = 0; i < d; ++i)
      kernels::Axpy(v[i], std::span(sample.user_prior.precision).subspan(i * d, d), through_prior);
    shared += sample.item_bias[static_cast<size_t>(item)] +
              kernels::Dot(through_prior, sample.user_prior.mean);
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

std::vector<std::vector<ScoredItem>> BayesianFmUser::Explain(std::span<const int32_t> items,
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

std::pair<double, double> BayesianFmUser::Moments(size_t sample, const RatingQuery& query) const {
  const BayesianFmSample& drawn = model_.samples_[sample];
  const auto item = static_cast<size_t>(query.item);
  const std::span<const float> design = drawn.items.Row(item);
  double mean =
      model_.mean_ + drawn.item_bias[item] + kernels::Dot(design, posteriors_[sample].mean);
  const int32_t day = model_.DayOf(query.time_s);
  if (day >= 0) mean += kernels::Dot(design, drawn.days.Row(static_cast<size_t>(day)));
  std::vector<float> v(design.begin(), design.end());
  SolveUpperTransposed(posteriors_[sample].factor, v);
  return {mean, kernels::Dot(v, v)};
}

RatingPrediction BayesianFmUser::PredictOne(const RatingQuery& query) const {
  const double weight = 1 / static_cast<double>(posteriors_.size());
  if (model_.probit()) {
    const std::vector<double>& levels = model_.levels_;
    std::vector<double> probabilities(levels.size());
    for (size_t s = 0; s < posteriors_.size(); ++s) {
      const auto [mean, variance] = Moments(s, query);
      model_.ScaleOf(model_.samples_[s]).AddProbabilities(mean, variance, weight, probabilities);
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
    noise += weight / model_.samples_[s].noise_precision;
  }
  const double reach = kQuantile90 * std::sqrt(std::max(square - mean * mean, 0.0) + noise);
  const auto bounded = [&](double value) {
    return static_cast<float>(std::clamp(value, model_.lowest_, model_.highest_));
  };
  return {bounded(mean), bounded(mean - reach), bounded(mean + reach)};
}

std::vector<RatingPrediction> BayesianFmUser::Predict(std::span<const RatingQuery> queries) const {
  std::vector<RatingPrediction> predictions;
  predictions.reserve(queries.size());
  for (const RatingQuery& query : queries) predictions.push_back(PredictOne(query));
  return predictions;
}

int32_t BayesianFmModel::DayOf(int64_t time_s) const {
  if (days_.empty()) return -1;
  const int32_t day = BayesianFmDay(time_s, day_bins_);
  const auto at = std::lower_bound(days_.begin(), days_.end(), day);
  return at == days_.end() || *at != day ? -1 : static_cast<int32_t>(at - days_.begin());
}

OrdinalScale BayesianFmModel::ScaleOf(const BayesianFmSample& sample) const {
  return {levels_, sample.cutpoints};
}

void BayesianFmModel::Score(const SparseRow& history, std::span<float> scores) const {
  BayesianFmUser(*this, history).Score(scores);
}

std::vector<ScoredItem> BayesianFmModel::SimilarItems(int32_t item, int k) const {
  std::vector<float> nearness(static_cast<size_t>(items().size()));
  for (const BayesianFmSample& sample : samples_) {
    const size_t rank = sample.items.columns() - 1;
    const std::span<const float> own = sample.items.Row(static_cast<size_t>(item)).first(rank);
    const double own_norm = std::sqrt(kernels::Dot(own, own));
    for (size_t other = 0; other < nearness.size(); ++other) {
      const std::span<const float> row = sample.items.Row(other).first(rank);
      const double norms = own_norm * std::sqrt(kernels::Dot(row, row));
      if (norms > 0) nearness[other] += static_cast<float>(kernels::Dot(own, row) / norms);
    }
  }
  for (float& value : nearness) value /= static_cast<float>(samples_.size());
  return BestItems(nearness, item, k);
}

std::vector<ScoredItem> BayesianFmModel::Explain(const SparseRow& history, int32_t item,
                                                 int k) const {
  const std::vector<int32_t> items = {item};
  return BayesianFmUser(*this, history).Explain(items, k)[0];
}

std::unique_ptr<FoldedUser> BayesianFmModel::Fold(const SparseRow& history) const {
  return std::make_unique<BayesianFmUser>(*this, history);
}

std::vector<RatingPrediction> BayesianFmModel::PredictRatings(
    const SparseRow& history, std::span<const RatingQuery> queries) const {
  return BayesianFmUser(*this, history).Predict(queries);
}

void BayesianFmModel::Save(ModelWriter& writer) const {
  const auto num_samples = static_cast<int64_t>(samples_.size());
  const int64_t n = items().size(), days = static_cast<int64_t>(days_.size());
  const auto d = static_cast<int64_t>(samples_[0].items.columns());
  const auto num_links = static_cast<int64_t>(samples_[0].links.rows());
  writer.SetSettings(Json::MakeObject({{"day_bins", day_bins_}, {"vector_size", d}}));
  std::vector<float> item_vectors, links, prior, day_vectors;
  std::vector<double> noise, cutpoints;
  const auto append = [](const auto& from, auto* to) {
    to->insert(to->end(), from.begin(), from.end());
  };
  for (const BayesianFmSample& sample : samples_) {
    for (size_t item = 0; item < sample.items.rows(); ++item) {
      append(sample.items.Row(item).first(static_cast<size_t>(d) - 1), &item_vectors);
      item_vectors.push_back(sample.item_bias[item]);
    }
    append(sample.links.values(), &links);
    append(sample.user_prior.mean, &prior);
    append(sample.user_prior.precision, &prior);
    append(sample.days.values(), &day_vectors);
    noise.push_back(sample.noise_precision);
    append(sample.cutpoints, &cutpoints);
  }
  writer.Add("ratings", std::vector<double>{mean_, lowest_, highest_}, {3});
  writer.Add("levels", levels_, {static_cast<int64_t>(levels_.size())});
  writer.Add("days", days_, {days});
  writer.Add("noise_precision", noise, {num_samples});
  writer.Add("cutpoints", cutpoints,
             {num_samples, std::max<int64_t>(static_cast<int64_t>(levels_.size()) - 1, 0)});
  writer.Add("item_vectors", item_vectors, {num_samples, n, d});
  writer.Add("link_vectors", links, {num_samples, num_links, d});
  writer.Add("user_prior", prior, {num_samples, d + 1, d});
  writer.Add("day_vectors", day_vectors, {num_samples, days, d});
}

std::unique_ptr<BayesianFmModel> BayesianFmModel::Load(const ModelReader& reader,
                                                       std::shared_ptr<const IdDictionary> items) {
  std::unique_ptr<BayesianFmModel> model(new BayesianFmModel(std::move(items)));
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
  model->day_bins_ = static_cast<int>(day_bins);
  model->mean_ = ratings[0];
  model->lowest_ = ratings[1];
  model->highest_ = ratings[2];
  model->levels_.assign(levels.begin(), levels.end());
  model->days_.assign(days.begin(), days.end());
  model->LoadSamples(reader, d);
  return model;
}

void BayesianFmModel::LoadSamples(const ModelReader& reader, int64_t d) {
  const std::span<const double> noise = reader.Doubles("noise_precision", {-1});
  if (noise.empty()) reader.Refuse("it holds no sample");
  const auto num_samples = static_cast<int64_t>(noise.size());
  const int64_t n = items().size(), days = static_cast<int64_t>(days_.size());
  const int64_t cuts = std::max<int64_t>(static_cast<int64_t>(levels_.size()) - 1, 0);
  const auto cutpoints = reader.Doubles("cutpoints", {num_samples, cuts});
  const auto item_vectors = reader.Floats("item_vectors", {num_samples, n, d});
  const auto links = reader.Floats("link_vectors", {num_samples, -1, d});
  const auto prior = reader.Floats("user_prior", {num_samples, d + 1, d});
  const auto day_vectors = reader.Floats("day_vectors", {num_samples, days, d});
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
    BayesianFmSample sample;
    sample.items = matrix(item_vectors, s, n);
    for (size_t item = 0; item < sample.items.rows(); ++item) {
      float& last = sample.items.Row(item)[static_cast<size_t>(d) - 1];
      sample.item_bias.push_back(std::exchange(last, 1.0f));
    }
    sample.links = matrix(links, s, num_links);
    sample.days = matrix(day_vectors, s, days);
    const auto mean_and_precision = part(prior, s, (d + 1) * d);
    sample.user_prior.mean.assign(mean_and_precision.begin(), mean_and_precision.begin() + d);
    sample.user_prior.precision.assign(mean_and_precision.begin() + d, mean_and_precision.end());
    sample.noise_precision = noise[static_cast<size_t>(s)];
    if (sample.noise_precision <= 0) reader.Refuse("section 'noise_precision' has one not above 0");
    const auto cut = part(cutpoints, s, cuts);
    sample.cutpoints.assign(cut.begin(), cut.end());
    samples_.push_back(std::move(sample));
  }
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  const BayesianFmOptions defaults;
  return {{"rank", Type::kInt, StrCat(defaults.rank),
           "factors; more need more data, and time with the square", 1, 256},
          {"sweeps", Type::kInt, StrCat(defaults.sweeps),
           "of the Gibbs sampler; fewer for a quick look", 2, 100000},
          {"burn_in", Type::kInt, StrCat(defaults.burn_in), "first sweeps, which are thrown away",
           0, 99999},
          {"samples", Type::kInt, StrCat(defaults.samples),
           "kept of the other sweeps; memory and prediction time grow with them", 1, 1000},
          {"task",
           Type::kText,
           defaults.probit ? "probit" : "regression",
           "probit: ratings are ordered levels; regression: numbers on a line",
           0,
           0,
           {"probit", "regression"}},
          {"implicit", Type::kInt, StrCat(defaults.implicit ? 1 : 0),
           "1: that somebody rated an item says something, whatever the rating", 0, 1},
          {"content", Type::kInt, StrCat(defaults.content ? 1 : 0),
           "1: genres and decades of items count", 0, 1},
          {"day_bins", Type::kInt, StrCat(defaults.day_bins),
           "days that share a time effect, 0 for none", 0, 3650}};
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainBayesianFm(in.data,
                         {.rank = in.Int("rank"),
                          .sweeps = in.Int("sweeps"),
                          .burn_in = in.Int("burn_in"),
                          .samples = in.Int("samples"),
                          .probit = in.Text("task") == "probit",
                          .implicit = in.Int("implicit") == 1,
                          .content = in.Int("content") == 1,
                          .day_bins = in.Int("day_bins"),
                          .threads = in.threads,
                          .seed = in.seed()},
                         in.observer);
}

}  // namespace

const ModelDefinition& BayesianFmDefinition() {
  static const ModelDefinition definition = {
      "bayesian-fm",
      "Bayesian factorization machine by Gibbs sampling: the best rating predictions",
      Settings(),
      TrainFrom,
      LoadAs<BayesianFmModel>,
      true};
  return definition;
}

}  // namespace marquee
