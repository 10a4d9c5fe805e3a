// Whether a model may answer: asked of some users before it does.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "recommend/bundle.h"

namespace marquee {

struct ProbeLimits {
  int users = 100;  // spread evenly over those with likes
  int k = 10;
  double min_overlap = 0;  // of the lists with those of the bundle before, mean; 0: any
  double max_ms = 50;      // for the 95th of 100 answers: fold-in and scores
};

struct ProbeReport {
  int users = 0;
  double overlap = 1;  // mean share of the k best that both bundles have; 1 without one before
  double median_ms = 0;
  double p95_ms = 0;
  std::vector<std::string> problems = {};  // why it may not answer; empty: it may

  bool passed() const { return problems.empty(); }
  Json ToJson() const;
};

// Asks `candidate` for what it makes of the histories of its users: scores must be finite and not
// all one, answers quick, lists like those of `before` (may be null), whose items are matched by
// id. O(users x (fold-in + items)).
ProbeReport Probe(const ModelBundle& candidate, const ModelBundle* before,
                  const ProbeLimits& limits);

}  // namespace marquee
