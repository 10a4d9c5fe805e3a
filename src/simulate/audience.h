// The viewers of a simulated world: who they are, when they come, what they watch and how they rate
// it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "simulate/simulate.h"
#include "simulate/world.h"

namespace marquee {

inline constexpr int64_t kMinRatings = 20;  // of a viewer, as MovieLens has it

struct SimulatedRating {
  int32_t film;        // index of World::films()
  int8_t half_stars;   // 1..10
  int64_t rated_at_s;  // seconds since 1970
};

// How many ratings each viewer gives: log-normal, at least kMinRatings, at most `most`, in total
// options.ratings. REQUIRES users * kMinRatings <= ratings <= users * most.
std::vector<int32_t> DrawActivity(const SimulateOptions& options, int64_t most);

// Draws viewers one at a time; keeps scratch space between them. Not thread-safe.
class Audience {
 public:
  // `world` must outlive it.
  Audience(const World& world, const SimulateOptions& options);

  // The ratings of viewer `user`, each film once, in order of time. Depends on nothing but the
  // options, `user` and `num_ratings`. Valid until the next call.
  const std::vector<SimulatedRating>& Watch(int64_t user, int64_t num_ratings);

 private:
  struct Viewer {
    Taste first_taste;
    Taste last_taste;
    float bias;
  };
  struct Candidate {
    float key;
    float affinity;
    int32_t film;
  };

  static bool Better(const Candidate& a, const Candidate& b) {
    return a.key > b.key || (a.key == b.key && a.film < b.film);
  }
  Viewer DrawViewer();
  std::vector<int> DrawSeasons(int64_t num_ratings);
  void WatchSeason(const Viewer& viewer, int slot, size_t count);
  float KeepBest(size_t count);
  void RateInVisits(const Viewer& viewer, int slot, std::span<const Candidate> chosen);
  int8_t Rate(const Viewer& viewer, const Candidate& candidate);
  float Gumbel();

  const World& world_;
  const SimulateOptions options_;
  std::vector<float> gumbel_;  // quantiles
  Rng rng_{0};
  uint64_t random_bits_ = 0;
  int num_random_bits_ = 0;
  std::vector<char> seen_;
  std::vector<Candidate> candidates_;
  std::vector<SimulatedRating> ratings_;
};

}  // namespace marquee
