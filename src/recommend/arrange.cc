#include "recommend/arrange.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "base/hash.h"
#include "base/random.h"
#include "kernels/top_k.h"

namespace marquee {
namespace {

constexpr size_t kCandidates = 400;
constexpr size_t kPlaces = 100;
constexpr size_t kOfSource = 50;  // a source's best, of which the scores choose one for a place

struct Candidate {
  int32_t item;
  float score;
  float relevance;
  std::string_view source = {};
};

// Jaccard's index of two ascending sets; 0 for empty ones.
float Overlap(std::span<const int32_t> a, std::span<const int32_t> b) {
  size_t both = 0;
  for (const int32_t genre : a) both += std::ranges::binary_search(b, genre) ? 1 : 0;
  const size_t either = a.size() + b.size() - both;
  return either == 0 ? 0 : static_cast<float>(both) / static_cast<float>(either);
}

// Steck 2018, "Calibrated recommendations": how far the genres of a list are from those of the
// history. What a title would add is looked up in tables made once a place.
class Calibration {
 public:
  Calibration(const Catalog& catalog, std::span<const int32_t> liked)
      : catalog_(catalog), wanted_(GenreShares(liked)), shown_(wanted_.size(), 0) {
    active_ = std::ranges::any_of(wanted_, [](double share) { return share > 0; });
  }

  bool active() const { return active_; }

  void Prepare() {
    without_ = 0;
    for (size_t genre = 0; genre < wanted_.size(); ++genre) {
      const double as_is = Gain(genre, 0);
      without_ += as_is;
      gains_.resize(wanted_.size());
      for (size_t parts = 1; parts <= kMostGenres; ++parts) {
        gains_[genre][parts - 1] = Gain(genre, 1 / static_cast<double>(parts)) - as_is;
      }
    }
  }
  // KL(p || q~) with the title added, up to a constant of the place's own.
  float Divergence(int32_t item) const {
    const auto genres = catalog_.genres_of(item);
    double sum = without_;
    for (const int32_t genre : genres) {
      sum += gains_[static_cast<size_t>(genre)][std::min(genres.size(), kMostGenres) - 1];
    }
    return static_cast<float>(-sum);
  }
  void Add(int32_t item) {
    const auto genres = catalog_.genres_of(item);
    for (const int32_t genre : genres) {
      shown_[static_cast<size_t>(genre)] += 1 / static_cast<double>(genres.size());
    }
    ++size_;
  }

 private:
  static constexpr double kSmoothing = 0.01;  // alpha of the paper
  static constexpr size_t kMostGenres = 8;

  std::vector<double> GenreShares(std::span<const int32_t> liked) const {
    std::vector<double> shares(catalog_.genres().size(), 0);
    for (const int32_t item : liked) {
      const auto genres = catalog_.genres_of(item);
      for (const int32_t genre : genres) {
        shares[static_cast<size_t>(genre)] += 1 / static_cast<double>(genres.size() * liked.size());
      }
    }
    return shares;
  }
  // p(g) log q~(g) when `more` of the next title is of the genre.
  double Gain(size_t genre, double more) const {
    const double p = wanted_[genre];
    if (p == 0) return 0;
    const double q = (shown_[genre] + more) / (size_ + 1);
    return p * std::log((1 - kSmoothing) * q + kSmoothing * p);
  }

  const Catalog& catalog_;
  bool active_;
  const std::vector<double> wanted_;
  std::vector<double> shown_;
  double size_ = 0;
  double without_ = 0;
  std::vector<std::array<double, kMostGenres>> gains_;
};

// One list, made place by place.
class Arranger {
 public:
  explicit Arranger(const ArrangeRequest& request)
      : request_(request),
        rules_(request.plan.rules()),
        diversity_(static_cast<float>(request.query.diversity > 0 ? request.query.diversity
                                                                  : rules_.diversity)),
        calibration_(request.catalog,
                     rules_.calibration > 0 ? request.liked : std::span<const int32_t>()),
        calibrate_(calibration_.active() ? static_cast<float>(rules_.calibration) : 0),
        nearest_(static_cast<size_t>(request.catalog.size()), 0),
        shown_(static_cast<size_t>(request.catalog.size()), false),
        rng_(rules_.exploration.seed ^
             Fnv1a(request.query.request_id + '\n' + request.query.user_id)) {}

  std::vector<Listed> Make(size_t n) {
    Gather(n);
    Reserve();
    for (size_t place = 0; place < std::min(kPlaces, n); ++place) {
      if (!TakeSlot(place) && !TakeBest(place)) break;
    }
    candidates_.insert(candidates_.end(), rest_.begin(), rest_.end());
    for (const Candidate& left : candidates_) {
      if (list_.size() >= n) break;
      if (MayShow(left.item) && !reserved_.contains(left.item)) {
        shown_[static_cast<size_t>(left.item)] = true;
        list_.push_back({left.item, left.score, left.source, {}, 1});
      }
    }
    return std::move(list_);
  }

