#include "recommend/engine.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "kernels/top_k.h"
#include "recommend/answer_cache.h"

namespace marquee {
namespace {

constexpr size_t kCachedItems = 1 << 18;  // about 100 bytes each
constexpr size_t kTopGenres = 3;
constexpr std::string_view kPopularReason = "popular with everyone";
constexpr std::string_view kProfileReason = "liked by people like you";

const std::string& TitleOf(const ModelBundle& bundle, int32_t item) {
  const CatalogItem& known = bundle.catalog->at(item);
  return known.title.empty() ? known.item_id : known.title;
}

// "5", "4.5": a rating as people write it.
std::string RatingText(float rating) {
  const std::string text = Fixed(rating, 1);
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

bool HasRatings(const SparseRow& history) {
  return std::any_of(history.values.begin(), history.values.end(), [](float v) { return v != 1; });
}

// Why an item is shown: the liked item that adds most to its score. A model that explains nothing
// does not look at the user.
std::string ReasonOf(const ModelBundle& bundle, const SparseRow& liked,
                     const std::vector<ScoredItem>& explanation) {
  if (explanation.empty()) return std::string(kPopularReason);
  if (!(explanation[0].score > 0)) return "fits what you liked";
  const int32_t cause = explanation[0].item;
  const std::string& title = TitleOf(bundle, cause);
  if (!HasRatings(liked)) return StrCat("because you watched ", title);
  const auto at = std::lower_bound(liked.columns.begin(), liked.columns.end(), cause);
  const float rating = liked.values[static_cast<size_t>(at - liked.columns.begin())];
  return StrCat("because you rated ", title, " ", RatingText(rating));
}

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

std::vector<kernels::Ranked> MostPopular(const ModelBundle& bundle, int k, const SparseRow& met) {
  std::vector<float> scores(static_cast<size_t>(bundle.catalog->size()));
  if (scores.empty()) return {};
  bundle.popular->Score({}, scores);
  return kernels::TopK(scores, static_cast<size_t>(k), met.columns);
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

// A user of the bundle.
struct KnownUser {
  SparseRow met;
  SparseRow liked;
  std::span<const std::string> features;  // none for a model that does not look at them
};

KnownUser UserOf(const ModelBundle& bundle, std::optional<int32_t> user) {
  if (!user) return {};
  KnownUser known = {
      bundle.interactions.by_user().Row(*user), bundle.liked.by_user().Row(*user), {}};
  if (bundle.model->uses_user_features()) known.features = bundle.interactions.UserFeatures(*user);
  return known;
}

// What the model makes of what a user liked and of what else is known; no items when it has nothing
// to say, or all was met.
CachedAnswer Personal(const ModelBundle& bundle, const KnownUser& user, int k) {
  const auto& [met, liked, features] = user;
  const bool cold = liked.size() == 0;
  CachedAnswer answer{cold ? "profile" : "popular", {}};
  const std::unique_ptr<FoldedUser> folded = bundle.model->FoldWith(liked, features);
  std::vector<float> scores(static_cast<size_t>(bundle.catalog->size()));
  folded->Score(scores);
  if (!SaysSomething(scores)) return answer;
  const auto ranked = kernels::TopK(scores, static_cast<size_t>(k), met.columns);
  const auto explanations = folded->Explain(ItemsOf(ranked), 1);
  for (size_t i = 0; i < ranked.size(); ++i) {
    if (!explanations[i].empty()) answer.source = "personal";
    answer.items.push_back(
        {ranked[i].index, ranked[i].score,
         cold ? std::string(kProfileReason) : ReasonOf(bundle, liked, explanations[i])});
  }
  return answer;
}

}  // namespace

// A bundle and what it has answered: swapped together.
struct RecommendEngine::Active {
  explicit Active(std::shared_ptr<const ModelBundle> given) : bundle(std::move(given)) {}

  const std::shared_ptr<const ModelBundle> bundle;
  mutable AnswerCache answers{kCachedItems};
};

RecommendEngine::RecommendEngine(std::shared_ptr<const ModelBundle> bundle)
    : active_(std::make_shared<Active>(std::move(bundle))) {}

RecommendEngine::~RecommendEngine() = default;

Recommendation RecommendEngine::Recommend(std::string_view user_id, int k) const {
  const std::shared_ptr<const Active> current = active();
  const ModelBundle& bundle = *current->bundle;
  Recommendation answer{std::string(user_id), bundle.name, "popular", {}, current->bundle};
  const std::optional<int32_t> user = bundle.interactions.users().Find(user_id);
  const KnownUser known = UserOf(bundle, user);
  if (known.liked.size() > 0 || !known.features.empty()) {
    std::shared_ptr<const CachedAnswer> personal = current->answers.Find(*user, k);
    if (!personal) {
      personal = std::make_shared<CachedAnswer>(Personal(bundle, known, k));
      current->answers.Insert(*user, k, personal);
    }
    if (!personal->items.empty()) {
      answer.source = personal->source;
      answer.items = personal->items;
      return answer;
    }
  }
  for (const kernels::Ranked& entry : MostPopular(bundle, k, known.met)) {
    answer.items.push_back({entry.index, entry.score, std::string(kPopularReason)});
  }
  return answer;
}

Recommendation RecommendEngine::Similar(std::string_view item_id, int k) const {
  const std::shared_ptr<const ModelBundle> current = bundle();
  const std::optional<int32_t> item = current->catalog->Find(item_id);
  if (!item) {
    throw Error(Code::kNotFound, StrCat("no item '", item_id, "'"),
                "look ids up by title: GET /items?q=WORDS");
  }
  Recommendation answer{"", current->name, "similar", {}, current};
  const std::string reason = StrCat("similar to ", TitleOf(*current, *item));
  for (const ScoredItem& neighbour : current->model->SimilarItems(*item, k)) {
    answer.items.push_back({neighbour.item, neighbour.score, reason});
  }
  return answer;
}

UserProfile RecommendEngine::User(std::string_view user_id) const {
  const std::shared_ptr<const ModelBundle> current = bundle();
  const std::optional<int32_t> user = current->interactions.users().Find(user_id);
  if (!user) throw Error(Code::kNotFound, StrCat("no user '", user_id, "'"), "check the id");
  const SparseRow met = current->interactions.by_user().Row(*user);
  UserProfile profile{std::string(user_id), static_cast<int64_t>(met.size()), 0, 0, 0, {}};
  if (met.size() == 0) return profile;
  double sum = 0;
  for (const float value : met.values) sum += value;
  profile.mean_value = sum / static_cast<double>(met.size());
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
