// The weights of an ensemble, from what its members say of held-out users.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "models/members.h"

namespace marquee {

// One over the standard deviation of `scores`: what makes a member's scores comparable with
// another's; 0 when all are equal.
double BlendScale(std::span<const float> scores);

// What the members say of each held-out user's likely items.
struct BlendSample {
  struct User {
    // Scaled scores of candidate c by member m at c * members + m; no candidate is of the history.
    std::vector<float> scores;
    std::vector<bool> is_target;  // of each candidate
    size_t targets = 0;           // all of them, also those that no member found
  };
  size_t members = 0;
  std::vector<User> users;
};

// The `candidates` best of each member for each user, and what all members say of them. Models were
// trained on `held_out.train`. O(users members items).
BlendSample SampleBlend(const HeldOutUsers& held_out,
                        const std::vector<std::unique_ptr<Model>>& members, int candidates,
                        int threads);

// Mean NDCG@cutoff of the sample's users with those weights; 0 without users. Of equal scores a
// target ranks behind.
double BlendNdcg(const BlendSample& sample, std::span<const double> weights, int cutoff,
                 int threads);

// Weights, none negative, of sum 1, that maximize BlendNdcg: the best single member, or all alike,
// to begin with, then steps of .2 down to .0125 from one member to another while they help. Equal
// weights without users. Deterministic, for any number of threads. `stopped` is asked between
// steps and may throw.
std::vector<double> FitBlend(const BlendSample& sample, int cutoff, int threads,
                             const std::function<void()>& stopped);

}  // namespace marquee
