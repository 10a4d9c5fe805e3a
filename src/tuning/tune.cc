#include "tuning/tune.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "models/training.h"
#include "tuning/journal.h"
#include "tuning/trial.h"

namespace marquee {
namespace {

constexpr int32_t kFewestScreenUsers = 200;
constexpr int kFailuresInARow = 3;  // from the start: then no setting helps

void RequireValid(const TuneRequest& request) {
  RequireRange("--trials", request.trials, 1, 100000);
  RequireRange("--parallel", request.parallel, 1, 64);
  RequireRange("--screen", request.screen, 0, 0.9);
  RequireRange("--time", request.seconds, 0, 1e9);
}

// Some users, whole; nothing where that is too few to compare by, and for protocols with data of
// their own.
std::optional<Interactions> ScreenData(const Interactions& data, const TuneRequest& request) {
  const auto count = static_cast<int64_t>(request.screen * data.num_users());
  if (count < kFewestScreenUsers || !request.evaluate.split_files.empty()) return std::nullopt;
  std::vector<int32_t> users(static_cast<size_t>(data.num_users()));
  for (size_t u = 0; u < users.size(); ++u) users[u] = static_cast<int32_t>(u);
  Rng(request.evaluate.split_seed).Shuffle(std::span(users));
  users.resize(static_cast<size_t>(count));
  std::sort(users.begin(), users.end());
  InteractionsBuilder builder;
  for (int32_t item = 0; item < data.num_items(); ++item) builder.AddItem(data.items().Name(item));
  UserContent of_users;
  for (const int32_t user : users) {
    const int32_t row = builder.AddUser(data.users().Name(user));
    const std::span<const std::string> features = data.UserFeatures(user);
    of_users.features.emplace_back(features.begin(), features.end());
    const SparseRow entries = data.by_user().Row(user);
    for (size_t i = 0; i < entries.size(); ++i)
      builder.Add(row, entries.columns[i], entries.values[i], entries.times_s[i]);
  }
  builder.SetContent(data.content());
  builder.SetUserContent(std::move(of_users));
  return builder.Build();
}

// What must be the same for a journal to be gone on with. The number of trials and the time may
// grow.
Json HeaderOf(const TuneRequest& request, const Interactions& data) {
  Json space = Json::MakeArray();
  for (const SearchParameter& one : request.space) {
    space.Append(Json::MakeObject({{"key", one.key},
                                   {"lo", one.lo},
                                   {"hi", one.hi},
                                   {"log", one.log},
                                   {"integer", one.integer}}));
  }
  Json fixed = Json::MakeObject();
  for (const auto& [key, text] : request.evaluate.train.settings) fixed[key] = text;
  return Json::MakeObject({{"search", SearchKindName(request.kind)},
                           {"seed", request.seed},
                           {"model", request.evaluate.train.type},
                           {"model_seed", request.evaluate.train.seed},
                           {"fixed", std::move(fixed)},
                           {"space", std::move(space)},
                           {"protocol", request.evaluate.protocol},
                           {"segment", "validation"},
                           {"min_rating", request.evaluate.min_rating},
                           {"split_files", request.evaluate.split_files.string()},
                           {"folds", request.evaluate.folds},
                           {"metric", request.metric},
                           {"screen", request.screen},
                           {"parallel", request.parallel},
                           {"interactions", data.nnz()}});
}

class Search {
 public:
  Search(const Interactions& data, TuneRequest request, const CancelToken& cancel,
         Progress& progress)
      : data_(data),
        request_(std::move(request)),
        cancel_(cancel),
        progress_(progress),
        start_(SteadySeconds()),
        lower_(LowerIsBetter(request_.metric)),
        screen_data_(ScreenData(data, request_)),
        journal_(request_.journal, HeaderOf(request_, data)) {
    for (const Json& line : journal_.trials())
      trials_.push_back(Trial::FromJson(line, request_.space));
  }

  TuneResult Run() {
    bool out_of_time = false;
    while (static_cast<int>(trials_.size()) < request_.trials) {
      Report();
      if (OutOfTime() || !RunRound()) {
        out_of_time = true;
        break;
      }
      RequireHope();
    }
    Report();
    TuneResult result = Summary();
    result.out_of_time = out_of_time;
    return result;
  }

 private:
  bool OutOfTime() const {
    return request_.seconds > 0 && SteadySeconds() - start_ >= request_.seconds;
  }

  // Higher is better.
  double Value(const Trial& trial) const { return lower_ ? -trial.value : trial.value; }

  std::vector<Observation> Observations(size_t round_start) const {
    std::vector<Observation> observations;
    for (size_t i = 0; i < round_start; ++i) {
      if (trials_[i].state == Trial::State::kFinished)
        observations.push_back({trials_[i].point, Value(trials_[i])});
    }
    return observations;
  }

  // The trials of a round that are not there yet; false when time ran out in it. A journal may end
  // within a round: what a round knows is what stood before its first trial.
  bool RunRound() {
    const auto parallel = static_cast<size_t>(request_.parallel);
    const size_t first = trials_.size();
    const size_t round_start = first / parallel * parallel;
    const size_t end = std::min(round_start + parallel, static_cast<size_t>(request_.trials));
    const Medians medians(std::span<const Trial>(trials_).first(round_start), lower_);
    const std::vector<Observation> observations = Observations(round_start);
    const TrialContext context{data_, screen_data_ ? &*screen_data_ : nullptr, request_, medians,
                               [this] { return cancel_.requested() || OutOfTime(); }};
    std::vector<std::vector<double>> points;
    for (size_t number = first; number < end; ++number)
      points.push_back(NextPoint(request_.space, request_.kind, observations, request_.seed,
                                 static_cast<int64_t>(number)));
    std::vector<std::optional<Trial>> done(points.size());
    RunTogether(context, first, points, done);
    for (std::optional<Trial>& trial : done) {
      if (!trial) return false;  // those after it would leave a gap
      const Json line = trial->ToJson(request_.space);
      journal_.Append(line);
      if (request_.on_trial) request_.on_trial(line);
      trials_.push_back(std::move(*trial));
    }
    return true;
  }

