#include "recommend/engine.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "recommend/answer_cache.h"
#include "recommend/ladder.h"
#include "recommend/reasons.h"
#include "recommend/rule_plan.h"
#include "recommend/shelves.h"

namespace marquee {
namespace {

constexpr size_t kCachedItems = 1 << 18;  // about 320 bytes each, with their text
constexpr size_t kTopGenres = 3;
constexpr int kGuardThreads = 8;
constexpr int kModelPercent = 90;  // of the deadline; the rest is for what follows
constexpr int kWarmUsers = 64;

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

}  // namespace

std::vector<std::string> ItemIdsOf(const Recommendation& list) {
  std::vector<std::string> ids;
  ids.reserve(list.items.size());
  for (const Recommended& item : list.items)
    ids.push_back(list.bundle->catalog->at(item.item).item_id);
  return ids;
}

// A bundle, the rules for it and what was answered so: swapped together.
struct RecommendEngine::Active {
  Active(std::shared_ptr<const ModelBundle> given_bundle,
         std::shared_ptr<const Shelves> given_shelves, std::shared_ptr<const Rules> rules,
         int64_t rules_ms)
      : bundle(std::move(given_bundle)),
        shelves(std::move(given_shelves)),
        plan(std::make_shared<RulePlan>(std::move(rules), *bundle->catalog, rules_ms)) {}

