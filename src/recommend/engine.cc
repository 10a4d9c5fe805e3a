#include "recommend/engine.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "kernels/top_k.h"
#include "recommend/answer_cache.h"
#include "recommend/reasons.h"
#include "recommend/selection.h"

namespace marquee {
namespace {

constexpr size_t kCachedItems = 1 << 18;  // about 100 bytes each
constexpr size_t kTopGenres = 3;

// Whether a ranking can be read from the scores.
bool SaysSomething(std::span<const float> scores) {
  const float first = scores[0];
  bool differs = false;
  for (const float score : scores) {
    if (!std::isfinite(score)) return false;
    differs = differs || score != first;
  }
  return differs;
}

std::vector<int32_t> ItemsOf(const std::vector<kernels::Ranked>& ranked) {
  std::vector<int32_t> items;
  for (const kernels::Ranked& entry : ranked) items.push_back(entry.index);
  return items;
}

std::vector<std::string> TopGenres(const ModelBundle& bundle, const SparseRow& met) {
  std::map<std::string, int64_t> counts;
  for (const int32_t item : met.columns) {
    for (const std::string& genre : bundle.catalog->at(item).genres) ++counts[genre];
  }
  std::vector<std::pair<std::string, int64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> genres;
  for (const auto& [genre, count] : sorted) {
    if (genres.size() < kTopGenres) genres.push_back(genre);
  }
  return genres;
}

// 1 where nothing was rated.
double MeanRating(const UserHistory& history) {
  const SparseRow& met = history.met();
  double sum = 0;
  int64_t ratings = 0;
  for (size_t i = 0; i < met.size(); ++i) {
    if (history.KindOf(met.columns[i]) != EventKind::kRating) continue;
    sum += met.values[i];
    ++ratings;
  }
  return ratings > 0 ? sum / static_cast<double>(ratings) : 1;
}

// What somebody was at in the session, as if it were in the log already.
std::vector<LiveEntry> WithSession(std::vector<LiveEntry> live, const RecommendQuery& query) {
  constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();
  int64_t time_ms = query.session_ms;
  for (const std::string& item_id : query.session) {
    const auto same = std::ranges::find(live, item_id, &LiveEntry::item_id);
    LiveEntry& entry = same != live.end() ? *same : live.emplace_back(&item_id);
    time_ms += 1000;
    entry.Add({EventKind::kClick, kNoValue, time_ms});
  }
  return live;
}

// One request on its way down the fallback ladder.
struct Ask {
  const ModelBundle& bundle;
  const RecommendQuery& query;
  const UserHistory& history;
  std::vector<int32_t> left_out;
  bool known;  // the user liked something before this session

  std::vector<float> NoScores() const {
    return std::vector<float>(static_cast<size_t>(bundle.catalog->size()));
  }
  std::vector<kernels::Ranked> Select(std::span<const float> scores) const {
    return marquee::Select(*bundle.catalog, scores, left_out, query);
  }
};

// What the model makes of what a user liked and of what else is known; no items when it has nothing
// to say.
CachedAnswer ByModel(const Ask& ask) {
  const bool cold = ask.history.liked().size() == 0;
  CachedAnswer answer{cold ? "profile" : "popular", {}};
  const std::unique_ptr<FoldedUser> folded =
      ask.bundle.model->FoldWith(ask.history.liked(), ask.history.features());
  std::vector<float> scores = ask.NoScores();
  folded->Score(scores);
  if (!SaysSomething(scores)) return answer;
  const auto ranked = ask.Select(scores);
  const auto explanations = folded->Explain(ItemsOf(ranked), 1);
  for (size_t i = 0; i < ranked.size(); ++i) {
    if (!explanations[i].empty()) answer.rung = ask.known ? "personal" : "session";
    answer.items.push_back(
        {ranked[i].index, ranked[i].score,
         cold ? ProfileReason() : HistoryReason(ask.bundle, ask.history, explanations[i])});
  }
  return answer;
}

// What fits stated tastes; no items when there are none.
CachedAnswer ByTaste(const Ask& ask) {
  CachedAnswer answer{"content", {}};
  if (ask.query.tastes.empty()) return answer;
  const std::vector<float> scores = TasteScores(*ask.bundle.catalog, ask.query.tastes);
  for (const kernels::Ranked& entry : ask.Select(scores)) {
    answer.items.push_back(
        {entry.index, entry.score, TasteReason(ask.bundle, ask.query.tastes, entry.index)});
  }
  return answer;
}

CachedAnswer ByPopularity(const Ask& ask) {
  CachedAnswer answer{"popular", {}};
  std::vector<float> scores = ask.NoScores();
  if (scores.empty()) return answer;
  ask.bundle.popular->Score({}, scores);
  for (const kernels::Ranked& entry : ask.Select(scores)) {
    answer.items.push_back({entry.index, entry.score, PopularReason()});
  }
  return answer;
}

// Down the ladder to the first rung that has something to show.
CachedAnswer Descend(const Ask& ask) {
  const bool liked = ask.history.liked().size() > 0;
  if (liked) {
    CachedAnswer personal = ByModel(ask);
    if (!personal.items.empty()) return personal;
  }
  CachedAnswer by_taste = ByTaste(ask);
  if (!by_taste.items.empty()) return by_taste;
  if (!liked && !ask.history.features().empty()) {
    CachedAnswer profile = ByModel(ask);
    if (!profile.items.empty()) return profile;
  }
  return ByPopularity(ask);
}

}  // namespace

// A bundle and what it has answered: swapped together.
struct RecommendEngine::Active {
  explicit Active(std::shared_ptr<const ModelBundle> given) : bundle(std::move(given)) {}

