#include "experiments/results.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "events/shown_list.h"

namespace marquee {
namespace {

constexpr int kPage = 10'000;
constexpr double kMsAnHour = 3.6e6;

bool IsInterleaved(const Experiment& experiment) {
  return experiment.kind == Experiment::Kind::kInterleaving;
}

const Moments& MetricOf(const Experiment& experiment, const ArmResult& result) {
  return experiment.metric == Experiment::Metric::kConversion ? result.conversion
                                                              : result.positives;
}

Json IntervalToJson(const Interval& interval) {
  if (!std::isfinite(interval.low)) return Json();
  return Json(Json::Array{interval.low, interval.high});
}

Json MomentsToJson(const Moments& moments) {
  return Json::MakeObject(
      {{"mean", moments.mean()}, {"stderr", std::sqrt(moments.mean_variance())}});
}

}  // namespace

int32_t ExperimentFold::PlaceOf(std::string_view arm) const {
  const auto found = std::ranges::find(experiment_.arms, arm, &Arm::name);
  return found == experiment_.arms.end() ? -1
                                         : static_cast<int32_t>(found - experiment_.arms.begin());
}

void ExperimentFold::Add(const Event& event) {
  if (event.kind == EventKind::kImpression && event.item_id.empty()) return AddList(event);
  if (ShowsLiking(event.kind, event.value, min_rating_)) AddLike(event);
}

void ExperimentFold::AddList(const Event& event) {
  // Most lists belong to no experiment or to another: looked for before anything is parsed.
  if (event.context.find(experiment_.name) == std::string::npos) return;
  const ShownList list = ShownListOf(event.context);
  if (list.experiment != experiment_.name) return;
  const int32_t arm = PlaceOf(list.arm);
  if (arm < 0 && !IsInterleaved(experiment_)) return;  // of an arm that the file no longer has
  User& user = users_[event.user_id];
  if (arm >= 0) {
    user.in_several |= user.arm >= 0 && user.arm != arm;
    user.arm = arm;
    if (list.first_rank == 1) ++lists_[static_cast<size_t>(arm)];
  }
  for (size_t i = 0; i < list.items.size(); ++i) {
    const int32_t place = IsInterleaved(experiment_) ? PlaceOf(list.sources.at(i)) : arm;
    if (place < 0) continue;
    ++items_shown_[static_cast<size_t>(place)];
    Shown& shown = user.items.try_emplace(list.items[i], Shown{0, place, false}).first->second;
    if (!shown.liked) shown = {event.time_ms, place, false};
  }
}

void ExperimentFold::AddLike(const Event& event) {
  const auto user = users_.find(event.user_id);
  if (user == users_.end()) return;
  const auto item = user->second.items.find(event.item_id);
  if (item == user->second.items.end()) return;
  const auto passed_ms = static_cast<double>(event.time_ms - item->second.time_ms);
  if (passed_ms >= 0 && passed_ms <= experiment_.window_hours * kMsAnHour)
    item->second.liked = true;
}

ExperimentResults ExperimentFold::Results() const {
  const size_t num_arms = experiment_.arms.size();
  ExperimentResults results{.experiment = experiment_.name};
  for (size_t a = 0; a < num_arms; ++a) {
    results.arms.push_back({.arm = experiment_.arms[a].name,
                            .lists = lists_[a],
                            .items_shown = items_shown_[a],
                            .conversion = {},
                            .positives = {}});
  }
  std::vector<Moments> preferences(num_arms);  // of each arm over the control, within users
  for (const auto& [user_id, user] : users_) {
    results.users_in_several_arms += user.in_several ? 1 : 0;
    if (user.in_several) continue;
    std::vector<double> liked(num_arms);
    for (const auto& [item_id, shown] : user.items) {
      if (shown.liked) ++liked[static_cast<size_t>(shown.arm)];
    }
    for (size_t a = 0; a < num_arms; ++a) {
      if (!IsInterleaved(experiment_) && user.arm != static_cast<int32_t>(a)) continue;
      results.arms[a].positives.Add(liked[a]);
      results.arms[a].conversion.Add(liked[a] > 0 ? 1 : 0);
      preferences[a].Add(liked[a] - liked[0]);
    }
  }
  const double alpha = experiment_.alpha / static_cast<double>(num_arms - 1);
  for (size_t a = 1; a < num_arms; ++a) {
    const Moments& arm = MetricOf(experiment_, results.arms[a]);
    const Moments& control = MetricOf(experiment_, results.arms[0]);
    const bool within = IsInterleaved(experiment_);
    const double value = within ? preferences[a].mean() : arm.mean() - control.mean();
    const double variance =
        within ? preferences[a].mean_variance() : arm.mean_variance() + control.mean_variance();
    const Difference difference =
        MakeDifference(value, variance, experiment_.expected_effect, alpha);
    results.comparisons.push_back(
        {experiment_.arms[a].name, difference, difference.always_p_value < alpha});
  }
  if (!IsInterleaved(experiment_)) {
    std::vector<int64_t> counts;
    std::vector<double> weights;
    for (size_t a = 0; a < num_arms; ++a) {
      counts.push_back(results.arms[a].positives.count());
      weights.push_back(experiment_.arms[a].weight);
    }
    results.sample_ratio_p_value = SampleRatioPValue(counts, weights);
  }
  return results;
}

ExperimentResults ReadResults(const EventLog& log, const Experiment& experiment, double min_rating,
                              int64_t now_ms) {
  ExperimentFold fold(experiment, min_rating);
  const auto window_ms = static_cast<int64_t>(experiment.window_hours * kMsAnHour);
  const int64_t end_ms =
      experiment.end_ms < now_ms - window_ms ? experiment.end_ms + window_ms : now_ms + 1;
  EventLog::TimePosition after{experiment.start_ms, -1};
  while (true) {
    const std::vector<StoredEvent> page = log.ReadTime(after, end_ms, kPage);
    for (const StoredEvent& stored : page) fold.Add(stored.event);
    if (page.size() < kPage) return fold.Results();
    after = {page.back().event.time_ms, page.back().offset};
  }
}

Json ToJson(const Experiment& experiment, const ExperimentResults& results) {
  Json arms = Json::MakeArray();
  for (const ArmResult& arm : results.arms) {
    arms.Append(Json::MakeObject({{"arm", arm.arm},
                                  {"users", arm.positives.count()},
                                  {"lists", arm.lists},
                                  {"items_shown", arm.items_shown},
                                  {"conversion", MomentsToJson(arm.conversion)},
                                  {"positives_per_user", MomentsToJson(arm.positives)}}));
  }
  Json comparisons = Json::MakeArray();
  for (const ArmComparison& comparison : results.comparisons) {
    const Difference& difference = comparison.difference;
    comparisons.Append(Json::MakeObject({{"arm", comparison.arm},
                                         {"control", experiment.arms[0].name},
                                         {"difference", difference.value},
                                         {"interval", IntervalToJson(difference.fixed)},
                                         {"p_value", difference.p_value},
                                         {"always_interval", IntervalToJson(difference.always)},
                                         {"always_p_value", difference.always_p_value},
                                         {"decided", comparison.decided}}));
  }
  return Json::MakeObject(
      {{"experiment", experiment.name},
       {"kind", IsInterleaved(experiment) ? "interleaving" : "split"},
       {"metric",
        experiment.metric == Experiment::Metric::kConversion ? "conversion" : "positives"},
       {"alpha", experiment.alpha},
       {"arms", std::move(arms)},
       {"comparisons", std::move(comparisons)},
       {"sample_ratio_p_value", results.sample_ratio_p_value},
       {"users_in_several_arms", results.users_in_several_arms}});
}

}  // namespace marquee
