#include "simulate/world.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "simulate/titles.h"

namespace marquee {
namespace {

// About as often as MovieLens has them, in the order of GenreNames().
constexpr std::array<double, kNumGenres> kGenreShares = {9, 6, 3, 3, 17, 6, 4, 23, 4,
                                                         2, 6, 3, 3, 10, 5, 9, 3,  2};
constexpr int kFilmNoir = 9;
constexpr int kWestern = 17;
constexpr int kFirstYear = 1930;
constexpr int kLastYear = 2024;

// Popularity: log-normal, with a wave after the release and a slow fashion.
constexpr double kPopularitySpread = 2.4;
constexpr double kReleaseWave = 2.5;
constexpr double kReleaseWaveDays = 90;
constexpr double kFashion = 0.8;
constexpr double kFashionDays = 700;
constexpr double kQualityOfPopularity = 0.12;
constexpr double kQualitySpread = 0.38;

constexpr double kGenreTaste = 0.75;
constexpr double kHiddenTaste = 0.75;

int DrawGenre(Rng& rng) {
  double left = rng.Uniform() * std::accumulate(kGenreShares.begin(), kGenreShares.end(), 0.0);
  int genre = 0;
  while (genre + 1 < kNumGenres && left >= kGenreShares[static_cast<size_t>(genre)])
    left -= kGenreShares[static_cast<size_t>(genre++)];
  return genre;
}

// Recent years are fuller; noir and westerns had their time.
int DrawYear(int genre, Rng& rng) {
  const double u = rng.Uniform();
  if (genre == kFilmNoir) return 1938 + static_cast<int>(u * 22);
  if (genre == kWestern) return 1935 + static_cast<int>(u * 50);
  return kLastYear - static_cast<int>(std::pow(u, 1.7) * (kLastYear - kFirstYear + 1));
}

Taste DrawCommunity(Rng& rng) {
  Taste taste;
  for (size_t i = 0; i < kNumGenres; ++i)
    taste.genres[i] = static_cast<float>(rng.Normal() * kGenreTaste);
  for (float& weight : taste.hidden) weight = static_cast<float>(rng.Normal() * kHiddenTaste);
  return taste;
}

// Days of the year in which films are released, spread evenly.
float ReleaseDay(const SimulateOptions& options, int year, Rng& rng) {
  const double days_before_end = (kLastYear - year + rng.Uniform()) * 365.25;
  return static_cast<float>(options.days - days_before_end);
}

float PopularityAt(const Film& film, double day) {
  if (film.release_day > day) return -std::numeric_limits<float>::infinity();
  const double age = day - film.release_day;
  const double wave = kReleaseWave * std::exp(-age / kReleaseWaveDays);
  const double fashion =
      kFashion * std::sin(2 * std::numbers::pi * day / kFashionDays + film.trend_phase);
  return static_cast<float>(film.popularity + wave + fashion);
}

}  // namespace

Taste Taste::Blend(const Taste& a, const Taste& b, float share_of_b) {
  Taste blend;
  for (size_t i = 0; i < kNumGenres; ++i)
    blend.genres[i] = (1 - share_of_b) * a.genres[i] + share_of_b * b.genres[i];
  for (size_t i = 0; i < kNumHidden; ++i)
    blend.hidden[i] = (1 - share_of_b) * a.hidden[i] + share_of_b * b.hidden[i];
  return blend;
}

World::World(const SimulateOptions& options) {
  const Rng seed(options.seed);
  Rng taste_rng = seed.Fork(1);
  for (int i = 0; i < options.communities; ++i) communities_.push_back(DrawCommunity(taste_rng));
  Rng film_rng = seed.Fork(2);
  TitleMaker titles;
  for (int64_t i = 0; i < options.films; ++i) AddFilm(options, &titles, film_rng);
  for (int day = 0; day + kSlotDays <= options.days; day += kSlotDays) {
    std::vector<float> popularity;
    popularity.reserve(films_.size());
    for (const Film& film : films_) popularity.push_back(PopularityAt(film, day));
    popularity_.push_back(std::move(popularity));
  }
}

// A film takes after a community of makers, as viewers do: that is what makes clusters.
void World::AddFilm(const SimulateOptions& options, TitleMaker* titles, Rng& rng) {
  Traits traits;
  traits.genres.fill(kNumGenres);
  const size_t num_genres = 1 + rng.Below(kMaxGenres);
  size_t filled = 0;
  while (filled < num_genres) {
    const auto genre = static_cast<uint8_t>(DrawGenre(rng));
    if (std::find(traits.genres.begin(), traits.genres.end(), genre) == traits.genres.end())
      traits.genres[filled++] = genre;
  }
  const size_t main_genre = traits.genres[0];
  std::sort(traits.genres.begin(), traits.genres.end());
  traits.genre_weight = 1 / std::sqrt(static_cast<float>(num_genres));
  const Taste& makers = communities_[rng.Below(communities_.size())];
  for (size_t i = 0; i < kNumHidden; ++i)
    traits.hidden[i] = static_cast<float>(0.6 * makers.hidden[i] + 0.45 * rng.Normal());
  traits_.push_back(traits);

  Film film;
  film.year = DrawYear(static_cast<int>(main_genre), rng);
  film.release_day = ReleaseDay(options, film.year, rng);
  const double popularity = rng.Normal();
  film.popularity = static_cast<float>(kPopularitySpread * popularity);
  film.quality =
      static_cast<float>(kQualityOfPopularity * popularity + kQualitySpread * rng.Normal());
  film.trend_phase = static_cast<float>(rng.Uniform() * 2 * std::numbers::pi);
  film.title = titles->Make(main_genre, rng);
  films_.push_back(std::move(film));
}

// Four sums side by side, in an order that every compiler keeps.
float World::Affinity(const Taste& taste, const Traits& film) {
  static_assert(kNumHidden == 8 && kMaxGenres == 3);
  std::array<float, 4> hidden;
  for (size_t i = 0; i < 4; ++i)
    hidden[i] = taste.hidden[i] * film.hidden[i] + taste.hidden[i + 4] * film.hidden[i + 4];
  const float genres =
      taste.genres[film.genres[0]] + taste.genres[film.genres[1]] + taste.genres[film.genres[2]];
  return genres * film.genre_weight + ((hidden[0] + hidden[1]) + (hidden[2] + hidden[3]));
}

}  // namespace marquee
