#include "models/bayesian_fm.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "models/rating_sampler.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr char kType[] = "bayesian-fm";

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

std::unique_ptr<RatingModel> TrainBayesianFm(const Interactions& data,
                                             const BayesianFmOptions& options,
                                             TrainObserver& observer) {
  RequireOptions(options);
  RequireInteractions(data, kType);
  RequireMemory(data, options);
  ThreadPool pool(options.threads);
  RatingSampler sampler(data,
                        {.model_type = kType,
                         .rank = options.rank,
                         .probit = options.probit,
                         .user_links = options.implicit,
                         .item_links = options.implicit,
                         .content = options.content,
                         .user_features = options.user_features,
                         .day_bins = options.day_bins,
                         .seed = options.seed},
                        pool);
  RatingModelState state = sampler.State();
  for (int sweep = 0; sweep < options.sweeps; ++sweep) {
    sampler.Sweep(sweep, observer);
    if (IsKept(sweep, options)) state.samples.push_back(sampler.Snapshot());
    observer.OnEpoch({.epoch = sweep + 1, .epochs = options.sweeps});
  }
  return std::make_unique<RatingModel>(kType, data.shared_items(), std::move(state));
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  const BayesianFmOptions defaults;
  return {{"rank",
           Type::kInt,
           StrCat(defaults.rank),
           "factors; more need more data, and time with the square",
           1,
           256,
           {},
           SearchRange{8, 64, true}},
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
          {"user_features", Type::kInt, StrCat(defaults.user_features ? 1 : 0),
           "1: what is known of users counts", 0, 1},
          {"day_bins",
           Type::kInt,
           StrCat(defaults.day_bins),
           "days that share a time effect, 0 for none",
           0,
           3650,
           {},
           SearchRange{0, 60}}};
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
                          .user_features = in.Int("user_features") == 1,
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
      LoadAs<RatingModel>,
      true};
  return definition;
}

}  // namespace marquee
