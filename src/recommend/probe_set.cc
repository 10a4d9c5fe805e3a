#include "recommend/probe_set.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include "base/clock.h"
#include "base/text.h"
#include "kernels/top_k.h"

namespace marquee {
namespace {

constexpr double kSlowShare = .95;

struct Answer {
  std::vector<float> scores;
  std::set<std::string> best;  // ids
};

// Rows of users with likes, evenly spread.
std::vector<int32_t> ProbeUsers(const ModelBundle& bundle, int count) {
  std::vector<int32_t> active;
  for (int32_t user = 0; user < bundle.liked.num_users(); ++user) {
    if (bundle.liked.by_user().Row(user).size() > 0) active.push_back(user);
  }
  const auto wanted = std::min(active.size(), static_cast<size_t>(count));
  std::vector<int32_t> users;
  for (size_t i = 0; i < wanted; ++i) users.push_back(active[i * active.size() / wanted]);
  return users;
}

Answer ListOf(const ModelBundle& bundle, int32_t user, int k) {
  Answer answer;
  answer.scores.resize(static_cast<size_t>(bundle.catalog->size()));
  const auto folded =
      bundle.model->FoldWith(bundle.liked.by_user().Row(user), bundle.liked.UserFeatures(user));
  folded->Score(answer.scores);
  const std::span<const int32_t> met = bundle.interactions.by_user().Row(user).columns;
  if (!std::ranges::all_of(answer.scores, [](float score) { return std::isfinite(score); }))
    return answer;
  for (const kernels::Ranked& ranked : kernels::TopK(answer.scores, k, met))
    answer.best.insert(bundle.catalog->at(ranked.index).item_id);
  return answer;
}

bool Finite(const Answer& answer) {
  return std::ranges::all_of(answer.scores, [](float score) { return std::isfinite(score); });
}

bool Differs(const Answer& answer) {
  return std::ranges::adjacent_find(answer.scores, std::not_equal_to()) != answer.scores.end();
}

double Shared(const Answer& one, const Answer& other) {
  const size_t larger = std::max(one.best.size(), other.best.size());
  const auto both = std::ranges::count_if(
      one.best, [&](const std::string& id) { return other.best.contains(id); });
  return larger == 0 ? 1 : static_cast<double>(both) / static_cast<double>(larger);
}

double Quantile(const std::vector<double>& ascending, double share) {
  const auto place = static_cast<size_t>(share * static_cast<double>(ascending.size()));
  return ascending.empty() ? 0 : ascending[std::min(place, ascending.size() - 1)];
}

}  // namespace

Json ProbeReport::ToJson() const {
  return Json::MakeObject({{"passed", passed()},
                           {"users", users},
                           {"overlap", overlap},
                           {"median_ms", median_ms},
                           {"p95_ms", p95_ms},
                           {"problems", Json(Json::Array(problems.begin(), problems.end()))}});
}

ProbeReport Probe(const ModelBundle& candidate, const ModelBundle* before,
                  const ProbeLimits& limits) {
  ProbeReport report;
  int broken = 0;
  int silent = 0;
  int compared = 0;
  double overlap = 0;
  std::vector<double> times_ms;
  for (const int32_t user : ProbeUsers(candidate, limits.users)) {
    ++report.users;
    const double start = SteadySeconds();
    const Answer answer = ListOf(candidate, user, limits.k);
    times_ms.push_back((SteadySeconds() - start) * 1000);
    broken += Finite(answer) ? 0 : 1;
    silent += Differs(answer) ? 0 : 1;
    if (before == nullptr) continue;
    const auto row = before->liked.users().Find(candidate.liked.users().Name(user));
    if (!row) continue;
    overlap += Shared(answer, ListOf(*before, *row, limits.k));
    ++compared;
  }
  std::ranges::sort(times_ms);
  report.median_ms = Quantile(times_ms, .5);
  report.p95_ms = Quantile(times_ms, kSlowShare);
  if (compared > 0) report.overlap = overlap / compared;
  if (broken > 0) {
    report.problems.push_back(
        StrCat("scores that are not finite for ", broken, " of ", report.users, " users"));
  }
  if (silent > 0) {
    report.problems.push_back(
        StrCat("the same score for every title for ", silent, " of ", report.users, " users"));
  }
  if (report.p95_ms > limits.max_ms) {
    report.problems.push_back(StrCat("an answer in ", Fixed(report.p95_ms, 1),
                                     " ms (95 of 100): must be at most ", limits.max_ms));
  }
  if (report.overlap < limits.min_overlap) {
    report.problems.push_back(StrCat("lists that share ", Fixed(report.overlap, 3),
                                     " with those of before: must be at least ",
                                     limits.min_overlap));
  }
  return report;
}

}  // namespace marquee
