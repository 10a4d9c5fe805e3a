#include "tuning/trial.h"

#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

namespace marquee {
namespace {

constexpr size_t kFewestForMedian = 5;

constexpr std::string_view kStates[] = {"finished", "pruned", "failed"};

// Below the median; nothing is below that of a few.
bool BelowMedian(std::vector<double> values, double value) {
  if (values.size() < kFewestForMedian) return false;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return value < *middle;
}

// Follows a training's validation and ends the trial that falls behind.
class PruningObserver : public TrainObserver {
 public:
  PruningObserver(const TrialContext& context, Trial* trial) : context_(context), trial_(trial) {}

  void OnEpoch(const Epoch& epoch) override {
    if (std::isnan(epoch.validation)) return;
    std::vector<double>& epochs = trial_->epochs;
    epochs.push_back(epochs.empty() ? epoch.validation : std::max(epochs.back(), epoch.validation));
    pruned_ = pruned_ || context_.medians.Prunes(static_cast<int>(epochs.size()), epochs.back());
  }
  bool ShouldStop() const override { return pruned_ || context_.stop(); }
  bool pruned() const { return pruned_; }

 private:
  const TrialContext& context_;
  Trial* trial_;
  bool pruned_ = false;
};

EvaluateRequest RequestOf(const TrialContext& context, int threads,
                          const std::vector<double>& point) {
  EvaluateRequest request = context.request.evaluate;
  request.segment = "validation";
  request.train.threads = threads;
  for (const auto& [key, text] : SettingsOf(context.request.space, point))
    request.train.settings[key] = text;
  return request;
}

MetricValue MetricOf(const EvaluateResult& result, const std::string& metric) {
  const auto found = result.metrics.find(metric);
  if (found != result.metrics.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, value] : result.metrics) names.push_back(name);
  throw Error(Code::kNotFound,
              StrCat("--metric ", metric, ": ", result.request.protocol, " does not measure it",
                     DidYouMean(metric, names)),
              "it measures: " + Join(names, ", "));
}

// Fills the trial; throws cancelled when it was pruned on the way.
void Measure(const TrialContext& context, const EvaluateRequest& request, TrainObserver& observer,
             Trial* trial) {
  const TuneRequest& tune = context.request;
  const double sign = LowerIsBetter(tune.metric) ? -1 : 1;
  NoProgress progress;
  if (context.screen_data != nullptr && !context.medians.any_epochs()) {
    trial->screen =
        MetricOf(Evaluate(*context.screen_data, request, observer, progress), tune.metric).mean;
    if (context.medians.PrunesScreen(sign * trial->screen)) {
      trial->state = Trial::State::kPruned;
      return;
    }
  }
  trial->epochs.clear();
  const MetricValue value =
      MetricOf(Evaluate(context.data, request, observer, progress), tune.metric);
  trial->state = Trial::State::kFinished;
  trial->value = value.mean;
  trial->stderr_ = std::isfinite(value.stderr_) ? value.stderr_ : 0;
}

bool IsRefusal(const Error& error) {
  if (dynamic_cast<const TooFewUsers*>(&error) != nullptr) return false;
  return error.code() == Code::kFailedPrecondition || error.code() == Code::kInvalidArgument;
}

}  // namespace

Json Trial::ToJson(const SearchSpace& space) const {
  Json settings = Json::MakeObject();
  for (size_t at = 0; at < space.size(); ++at) settings[space[at].key] = point[at];
  Json line = Json::MakeObject({{"trial", number},
                                {"state", kStates[static_cast<size_t>(state)]},
                                {"settings", std::move(settings)},
                                {"seconds", seconds}});
  if (state == State::kFinished) {
    line["value"] = value;
    line["stderr"] = stderr_;
  }
  if (!std::isnan(screen)) line["screen"] = screen;
  for (const double epoch : epochs) line["epochs"].Append(epoch);
  if (!error.empty()) line["error"] = error;
  return line;
}

Trial Trial::FromJson(const Json& line, const SearchSpace& space) {
  try {
    Trial trial;
    trial.number = line.At("trial").AsInt();
    const std::string& state = line.At("state").AsString();
    const auto* found = std::find(std::begin(kStates), std::end(kStates), state);
    if (found == std::end(kStates))
      throw Error(Code::kInvalidArgument, StrCat("state '", state, "'"));
    trial.state = static_cast<State>(found - std::begin(kStates));
    for (const SearchParameter& parameter : space)
      trial.point.push_back(line.At("settings").At(parameter.key).AsDouble());
    trial.seconds = line.At("seconds").AsDouble();
    if (trial.state == State::kFinished) {
      trial.value = line.At("value").AsDouble();
      trial.stderr_ = line.At("stderr").AsDouble();
    }
    trial.screen = line.GetDouble("screen", kNotAsked);
    if (const Json* epochs = line.Find("epochs")) {
      for (const Json& epoch : epochs->AsArray()) trial.epochs.push_back(epoch.AsDouble());
    }
    trial.error = line.GetString("error");
    return trial;
  } catch (const Error& error) {
    throw Error(Code::kDataLoss, StrCat("a line of the journal is no trial: ", error.message()),
                "delete the journal and search anew");
  }
}

Medians::Medians(std::span<const Trial> trials, bool lower_is_better) {
  for (const Trial& trial : trials) {
    if (trial.epochs.size() > epochs_.size()) epochs_.resize(trial.epochs.size());
    for (size_t i = 0; i < trial.epochs.size(); ++i) epochs_[i].push_back(trial.epochs[i]);
    if (!std::isnan(trial.screen))
      screens_.push_back(lower_is_better ? -trial.screen : trial.screen);
  }
}

bool Medians::Prunes(int epoch, double value) const {
  const auto at = static_cast<size_t>(epoch) - 1;
  return at < epochs_.size() && BelowMedian(epochs_[at], value);
}

bool Medians::PrunesScreen(double value) const { return BelowMedian(screens_, value); }

Trial RunTrial(const TrialContext& context, int threads, int64_t number,
               const std::vector<double>& point) {
  const double start = SteadySeconds();
  Trial trial;
  trial.number = number;
  trial.point = point;
  PruningObserver observer(context, &trial);
  try {
    Measure(context, RequestOf(context, threads, point), observer, &trial);
  } catch (const Error& error) {
    if (error.code() == Code::kCancelled && observer.pruned() && !context.stop()) {
      trial.state = Trial::State::kPruned;
    } else if (IsRefusal(error)) {
      trial.state = Trial::State::kFailed;
      trial.error = error.message();
    } else {
      throw;
    }
  }
  trial.seconds = SteadySeconds() - start;
  return trial;
}

}  // namespace marquee