  const std::shared_ptr<const ModelBundle> bundle;
  const std::shared_ptr<const Shelves> shelves;
  const std::shared_ptr<const RulePlan> plan;
  mutable AnswerCache answers{kCachedItems};
};

RecommendEngine::RecommendEngine(std::shared_ptr<const ModelBundle> bundle, int max_live_entries,
                                 int deadline_ms)
    : RecommendEngine(std::move(bundle), std::make_shared<LiveUsers>(max_live_entries),
                      deadline_ms) {}

RecommendEngine::RecommendEngine(std::shared_ptr<const ModelBundle> bundle,
                                 const RecommendEngine& like)
    : RecommendEngine(std::move(bundle), like.live_, like.deadline_ms_) {
  FollowRules(like);
}

RecommendEngine::RecommendEngine(std::shared_ptr<const ModelBundle> bundle,
                                 std::shared_ptr<LiveUsers> live, int deadline_ms)
    : deadline_ms_(deadline_ms), live_(std::move(live)), guard_(kGuardThreads), base_(bundle) {
  const auto shelves = std::make_shared<const Shelves>(*bundle);
  active_ = std::make_shared<Active>(std::move(bundle), shelves, std::make_shared<Rules>(), 0);
}

RecommendEngine::~RecommendEngine() = default;

Recommendation RecommendEngine::Recommend(const RecommendQuery& query) const {
  const std::shared_ptr<const Active> current = active();
  const ModelBundle& bundle = *current->bundle;
  const std::vector<LiveEntry> entries = live_->Entries(query.user_id);
  // Events change an answer and draws are of one request, so only one that rests on the bundle and
  // the rules alone is kept.
  const bool draws = current->plan->explores() && !query.request_id.empty();
  const bool plain = query.plain() && !draws && entries.empty();
  std::optional<CachedAnswer> answer;
  if (plain) answer = current->answers.Find(query.user_id, query.k);
  if (!answer) {
    answer = Answer(*current, query, entries);
    // Strangers are many, and answered at once.
    if (plain && answer->keep && bundle.interactions.users().Find(query.user_id))
      current->answers.Insert(query.user_id, query.k, *answer);
  }
  return {query.user_id, std::move(answer->rung), std::move(answer->items), current->bundle,
          std::move(answer->rung_reason)};
}

CachedAnswer RecommendEngine::Answer(const Active& current, const RecommendQuery& query,
                                     std::span<const LiveEntry> entries) const {
  const ModelBundle& bundle = *current.bundle;
  ModelGuard::Clock::time_point deadline = query.deadline;
  int model_ms = 0;
  if (deadline_ms_ > 0) {
    model_ms = std::max(1, deadline_ms_ * kModelPercent / 100);
    deadline = std::min(deadline, ModelGuard::Clock::now() + std::chrono::milliseconds(model_ms));
  }
  const bool known =
      query.session.empty() || UserHistory(bundle, query.user_id, entries).liked().size() > 0;
  const std::vector<LiveEntry> live = WithSession({entries.begin(), entries.end()}, query);
  const auto ask =
      std::make_shared<Ask>(current.bundle, current.shelves, current.plan, query, live, known);
  return Descend(ask, guard_, model_ms, deadline);
}

Recommendation RecommendEngine::Similar(std::string_view item_id, int k) const {
  const std::shared_ptr<const ModelBundle> current = bundle();
  const std::optional<int32_t> item = current->catalog->Find(item_id);
  if (!item || current->catalog->at(*item).deleted) {
    throw Error(Code::kNotFound, StrCat("no item '", item_id, "'"),
                "look ids up by title: GET /items?q=WORDS");
  }
  std::vector<Recommended> items;
  const std::string reason = StrCat("similar to ", TitleOf(*current, *item));
  const auto hidden = current->catalog->unavailable();
  const int more = k + static_cast<int>(hidden.size());
  for (const ScoredItem& neighbour : current->model->SimilarItems(*item, more)) {
    if (items.size() == static_cast<size_t>(k)) break;
    if (std::ranges::binary_search(hidden, neighbour.item)) continue;
    items.push_back({neighbour.item, neighbour.score, reason, current->model->type()});
  }
  return {"", "similar", std::move(items), current};
}

UserProfile RecommendEngine::User(std::string_view user_id) const {
  const std::shared_ptr<const ModelBundle> current = bundle();
  const UserHistory history(*current, user_id, live_->Entries(user_id));
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

std::shared_ptr<const ModelBundle> RecommendEngine::base() const {
  const std::lock_guard lock(change_mutex_);
  return base_;
}

void RecommendEngine::Swap(std::shared_ptr<const ModelBundle> base) {
  const std::lock_guard lock(change_mutex_);
  base_ = std::move(base);
  ActivateBase();
  guard_.Distrust();
}

void RecommendEngine::SetOverlay(std::shared_ptr<const Overlay> overlay) {
  const std::lock_guard lock(change_mutex_);
  overlay_ = std::move(overlay);
  ActivateBase();
}

void RecommendEngine::ActivateBase() {
  const auto bundle = WithOverlay(base_, *overlay_);
  const auto old = active();
  if (bundle == old->bundle) return;
  const bool same = bundle->catalog == old->bundle->catalog &&
                    &bundle->liked.by_user() == &old->bundle->liked.by_user();
  const auto shelves = same ? old->shelves : std::make_shared<const Shelves>(*bundle);
  Activate(std::make_shared<const Active>(bundle, shelves, rules_, rules_ms_));
}

void RecommendEngine::WarmUp() const {
  const std::shared_ptr<const ModelBundle> current = bundle();
  const int32_t users = current->interactions.num_users();
  for (int i = 0; i < kWarmUsers && users > 0; ++i) {
    const auto row = static_cast<int32_t>(int64_t{users} * i / kWarmUsers);
    Recommend(current->interactions.users().Name(row), 1 + i);
  }
}

void RecommendEngine::SetRules(std::shared_ptr<const Rules> rules, int64_t now_ms) {
  const std::lock_guard lock(change_mutex_);
  rules_ = std::move(rules);
  rules_ms_ = now_ms;
  const auto old = active();
  Activate(std::make_shared<const Active>(old->bundle, old->shelves, rules_, rules_ms_));
  const std::lock_guard state_lock(mutex_);
  rules_state_ = {now_ms, {}, {}};
}

void RecommendEngine::FollowRules(const RecommendEngine& other) {
  const auto theirs = other.active()->plan;
  if (theirs == followed_) return;
  followed_ = theirs;
  std::shared_ptr<const Overlay> overlay;
  {
    const std::lock_guard lock(other.change_mutex_);
    overlay = other.overlay_;
  }
  SetOverlay(std::move(overlay));
  SetRules(theirs->shared_rules(), theirs->now_ms());
}

void RecommendEngine::UpdateRules(int64_t now_ms) {
  const std::lock_guard lock(change_mutex_);
  const auto old = active();
  if (now_ms < old->plan->next_change_ms()) return;
  rules_ms_ = now_ms;
  Activate(std::make_shared<const Active>(old->bundle, old->shelves, rules_, rules_ms_));
}

void RecommendEngine::RefuseRules(std::string error) {
  const std::lock_guard lock(mutex_);
  rules_state_.error = std::move(error);
}

RulesState RecommendEngine::rules_state() const {
  const std::lock_guard lock(mutex_);
  RulesState state = rules_state_;
  state.warnings = active_->plan->warnings();
  return state;
}

void RecommendEngine::Activate(std::shared_ptr<const Active> next) {
  const std::lock_guard lock(mutex_);
  active_.swap(next);
}

std::shared_ptr<const RecommendEngine::Active> RecommendEngine::active() const {
  const std::lock_guard lock(mutex_);
  return active_;
}

}  // namespace marquee