  void RunTogether(const TrialContext& context, size_t first,
                   const std::vector<std::vector<double>>& points,
                   std::vector<std::optional<Trial>>& done) {
    const int all = std::max(request_.evaluate.train.threads, 1);
    const int each = std::max(all / static_cast<int>(points.size()), 1);
    ThreadPool pool(static_cast<int>(points.size()));
    const auto run = [&](size_t i, int threads) {
      done[i] = RunTrial(context, threads, static_cast<int64_t>(first + i), points[i]);
    };
    pool.ParallelFor(static_cast<int64_t>(points.size()), 1, [&](int64_t at, int64_t, int) {
      const auto i = static_cast<size_t>(at);
      try {
        run(i, each);
      } catch (const Error& error) {
        if (error.code() == Code::kResourceExhausted) return;
        if (error.code() != Code::kCancelled) throw;
      }
    });
    cancel_.ThrowIfRequested("the search");
    for (size_t i = 0; i < done.size() && !OutOfTime(); ++i) {
      if (!done[i]) done[i] = RunAlone(context, first + i, points[i], all);
    }
  }

  // For which there was no memory beside others.
  std::optional<Trial> RunAlone(const TrialContext& context, size_t number,
                                const std::vector<double>& point, int threads) {
    try {
      return RunTrial(context, threads, static_cast<int64_t>(number), point);
    } catch (const Error& error) {
      cancel_.ThrowIfRequested("the search");
      if (error.code() == Code::kCancelled) return std::nullopt;
      if (error.code() != Code::kResourceExhausted) throw;
      Trial trial;
      trial.number = static_cast<int64_t>(number);
      trial.point = point;
      trial.error = error.message();
      return trial;
    }
  }

  void RequireHope() const {
    if (trials_.size() != kFailuresInARow) return;
    for (const Trial& trial : trials_) {
      if (trial.state != Trial::State::kFailed) return;
    }
    throw Error(Code::kFailedPrecondition,
                StrCat("the first ", kFailuresInARow, " trials failed: ", trials_.back().error),
                StrCat("give other ranges, and delete ", request_.journal.string()));
  }

  const Trial* Best() const {
    const Trial* best = nullptr;
    for (const Trial& trial : trials_) {
      if (trial.state != Trial::State::kFinished) continue;
      if (best == nullptr || Value(trial) > Value(*best)) best = &trial;
    }
    return best;
  }

  void Report() {
    const Trial* best = Best();
    progress_.Update(
        StrCat("tune ", request_.evaluate.train.type),
        static_cast<double>(trials_.size()) / request_.trials,
        StrCat(
            trials_.size(), " of ", request_.trials, " trials",
            best == nullptr ? "" : StrCat(", best ", request_.metric, " ", Fixed(best->value, 4))));
  }

  TuneResult Summary() const {
    TuneResult result;
    for (const Trial& trial : trials_) {
      result.finished += trial.state == Trial::State::kFinished;
      result.pruned += trial.state == Trial::State::kPruned;
      result.failed += trial.state == Trial::State::kFailed;
    }
    const Trial* best = Best();
    if (best == nullptr) {
      throw Error(Code::kFailedPrecondition, "no trial has a value yet",
                  "run the same command again with more time or trials");
    }
    result.best_trial = static_cast<int>(best->number);
    result.best_value = best->value;
    result.best_stderr = best->stderr_;
    TrainRequest train = request_.evaluate.train;
    for (const auto& [key, text] : SettingsOf(request_.space, best->point))
      train.settings[key] = text;
    const Json resolved = ResolveSettings(train);
    Json settings = Json::MakeObject();
    for (const auto& [key, text] : train.settings) settings[key] = resolved.At(key);
    result.best = Json::MakeObject({{"model", train.type},
                                    {"protocol", request_.evaluate.protocol},
                                    {"segment", "validation"},
                                    {"metric", request_.metric},
                                    {"value", best->value},
                                    {"stderr", best->stderr_},
                                    {"settings", std::move(settings)}});
    return result;
  }

  const Interactions& data_;
  const TuneRequest request_;
  const CancelToken& cancel_;
  Progress& progress_;
  const double start_;
  const bool lower_;
  const std::optional<Interactions> screen_data_;
  TrialJournal journal_;
  std::vector<Trial> trials_;
};

}  // namespace

std::string DefaultMetric(const std::string& protocol) {
  if (protocol == "rating-holdout") return "rmse";
  return protocol == "ncf-leave-one-out" ? "ndcg@10" : "ndcg@100";
}

bool LowerIsBetter(const std::string& metric) { return metric == "rmse" || metric == "mae"; }

TuneResult Tune(const Interactions& data, const TuneRequest& request, const CancelToken& cancel,
                Progress& progress) {
  RequireValid(request);
  TuneRequest complete = request;
  if (complete.metric.empty()) complete.metric = DefaultMetric(complete.evaluate.protocol);
  return Search(data, std::move(complete), cancel, progress).Run();
}

}  // namespace marquee
