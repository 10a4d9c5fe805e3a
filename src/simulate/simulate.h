// Marquee's own world of films and viewers: invented, seeded, in the files of a MovieLens release.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/cancel.h"
#include "base/progress.h"

namespace marquee {

// Each option says when to change it and what it costs.
struct SimulateOptions {
  int64_t users = 6000;         // 1..10,000,000
  int64_t films = 3000;         // 100..1,000,000; time grows with users x films
  int64_t ratings = 1'000'000;  // from 20 a user to a quarter of users x films; all are written
  int days = 1096;              // how long people watch, 28..3650, until the end of 2024
  int communities = 24;         // groups of like taste, 1..1000
  double taste_strength = 1.6;  // 0 (only popularity counts) .. 4 (only taste does)
  uint64_t seed = 1;
};

struct SimulatedFiles {
  std::filesystem::path folder;
  int64_t users;
  int64_t films;
  int64_t ratings;
};

// Writes ratings.csv, movies.csv and README.txt into `folder` (created when missing; files of these
// names are replaced, each one whole or not at all). sources::OpenDataset reads it as "simulated".
//
// A viewer belongs to one or two communities; a film has genres and hidden traits. What is watched
// next is drawn without replacement from popularity(film, time) * exp(strength * affinity(viewer,
// film)), by the Gumbel-max trick. Popularity is skewed, films are released and have their wave,
// tastes drift; viewers come in seasons and visits, activity is log-normal, at least 20 ratings
// each. Ratings are half stars: viewer's bias + film's quality + affinity + noise.
//
// Same options: same bytes. Memory O(films * days + users). Throws invalid_argument for an option
// out of range, by name; cancelled when asked; what the disk says.
SimulatedFiles WriteSimulatedWorld(const SimulateOptions& options,
                                   const std::filesystem::path& folder, Progress& progress,
                                   const CancelToken& cancel);

}  // namespace marquee
