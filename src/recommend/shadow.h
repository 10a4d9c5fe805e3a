// A model that answers nobody: its lists are compared with those that were shown.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/batch_worker.h"
#include "base/json.h"
#include "recommend/engine.h"

namespace marquee {

struct ShadowReport {
  std::string model;
  double share = 0;
  int64_t compared = 0;
  int64_t left_out = 0;   // for want of time
  double overlap = 0;     // mean share of the titles of a list that both have
  double same_first = 0;  // share of lists with the same first title
  double other_rung = 0;  // share of lists that came from another rung of the ladder
  double mean_ms = 0;     // of the shadow's answers
  double max_ms = 0;

  Json ToJson() const;
};

// Thread-safe. Answers on a thread of its own; lists that come faster than it answers are left out.
class Shadow {
 public:
  // Compares a `share` of the lists, chosen by a hash of the request's id, for the people and with
  // the rules of `like`.
  Shadow(std::shared_ptr<const ModelBundle> bundle, const RecommendEngine& like, double share);

  // Never waits.
  void Offer(const RecommendQuery& query, const Recommendation& shown);
  // Waits until all that was taken is compared.
  void Flush() { worker_.Flush(); }
  ShadowReport report() const;

 private:
  struct Taken {
    RecommendQuery query;
    std::string rung;
    std::vector<std::string> items;
  };
  void Compare(const Taken& taken);

  const RecommendEngine engine_;
  const double share_;
  mutable std::mutex mutex_;
  ShadowReport sums_;          // sums, where the report has means; guarded by mutex_
  BatchWorker<Taken> worker_;  // last: its thread uses the rest
};

}  // namespace marquee