 private:
  bool MayShow(int32_t item) const {
    return !std::ranges::binary_search(request_.left_out, item) &&
           !shown_[static_cast<size_t>(item)];
  }
  float ScoreOf(int32_t item) const { return request_.scores[static_cast<size_t>(item)]; }

  const std::vector<float>& SourceScores(std::string_view source) {
    const auto [at, is_new] = source_scores_.try_emplace(source);
    if (is_new && request_.score_source) at->second = request_.score_source(source);
    return at->second;
  }
  // The best of a source that may be shown.
  std::vector<kernels::Ranked> BestOf(std::string_view source, size_t k) {
    std::vector<kernels::Ranked> best = kernels::TopK(SourceScores(source), k, request_.left_out);
    std::erase_if(best, [](const kernels::Ranked& entry) { return !(entry.score > 0); });
    return best;
  }

  // The best 400, and those of blended sources, in the order of their relevance: the mean of the
  // sources' scores by weight, each on a scale of 0 to 1, and what rules add.
  void Gather(size_t n) {
    const std::vector<kernels::Ranked> best =
        kernels::TopK(request_.scores, std::max(n, kCandidates), request_.left_out);
    if (best.empty()) return;
    const float top = best.front().score;
    const float bottom = best[std::min(best.size(), kCandidates) - 1].score;
    const float range = std::max(top - bottom, std::numeric_limits<float>::min());
    for (size_t i = 0; i < best.size(); ++i) {
      const kernels::Ranked& entry = best[i];
      (i < kCandidates ? candidates_ : rest_)
          .push_back({entry.index, entry.score, 1 - (top - entry.score) / range});
    }
    if (!rules_.blend.empty()) Blend();
    for (Candidate& candidate : candidates_) {
      candidate.relevance += request_.plan.LiftOf(candidate.item);
    }
    std::ranges::stable_sort(candidates_, std::ranges::greater(), &Candidate::relevance);
  }

  void Blend() {
    double weights = 1;
    std::map<int32_t, size_t> at;
    std::vector<float> strongest;  // what the source that speaks most for a candidate adds
    for (const Candidate& candidate : candidates_) {
      at[candidate.item] = strongest.size();
      strongest.push_back(candidate.relevance);
    }
    for (const auto& [source, weight] : rules_.blend) {
      weights += weight;
      const std::vector<kernels::Ranked> best = BestOf(source, kCandidates);
      if (best.empty()) continue;
      const float scale = static_cast<float>(weight) / best.front().score;
      for (const kernels::Ranked& entry : best) {
        const auto [found, is_new] = at.try_emplace(entry.index, candidates_.size());
        if (is_new) {
          candidates_.push_back({entry.index, ScoreOf(entry.index), 0});
          strongest.push_back(0);
        }
        const float adds = scale * entry.score;
        candidates_[found->second].relevance += adds;
        if (adds > strongest[found->second]) {
          strongest[found->second] = adds;
          candidates_[found->second].source = source;
        }
      }
    }
    for (Candidate& candidate : candidates_) candidate.relevance /= static_cast<float>(weights);
  }

  // What has a place of its own stands nowhere else.
  void Reserve() {
    for (const RulePlan::Slot& slot : request_.plan.slots()) {
      if (slot.source == "pinned") reserved_.insert(slot.items.front());
    }
  }

  bool TakeSlot(size_t place) {
    const auto& slots = request_.plan.slots();
    const auto slot = std::ranges::lower_bound(slots, place, {}, &RulePlan::Slot::place);
    if (slot == slots.end() || slot->place != place) return false;
    std::optional<int32_t> chosen;
    for (const int32_t item : slot->items) {
      if (!chosen && MayShow(item)) chosen = item;
    }
    if (slot->items.empty()) {
      for (const kernels::Ranked& entry : BestOf(slot->source, kOfSource)) {
        if (!MayShow(entry.index) || reserved_.contains(entry.index)) continue;
        if (!chosen || ScoreOf(entry.index) > ScoreOf(*chosen)) chosen = entry.index;
      }
    }
    if (!chosen) return false;
    std::erase_if(candidates_, [&](const Candidate& other) { return other.item == *chosen; });
    Show({*chosen, ScoreOf(*chosen), 0, slot->source}, slot->reason, 1);
    return true;
  }

  bool WithinCaps(int32_t item, size_t place) const {
    const auto genres = request_.catalog.genres_of(item);
    const auto has = [&](int32_t other, int32_t genre) {
      return std::ranges::binary_search(request_.catalog.genres_of(other), genre);
    };
    return std::ranges::all_of(request_.plan.caps(), [&](const RulePlan::Cap& cap) {
      if (place >= cap.first || !std::ranges::binary_search(genres, cap.genre)) return true;
      const auto shown = std::ranges::count_if(
          list_, [&](const Listed& listed) { return has(listed.item, cap.genre); });
      return static_cast<size_t>(shown) < cap.max;
    });
  }

