#include "recommend/shadow.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/hash.h"

namespace marquee {
namespace {

constexpr size_t kMaxWaiting = 256;
constexpr uint64_t kBuckets = 10'000;

}  // namespace

Json ShadowReport::ToJson() const {
  return Json::MakeObject({{"model", model},
                           {"share", share},
                           {"compared", compared},
                           {"left_out", left_out},
                           {"overlap", overlap},
                           {"same_first", same_first},
                           {"other_rung", other_rung},
                           {"mean_ms", mean_ms},
                           {"max_ms", max_ms}});
}

Shadow::Shadow(std::shared_ptr<const ModelBundle> bundle, const RecommendEngine& like, double share)
    : engine_(std::move(bundle), like),
      share_(share),
      worker_(kMaxWaiting, [this](const std::vector<Taken>& lists) {
        for (const Taken& taken : lists) Compare(taken);
      }) {}

void Shadow::Offer(const RecommendQuery& query, const Recommendation& shown) {
  const auto bucket = static_cast<double>(Fnv1a(query.request_id) % kBuckets);
  if (bucket >= share_ * static_cast<double>(kBuckets)) return;
  std::vector<Taken> taken;
  if (worker_.has_room()) {
    taken.push_back({query, shown.rung, ItemIdsOf(shown)});
    // Nobody waits for it.
    taken.back().query.deadline = std::chrono::steady_clock::time_point::max();
  }
  if (!taken.empty() && worker_.Add(std::move(taken))) return;
  const std::lock_guard lock(mutex_);
  ++sums_.left_out;
}

ShadowReport Shadow::report() const {
  const std::lock_guard lock(mutex_);
  ShadowReport report = sums_;
  report.model = engine_.bundle()->name;
  report.share = share_;
  if (report.compared == 0) return report;
  const auto n = static_cast<double>(report.compared);
  for (double* sum : {&report.overlap, &report.same_first, &report.other_rung, &report.mean_ms})
    *sum /= n;
  return report;
}

void Shadow::Compare(const Taken& taken) {
  const double start = SteadySeconds();
  const Recommendation answer = engine_.Recommend(taken.query);
  const double ms = (SteadySeconds() - start) * 1000;
  const std::vector<std::string> ids = ItemIdsOf(answer);
  const auto both = std::ranges::count_if(ids, [&](const std::string& id) {
    return std::ranges::find(taken.items, id) != taken.items.end();
  });
  const size_t larger = std::max(ids.size(), taken.items.size());
  const std::lock_guard lock(mutex_);
  ++sums_.compared;
  sums_.overlap += larger == 0 ? 1 : static_cast<double>(both) / static_cast<double>(larger);
  const bool same_first = !ids.empty() && !taken.items.empty() && ids[0] == taken.items[0];
  sums_.same_first += same_first ? 1 : 0;
  sums_.other_rung += answer.rung == taken.rung ? 0 : 1;
  sums_.mean_ms += ms;
  sums_.max_ms = std::max(sums_.max_ms, ms);
}

}  // namespace marquee