  const std::shared_ptr<const ModelBundle> bundle;
  mutable AnswerCache answers{kCachedItems};
};

RecommendEngine::RecommendEngine(std::shared_ptr<const ModelBundle> bundle, int max_live_entries)
    : live_(max_live_entries), active_(std::make_shared<Active>(std::move(bundle))) {}

RecommendEngine::~RecommendEngine() = default;

Recommendation RecommendEngine::Recommend(const RecommendQuery& query) const {
  const std::shared_ptr<const Active> current = active();
  const ModelBundle& bundle = *current->bundle;
  const std::vector<LiveEntry> entries = live_.Entries(query.user_id);
  const UserHistory history(bundle, query.user_id, WithSession(entries, query));
  // Events change an answer, so only one that rests on the bundle alone is kept.
  const int32_t row = query.plain() ? history.row_of_bundle() : -1;
  std::shared_ptr<const CachedAnswer> answer;
  if (row >= 0) answer = current->answers.Find(row, query.k);
  if (!answer) {
    const bool known =
        query.session.empty() || UserHistory(bundle, query.user_id, entries).liked().size() > 0;
    const Ask ask{bundle, query, history,
                  LeftOut(*bundle.catalog, query.filter, history.met().columns), known};
    answer = std::make_shared<CachedAnswer>(Descend(ask));
    if (row >= 0) current->answers.Insert(row, query.k, answer);
  }
  return {query.user_id, answer->rung, answer->items, current->bundle};
}

Recommendation RecommendEngine::Similar(std::string_view item_id, int k) const {
  const std::shared_ptr<const ModelBundle> current = bundle();
  const std::optional<int32_t> item = current->catalog->Find(item_id);
  if (!item || current->catalog->at(*item).deleted) {
    throw Error(Code::kNotFound, StrCat("no item '", item_id, "'"),
                "look ids up by title: GET /items?q=WORDS");
  }
  Recommendation answer{"", "similar", {}, current};
  const std::string reason = StrCat("similar to ", TitleOf(*current, *item));
  const auto hidden = current->catalog->unavailable();
  const int more = k + static_cast<int>(hidden.size());
  for (const ScoredItem& neighbour : current->model->SimilarItems(*item, more)) {
    if (answer.items.size() == static_cast<size_t>(k)) break;
    if (std::ranges::binary_search(hidden, neighbour.item)) continue;
    answer.items.push_back({neighbour.item, neighbour.score, reason});
  }
  return answer;
}

UserProfile RecommendEngine::User(std::string_view user_id) const {
  const std::shared_ptr<const ModelBundle> current = bundle();
  const UserHistory history(*current, user_id, live_.Entries(user_id));
  if (!history.known())
    throw Error(Code::kNotFound, StrCat("no user '", user_id, "'"), "check the id");
  const SparseRow& met = history.met();
  UserProfile profile{std::string(user_id), static_cast<int64_t>(met.size()), 0, 0, 0, {}};
  if (met.size() == 0) return profile;
  profile.mean_value = MeanRating(history);
  const auto [first, last] = std::minmax_element(met.times_s.begin(), met.times_s.end());
  profile.first_s = *first;
  profile.last_s = *last;
  profile.top_genres = TopGenres(*current, met);
  return profile;
}

std::shared_ptr<const ModelBundle> RecommendEngine::bundle() const { return active()->bundle; }

void RecommendEngine::Swap(std::shared_ptr<const ModelBundle> bundle) {
  auto next = std::make_shared<const Active>(std::move(bundle));
  const std::lock_guard lock(mutex_);
  active_.swap(next);
}

std::shared_ptr<const RecommendEngine::Active> RecommendEngine::active() const {
  const std::lock_guard lock(mutex_);
  return active_;
}

}  // namespace marquee
