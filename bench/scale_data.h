// Invented interactions of the shape of a large public data set, seeded.
#pragma once

#include <cstdint>
#include <vector>

#include "interactions/interactions.h"

namespace marquee {

// By default that of the positives of MovieLens 20M.
struct ScaleShape {
  int32_t users = 136'677;
  int32_t items = 20'720;
  int64_t positives = 10'000'000;  // about: a few are held out
  uint64_t seed = 1;
};

struct ScaleData {
  struct Judged {
    int32_t user;
    std::vector<int32_t> targets;  // held out of `train`, ascending
  };
  Interactions train;
  std::vector<Judged> judged;  // up to 5,000 users
};

// Degrees follow power laws on both sides: a user's is a Pareto quantile (exponent 1.5, at most
// 3,000), an item's popularity Zipf and Mandelbrot's (rank + items / 100)^-1.6. Each user takes
// seven of ten items from three of forty groups of items, so that there is something to learn. Of a
// judged user, a fifth is held out. Ratings of 1 to 5 say nothing; times are the order of the
// draws. O(positives log items).
ScaleData MakeScaleData(const ScaleShape& shape);

}  // namespace marquee
