#include "simulate/audience.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/check.h"

namespace marquee {
namespace {

constexpr int64_t kWorldEnd = 1735689600;  // 2025-01-01
constexpr int64_t kDay = 86400;
constexpr size_t kGumbelQuantiles = 1 << 16;

constexpr double kActivitySpread = 1.15;
constexpr float kSecondCommunity = 0.45f;  // at most, of a viewer's taste
constexpr float kDrift = 0.35f;            // of a taste, over the whole time
constexpr double kPersonalTaste = 0.3;
constexpr double kBiasSpread = 0.42;
constexpr double kMeanStars = 2.92;  // before the liking that chose the film
constexpr double kStarsOfAffinity = 0.4;
constexpr double kNoiseStars = 0.8;

constexpr double kRatingsOfSeason = 60;
constexpr double kSlotsBetweenSeasons = 5;
constexpr int kMaxSeasons = 12;
constexpr double kRatingsOfVisit = 22;
constexpr double kSecondsBetweenRatings = 25;
constexpr double kSecondsBetweenVisits = 16 * 3600;

double Exponential(double mean, Rng& rng) { return -mean * std::log(1 - rng.Uniform()); }

}  // namespace

std::vector<int32_t> DrawActivity(const SimulateOptions& options, int64_t most) {
  const auto users = static_cast<size_t>(options.users);
  MARQUEE_CHECK(options.users * kMinRatings <= options.ratings);
  MARQUEE_CHECK(options.ratings <= options.users * most);
  Rng rng = Rng(options.seed).Fork(3);
  std::vector<float> weights(users);
  for (float& weight : weights)
    weight = static_cast<float>(std::exp(kActivitySpread * rng.Normal()));
  std::vector<int32_t> activity(users, static_cast<int32_t>(kMinRatings));
  int64_t left = options.ratings - options.users * kMinRatings;
  // What a viewer cannot take goes to the others, in proportion, until single ratings are left.
  while (left > 0) {
    double open_weight = 0;
    for (size_t u = 0; u < users; ++u) open_weight += activity[u] < most ? weights[u] : 0;
    const double share = static_cast<double>(left) / open_weight;
    int64_t given = 0;
    for (size_t u = 0; u < users; ++u) {
      const auto wanted = static_cast<int64_t>(weights[u] * share);
      const int64_t more = std::min({wanted, most - activity[u], left - given});
      activity[u] += static_cast<int32_t>(more);
      given += more;
    }
    left -= given;
    for (size_t u = 0; given == 0 && left > 0 && u < users; ++u) {
      if (activity[u] < most) ++activity[u], --left;
    }
  }
  return activity;
}

Audience::Audience(const World& world, const SimulateOptions& options)
    : world_(world), options_(options), gumbel_(kGumbelQuantiles), seen_(world.films().size()) {
  for (size_t i = 0; i < gumbel_.size(); ++i) {
    const double quantile = (static_cast<double>(i) + 0.5) / kGumbelQuantiles;
    gumbel_[i] = static_cast<float>(-std::log(-std::log(quantile)));
  }
  candidates_.reserve(world.films().size());
}

const std::vector<SimulatedRating>& Audience::Watch(int64_t user, int64_t num_ratings) {
  rng_ = Rng(options_.seed).Fork(4).Fork(static_cast<uint64_t>(user));
  num_random_bits_ = 0;
  ratings_.clear();
  std::fill(seen_.begin(), seen_.end(), 0);
  const Viewer viewer = DrawViewer();
  const std::vector<int> seasons = DrawSeasons(num_ratings);
  auto left = static_cast<size_t>(num_ratings);
  for (size_t s = 0; s < seasons.size() && left > 0; ++s) {
    const double fair = static_cast<double>(left) / static_cast<double>(seasons.size() - s);
    const auto drawn = static_cast<size_t>(fair * (0.5 + rng_.Uniform()));
    const size_t count = s + 1 == seasons.size() ? left : std::clamp<size_t>(drawn, 1, left);
    WatchSeason(viewer, seasons[s], count);
    left -= count;
  }
  return ratings_;
}

Audience::Viewer Audience::DrawViewer() {
  const std::vector<Taste>& communities = world_.communities();
  const auto any = [&]() -> const Taste& { return communities[rng_.Below(communities.size())]; };
  const Taste& home = any();
  const Taste& second = any();
  Viewer viewer;
  viewer.first_taste =
      Taste::Blend(home, second, kSecondCommunity * static_cast<float>(rng_.Uniform()));
  for (size_t i = 0; i < kNumGenres; ++i)
    viewer.first_taste.genres[i] += static_cast<float>(kPersonalTaste * rng_.Normal());
  for (float& weight : viewer.first_taste.hidden)
    weight += static_cast<float>(kPersonalTaste * rng_.Normal());
  viewer.last_taste = Taste::Blend(viewer.first_taste, any(), kDrift);
  viewer.bias = static_cast<float>(kBiasSpread * rng_.Normal());
  return viewer;
}

// Slots in which the viewer comes, ascending. The last slot of the world is left for what takes
// longer than its slot.
std::vector<int> Audience::DrawSeasons(int64_t num_ratings) {
  const int last_slot = std::max(world_.num_slots() - 2, 0);
  const auto most = static_cast<uint64_t>(static_cast<double>(num_ratings) / kRatingsOfSeason);
  const auto num_seasons = std::min<uint64_t>(1 + rng_.Below(2 + most), kMaxSeasons);
  int slot = static_cast<int>(rng_.Uniform() * (last_slot + 1));
  std::vector<int> seasons;
  for (uint64_t i = 0; i < num_seasons && slot <= last_slot; ++i) {
    seasons.push_back(slot);
    slot += 1 + static_cast<int>(Exponential(kSlotsBetweenSeasons, rng_));
  }
  return seasons;
}

// The films with the largest keys are a sample without replacement (Gumbel-max).
void Audience::WatchSeason(const Viewer& viewer, int slot, size_t count) {
  const float through_time = static_cast<float>(slot) / static_cast<float>(world_.num_slots());
  const Taste taste = Taste::Blend(viewer.first_taste, viewer.last_taste, through_time);
  const auto strength = static_cast<float>(options_.taste_strength);
  const std::vector<float>& popularity = world_.popularity(slot);
  const size_t room = std::max<size_t>(4 * count, 512);
  float threshold = -std::numeric_limits<float>::infinity();
  candidates_.clear();
  for (size_t f = 0; f < popularity.size(); ++f) {
    const float affinity = World::Affinity(taste, world_.traits()[f]);
    const float key = popularity[f] + strength * affinity + Gumbel();
    if (key <= threshold || seen_[f]) continue;
    candidates_.push_back({key, affinity, static_cast<int32_t>(f)});
    if (candidates_.size() == room) threshold = KeepBest(count);
  }
  MARQUEE_CHECK(count <= candidates_.size());
  KeepBest(count);
  std::sort(candidates_.begin(), candidates_.end(), Better);
  RateInVisits(viewer, slot, candidates_);
}

// Keeps the `count` best candidates; returns a bound that no other film of this season may miss.
float Audience::KeepBest(size_t count) {
  if (count < candidates_.size()) {
    const auto end = candidates_.begin() + static_cast<std::ptrdiff_t>(count);
    std::nth_element(candidates_.begin(), end - 1, candidates_.end(), Better);
    candidates_.resize(count);
  }
  return candidates_[count - 1].key;
}

// Ratings come in bursts: a visit of a quarter of an hour, then hours of silence.
void Audience::RateInVisits(const Viewer& viewer, int slot, std::span<const Candidate> chosen) {
  const int64_t world_start = kWorldEnd - options_.days * kDay;
  const int64_t slot_start = world_start + int64_t{slot} * kSlotDays * kDay;
  double time = static_cast<double>(slot_start) + rng_.Uniform() * 5 * kDay;
  if (!ratings_.empty())
    time = std::max(time, static_cast<double>(ratings_.back().rated_at_s) + 3600);
  for (const Candidate& candidate : chosen) {
    const bool next_visit = rng_.Uniform() * kRatingsOfVisit < 1;
    time += Exponential(next_visit ? kSecondsBetweenVisits : kSecondsBetweenRatings, rng_);
    const auto rated_at = std::min(static_cast<int64_t>(time), kWorldEnd - 1);
    ratings_.push_back({candidate.film, Rate(viewer, candidate), rated_at});
    seen_[static_cast<size_t>(candidate.film)] = 1;
  }
}

int8_t Audience::Rate(const Viewer& viewer, const Candidate& candidate) {
  const Film& film = world_.films()[static_cast<size_t>(candidate.film)];
  const double stars = kMeanStars + viewer.bias + film.quality +
                       kStarsOfAffinity * candidate.affinity + kNoiseStars * rng_.Normal();
  return static_cast<int8_t>(std::clamp(std::lround(2 * stars), 1L, 10L));
}

// A table of quantiles: the logarithms of an exact one would be most of the work.
float Audience::Gumbel() {
  if (num_random_bits_ == 0) {
    random_bits_ = rng_.Next();
    num_random_bits_ = 64;
  }
  const float value = gumbel_[random_bits_ % kGumbelQuantiles];
  random_bits_ >>= 16;
  num_random_bits_ -= 16;
  return value;
}

}  // namespace marquee
