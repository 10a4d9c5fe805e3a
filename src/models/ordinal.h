// Ratings as ordered levels: the ordered probit model (Albert and Chib 1993).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace marquee {

// P(N(0, 1) < x), to a relative error of 1e-7.
double NormalCdf(double x);
// The x with NormalCdf(x) = p (Acklam's approximation, relative error 1.2e-9). REQUIRES: 0 < p < 1.
double NormalQuantile(double p);

// A latent N(score, 1) falls between the cutpoints level - 1 and level when the rating is
// values[level]. Immutable but for Draw, so thread-safe.
struct OrdinalScale {
  std::vector<double> values;     // levels, ascending: at least 2
  std::vector<double> cutpoints;  // ascending, one less

  // The levels that `ratings` has, cut at the quantiles of their counts for scores of variance
  // `spread` - 1. Throws invalid_argument for fewer than 2 or more than 20 levels.
  static OrdinalScale FromRatings(std::span<const float> ratings, double spread);

  int Level(float value) const;  // REQUIRES: one of the values
  double Low(int level) const;   // -infinity for the first
  double High(int level) const;  // infinity for the last

  // Of the latent value given score and level.
  double DrawLatent(double score, int level, Rng& rng) const;
  double MeanLatent(double score, int level) const;
  // Adds to probabilities[level], for a score known as N(mean, variance), `weight` times its
  // probability.
  void AddProbabilities(double mean, double variance, double weight,
                        std::span<double> probabilities) const;
};

// First and second derivatives of the log-likelihood by the cutpoints, summed over ratings. The
// second ones are tridiagonal.
struct CutpointSums {
  explicit CutpointSums(size_t cutpoints)
      : gradient(cutpoints), diagonal(cutpoints), off_diagonal(cutpoints) {}
  void Add(const OrdinalScale& scale, double score, int level);
  void Add(const CutpointSums& other);

  std::vector<double> gradient;
  std::vector<double> diagonal;      // negated, so positive
  std::vector<double> off_diagonal;  // [k]: of k and k + 1
};

// Moves the cutpoints by one Newton step to where they are most likely and adds a draw of the
// Gaussian of that curvature: their conditional, which is log-concave, as good as Gaussian for the
// thousands of ratings it is made of. A prior N(now, 1) each keeps it proper. A draw that is out of
// order is dropped.
void DrawCutpoints(const CutpointSums& sums, Rng& rng, OrdinalScale* scale);

}  // namespace marquee
