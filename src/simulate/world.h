// The films of a simulated world, and what makes them watched: popularity over time and traits that
// meet tastes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "simulate/simulate.h"
#include "simulate/titles.h"

namespace marquee {

inline constexpr int kNumGenres = 18;
inline constexpr int kNumHidden = 8;  // traits that no genre names
inline constexpr int kMaxGenres = 3;  // of one film
inline constexpr int kSlotDays = 14;  // popularity stands still for so long

// What a person likes, or a community of them: a weight for each genre and each hidden trait.
struct Taste {
  std::array<float, kNumGenres + 1> genres{};  // the last stands for "no genre" and stays 0
  std::array<float, kNumHidden> hidden{};

  static Taste Blend(const Taste& a, const Taste& b, float share_of_b);
};

// What a taste meets in a film.
struct Traits {
  std::array<float, kNumHidden> hidden;
  std::array<uint8_t, kMaxGenres> genres;  // indexes of GenreNames(), ascending; kNumGenres: none
  float genre_weight;                      // 1 / sqrt(number of genres)
};

struct Film {
  std::string title;  // "The Velvet Lighthouse"
  int year;
  float quality;      // shift of its ratings, in stars
  float popularity;   // logarithm, without time
  float trend_phase;  // its fashion comes and goes
  float release_day;  // of the world; below 0 for films that are there from the start
};

// Immutable after construction and thread-safe. O(films * days / kSlotDays) memory.
class World {
 public:
  explicit World(const SimulateOptions& options);

  const std::vector<Film>& films() const { return films_; }
  // By film, apart from the rest: the inner loop of a simulation reads nothing else.
  const std::vector<Traits>& traits() const { return traits_; }
  const std::vector<Taste>& communities() const { return communities_; }
  int num_slots() const { return static_cast<int>(popularity_.size()); }

  // By film: the logarithm of its popularity in that slot, -infinity before its release.
  const std::vector<float>& popularity(int slot) const {
    return popularity_[static_cast<size_t>(slot)];
  }
  // How well a film suits a taste: mean about 0, standard deviation about 1 over the world.
  static float Affinity(const Taste& taste, const Traits& film);

 private:
  void AddFilm(const SimulateOptions& options, TitleMaker* titles, Rng& rng);

  std::vector<Film> films_;
  std::vector<Traits> traits_;
  std::vector<Taste> communities_;
  std::vector<std::vector<float>> popularity_;
};

}  // namespace marquee