  float Value(const Candidate& candidate) const {
    const float alike = nearest_[static_cast<size_t>(candidate.item)];
    const float spread = (1 - diversity_) * candidate.relevance - diversity_ * alike;
    if (calibrate_ == 0) return spread;
    return (1 - calibrate_) * spread - calibrate_ * calibration_.Divergence(candidate.item);
  }

  // The candidates that may stand at the place, best first as far as exploring asks.
  bool TakeBest(size_t place) {
    if (calibrate_ > 0) calibration_.Prepare();
    std::vector<std::pair<float, size_t>> open;  // value, place among the candidates
    const auto look = [&](bool caps) {
      for (size_t i = 0; i < candidates_.size(); ++i) {
        const int32_t item = candidates_[i].item;
        if (reserved_.contains(item) || (caps && !WithinCaps(item, place))) continue;
        open.emplace_back(-Value(candidates_[i]), i);
      }
    };
    look(true);
    if (open.empty()) look(false);  // a cap gives way to a list that would end
    if (open.empty()) return false;
    const auto best = std::ranges::min_element(open);
    const Rules::Exploration& exploration = rules_.exploration;
    const bool explores = exploration.share > 0 && request_.query.skip == 0 &&
                          !request_.query.request_id.empty() &&
                          place >= static_cast<size_t>(exploration.protect);
    if (!explores) {
      Take(best->second, 1, false);
      return true;
    }
    const size_t greedy = best->second;
    const size_t among = std::min(open.size(), static_cast<size_t>(exploration.among));
    std::ranges::partial_sort(open, open.begin() + static_cast<ptrdiff_t>(among));
    open.resize(among);
    Explore(open, greedy);
    return true;
  }

  // Epsilon-greedy over the open candidates, the greedy one among them.
  void Explore(std::span<const std::pair<float, size_t>> open, size_t greedy) {
    const double share = rules_.exploration.share;
    const bool draws = rng_.Uniform() < share;
    const double at = rng_.Uniform();
    double sum = 0;
    for (const auto& [value, i] : open) sum += WeightOf(candidates_[i].item);
    size_t chosen = greedy;
    double passed = 0;
    if (draws) {
      for (const auto& [value, i] : open) {
        passed += WeightOf(candidates_[i].item) / sum;
        chosen = i;
        if (at < passed) break;
      }
    }
    const double drawn = share * WeightOf(candidates_[chosen].item) / sum;
    const bool is_greedy = chosen == greedy;
    Take(chosen, static_cast<float>(is_greedy ? 1 - share + drawn : drawn), !is_greedy);
  }
  double WeightOf(int32_t item) const {
    if (!rules_.exploration.prefer_unknown) return 1;
    return 1 / std::sqrt(1 + static_cast<double>(request_.catalog.at(item).num_ratings));
  }

  void Take(size_t i, float propensity, bool explored) {
    Candidate chosen = candidates_[i];
    candidates_.erase(candidates_.begin() + static_cast<ptrdiff_t>(i));
    if (explored) chosen.source = "exploration";
    Show(chosen, {}, propensity);
  }

  void Show(const Candidate& chosen, std::string_view reason, float propensity) {
    list_.push_back({chosen.item, chosen.score, chosen.source, reason, propensity});
    shown_[static_cast<size_t>(chosen.item)] = true;
    if (calibrate_ > 0) calibration_.Add(chosen.item);
    if (diversity_ == 0) return;
    const auto genres = request_.catalog.genres_of(chosen.item);
    for (const Candidate& other : candidates_) {
      float& likeness = nearest_[static_cast<size_t>(other.item)];
      likeness = std::max(likeness, Overlap(request_.catalog.genres_of(other.item), genres));
    }
  }

  const ArrangeRequest& request_;
  const Rules& rules_;
  const float diversity_;
  Calibration calibration_;
  const float calibrate_;
  std::vector<float> nearest_;  // by item: the likeness to the nearest one shown
  std::vector<bool> shown_;     // by item
  Rng rng_;
  std::map<std::string_view, std::vector<float>> source_scores_;
  std::set<int32_t> reserved_;
  std::vector<Candidate> candidates_;  // by relevance, those that have no place yet
  std::vector<Candidate> rest_;        // by score, behind them
  std::vector<Listed> list_;
};

}  // namespace

std::vector<Listed> Arrange(const ArrangeRequest& request) {
  const RecommendQuery& query = request.query;
  const auto n = static_cast<size_t>(query.skip + query.k);
  const bool explores = request.plan.explores() && !query.request_id.empty();
  std::vector<Listed> list;
  if (!request.plan.reorders() && !explores && query.diversity == 0) {
    for (const kernels::Ranked& entry : kernels::TopK(request.scores, n, request.left_out)) {
      list.push_back({entry.index, entry.score, {}, {}, 1});
    }
  } else {
    list = Arranger(request).Make(n);
  }
  const auto first = static_cast<ptrdiff_t>(std::min(list.size(), static_cast<size_t>(query.skip)));
  list.erase(list.begin(), list.begin() + first);
  return list;
}

}  // namespace marquee
