#include "recommend/ladder.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "recommend/reasons.h"
#include "recommend/selection.h"

namespace marquee {
namespace {

constexpr size_t kRecentItems = 5;
constexpr int kNeighbours = 50;   // of each recent item
constexpr float kRecency = 0.7f;  // what an item counts against the one after it

// Why no ranking can be read from the scores; "" when one can.
std::string_view WhatIsWrongWith(std::span<const float> scores) {
  bool differs = false;
  for (const float score : scores) {
    if (!std::isfinite(score)) return "scores were not finite";
    differs = differs || score != scores[0];
  }
  return differs ? "" : "all scores are equal";
}

// Neighbours of what was liked last, the latest counting most; their likeness on a scale of 0 to 1.
std::vector<float> RecentScores(const Ask& ask) {
  const SparseRow& liked = ask.history.liked();
  std::vector<std::pair<int64_t, int32_t>> latest;
  for (size_t i = 0; i < liked.size(); ++i) {
    latest.emplace_back(-liked.times_s[i], liked.columns[i]);
  }
  const size_t count = std::min(latest.size(), kRecentItems);
  std::ranges::partial_sort(latest, latest.begin() + static_cast<ptrdiff_t>(count));
  std::vector<float> scores(static_cast<size_t>(ask.bundle->catalog->size()), 0);
  float weight = 1;
  for (size_t i = 0; i < count; ++i, weight *= kRecency) {
    const auto neighbours = ask.bundle->model->SimilarItems(latest[i].second, kNeighbours);
    if (neighbours.empty() || !(neighbours[0].score > 0)) continue;
    for (const ScoredItem& neighbour : neighbours) {
      scores[static_cast<size_t>(neighbour.item)] +=
          weight * std::max(neighbour.score, 0.0f) / neighbours[0].score;
    }
  }
  return scores;
}

// By the genres of what was liked, or else by stated tastes.
std::vector<float> ContentScores(const Ask& ask) {
  const Catalog& catalog = *ask.bundle->catalog;
  if (ask.history.liked().size() == 0) return TasteScores(catalog, ask.query.tastes);
  const std::vector<double> shares = Shelves::GenreShares(catalog, ask.history.liked().columns);
  std::map<std::string, double> tastes;
  for (size_t genre = 0; genre < shares.size(); ++genre) {
    if (shares[genre] > 0) tastes[catalog.genres()[genre]] = shares[genre];
  }
  return TasteScores(catalog, tastes);
}

std::vector<float> BesideScores(const Ask& ask, std::string_view type) {
  const auto& beside = ask.bundle->beside;
  const auto model = std::ranges::find(beside, type, [](const auto& m) { return m->type(); });
  if (model == beside.end() || ask.history.liked().size() == 0) return {};
  std::vector<float> scores(static_cast<size_t>(ask.bundle->catalog->size()));
  (*model)->Score(ask.history.liked(), scores);
  if (!WhatIsWrongWith(scores).empty()) return {};
  const float lowest = std::ranges::min(scores);
  for (float& score : scores) score -= lowest;
  return scores;
}

std::vector<float> SourceScores(const Ask& ask, std::string_view source, bool models_answer) {
  const auto copy = [](std::span<const float> scores) {
    return std::vector<float>(scores.begin(), scores.end());
  };
  if (source == "trending") return copy(ask.shelves->trending());
  if (source == "new") return copy(ask.shelves->newest());
  if (source == "content") return ContentScores(ask);
  if (!models_answer) return {};
  return source == "recent" ? RecentScores(ask) : BesideScores(ask, source);
}

std::vector<Listed> ListOf(const Ask& ask, std::span<const float> scores, bool models_answer) {
  return Arrange({.catalog = *ask.bundle->catalog,
                  .plan = *ask.plan,
                  .query = ask.query,
                  .left_out = ask.left_out,
                  .scores = scores,
                  .liked = ask.history.liked().columns,
                  .score_source = [&ask, models_answer](std::string_view source) {
                    return SourceScores(ask, source, models_answer);
                  }});
}

// `own_source` and `own_reason`, of the place in the list, are for what the scores found.
std::vector<Recommended> Explained(const std::vector<Listed>& list, std::string_view own_source,
                                   const auto& own_reason) {
  std::vector<Recommended> items;
  items.reserve(list.size());
  for (size_t i = 0; i < list.size(); ++i) {
    const Listed& listed = list[i];
    std::string reason = !listed.reason.empty()  ? std::string(listed.reason)
                         : listed.source.empty() ? own_reason(i)
                                                 : SourceReason(listed.source);
    items.push_back({listed.item, listed.score, std::move(reason),
                     listed.source.empty() ? own_source : listed.source, listed.propensity});
  }
  return items;
}

// What the model makes of what a user liked and of what else is known; no items, but a reason, when
// it has nothing to say.
CachedAnswer ByModel(const Ask& ask) {
  const bool cold = ask.history.liked().size() == 0;
  CachedAnswer answer{cold ? "profile" : "popular"};
  const std::unique_ptr<FoldedUser> folded =
      ask.bundle->model->FoldWith(ask.history.liked(), ask.history.features());
  std::vector<float> scores(static_cast<size_t>(ask.bundle->catalog->size()));
  folded->Score(scores);
  answer.rung_reason = WhatIsWrongWith(scores);
  if (!answer.rung_reason.empty()) return answer;
  const std::vector<Listed> list = ListOf(ask, scores, true);
  std::vector<int32_t> items;
  for (const Listed& listed : list) items.push_back(listed.item);
  const auto explanations = folded->Explain(items, 1);
  const bool looks = std::ranges::any_of(explanations, [](const auto& e) { return !e.empty(); });
  if (looks) answer.rung = ask.known ? "personal" : "session";
  if (cold) answer.rung_reason = "no likes are known";
  if (!cold && !looks) answer.rung_reason = "the model does not look at users";
  if (looks && !ask.known) answer.rung_reason = "no likes are known but those of the session";
  if (list.empty()) answer.rung_reason = "nothing is left to show";
  answer.items = Explained(list, ask.bundle->model->type(), [&](size_t i) {
    return cold ? ProfileReason() : HistoryReason(*ask.bundle, ask.history, explanations[i]);
  });
  return answer;
}

// The same, in time; else without items and not to be kept.
CachedAnswer ByModelInTime(const std::shared_ptr<const Ask>& ask, ModelGuard& guard, int model_ms,
                           ModelGuard::Clock::time_point deadline) {
  const auto answer = std::make_shared<CachedAnswer>();
  const auto failed = [](std::string why) {
    return CachedAnswer{.rung_reason = std::move(why), .keep = false};
  };
  try {
    switch (guard.Call([ask, answer] { *answer = ByModel(*ask); }, deadline)) {
      case ModelGuard::End::kDone:
        return std::move(*answer);
      case ModelGuard::End::kLate:
        return failed(StrCat("the model took longer than ", model_ms, " ms"));
      case ModelGuard::End::kBusy:
        return failed("too many late answers of the model are under way");
    }
  } catch (const std::exception& error) {
    LogError(StrCat("the model ", ask->bundle->name, " failed: ", error.what()));
  }
  return failed("the model failed");
}

// What fits stated tastes; no items when there are none.
CachedAnswer ByTaste(const Ask& ask, bool models_answer) {
  CachedAnswer answer{"content"};
  if (ask.query.tastes.empty()) return answer;
  const std::vector<float> scores = TasteScores(*ask.bundle->catalog, ask.query.tastes);
  const std::vector<Listed> list = ListOf(ask, scores, models_answer);
  answer.items = Explained(list, "genres", [&](size_t i) {
    return TasteReason(*ask.bundle, ask.query.tastes, list[i].item);
  });
  return answer;
}

CachedAnswer BySegment(const Ask& ask, bool models_answer) {
  CachedAnswer answer{"segment"};
  const int32_t row = ask.bundle->interactions.users().Find(ask.query.user_id).value_or(-1);
  const auto segment = ask.shelves->SegmentOf(
      *ask.bundle->catalog, ask.bundle->interactions.UserFeatures(row), ask.history.liked());
  if (!segment) return answer;
  answer.items = Explained(ListOf(ask, segment->scores, models_answer), "segment",
                           [&](size_t) { return segment->reason; });
  return answer;
}

CachedAnswer ByPopularity(const Ask& ask, bool models_answer) {
  CachedAnswer answer{"popular"};
  std::vector<float> scores(static_cast<size_t>(ask.bundle->catalog->size()));
  if (scores.empty()) return answer;
  ask.bundle->popular->Score({}, scores);
  answer.items = Explained(ListOf(ask, scores, models_answer), ask.bundle->popular->type(),
                           [](size_t) { return PopularReason(); });
  return answer;
}

}  // namespace

Ask::Ask(std::shared_ptr<const ModelBundle> asked_bundle,
         std::shared_ptr<const Shelves> asked_shelves, std::shared_ptr<const RulePlan> asked_plan,
         RecommendQuery asked, std::span<const LiveEntry> live, bool liked_before)
    : bundle(std::move(asked_bundle)),
      shelves(std::move(asked_shelves)),
      plan(std::move(asked_plan)),
      query(std::move(asked)),
      history(*bundle, query.user_id, live),
      known(liked_before),
      left_out(LeftOut(*bundle->catalog, query.filter, history.met().columns)) {
  if (plan->hidden().empty()) return;
  std::vector<int32_t> both;
  std::ranges::set_union(left_out, plan->hidden(), std::back_inserter(both));
  left_out = std::move(both);
}

CachedAnswer Descend(const std::shared_ptr<const Ask>& ask, ModelGuard& guard, int model_ms,
                     ModelGuard::Clock::time_point deadline) {
  const bool liked = ask->history.liked().size() > 0;
  std::string why = "no likes are known";
  bool keep = true;
  const auto model_answers = [&](CachedAnswer& answer) {
    answer = ByModelInTime(ask, guard, model_ms, deadline);
    if (!answer.items.empty()) return true;
    why = answer.rung_reason;
    keep = answer.keep;
    return false;
  };
  CachedAnswer answer;
  if (liked && model_answers(answer)) return answer;
  answer = ByTaste(*ask, keep);
  if (answer.items.empty() && !liked && !ask->history.features().empty() && model_answers(answer)) {
    return answer;
  }
  if (answer.items.empty()) answer = BySegment(*ask, keep);
  if (answer.items.empty()) answer = ByPopularity(*ask, keep);
  answer.rung_reason = std::move(why);
  answer.keep = keep;
  return answer;
}

}  // namespace marquee
