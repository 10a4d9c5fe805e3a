#include "models/epoch_loop.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "models/planted.h"

namespace marquee::epoch_loop_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

struct Reports : TrainObserver {
  void OnEpoch(const Epoch& epoch) override { seen.push_back(epoch); }
  bool ShouldStop() const override { return false; }
  std::vector<Epoch> seen;
};

EpochPlan Plan(int epochs, int patience) {
  return {.model_type = "test", .epochs = epochs, .patience = patience, .seed = 1, .threads = 2};
}

// The third epoch is the best: it alone knows the planted clusters. Biases break the ties.
ItemSpace SpaceOfEpoch(const Interactions& data, int epoch) {
  const auto n = static_cast<size_t>(data.num_items());
  kernels::Matrix vectors(n, 4);
  for (size_t i = 0; i < n; ++i) vectors.Row(i)[i % 4] = epoch == 3 ? 1.0f : 0.0f;
  std::vector<float> biases(n);
  for (size_t i = 0; i < n; ++i) biases[i] = 1e-3f * static_cast<float>(i);
  return ItemSpace(std::move(vectors), std::move(biases), 1);
}

TEST(RunEpochs, KeepsTheBestAndStopsWhenPatienceIsOver) {
  const Interactions data = MakePlantedWorld();
  const EpochPlan plan = Plan(50, 2);
  const EpochData split(data, plan);
  int now = 0;
  std::vector<int> kept;
  Reports reports;
  RunEpochs(plan, split,
            {.run = [&](int epoch) { now = epoch; },
             .scorer = [&] { return ScorerOf(SpaceOfEpoch(data, now)); },
             .keep = [&] { kept.push_back(now); }},
            reports);
  EXPECT_THAT(kept, ElementsAre(1, 3));
  ASSERT_THAT(reports.seen, SizeIs(5));
  EXPECT_EQ(reports.seen.front().epochs, 50);
  EXPECT_EQ(reports.seen.back().epochs, 5);
  EXPECT_GT(reports.seen[2].validation, reports.seen[4].validation);
}

TEST(RunEpochs, WithoutPatienceRunsAllOnAllDataAndKeepsTheLast) {
  const Interactions data = MakePlantedWorld();
  const EpochPlan plan = Plan(4, 0);
  const EpochData split(data, plan);
  EXPECT_EQ(split.train().nnz(), data.nnz());
  int now = 0;
  std::vector<int> kept;
  Reports reports;
  RunEpochs(plan, split,
            {.run = [&](int epoch) { now = epoch; },
             .scorer = [&] { return ScorerOf(SpaceOfEpoch(data, now)); },
             .keep = [&] { kept.push_back(now); }},
            reports);
  EXPECT_THAT(kept, ElementsAre(4));
  EXPECT_THAT(reports.seen, SizeIs(4));
}

TEST(EpochData, HoldsOneInteractionOfAUserOut) {
  const Interactions data = MakePlantedWorld();
  const EpochData split(data, Plan(1, 3));
  ASSERT_TRUE(split.held_out().has_value());
  EXPECT_THAT(split.held_out()->targets, SizeIs(160));
  EXPECT_EQ(split.train().nnz(), data.nnz() - 160);
}

TEST(RunEpochs, StopsWhenAsked) {
  struct Stop : TrainObserver {
    void OnEpoch(const Epoch&) override {}
    bool ShouldStop() const override { return true; }
  } stop;
  const EpochPlan plan = Plan(4, 0);
  const EpochData split(MakePlantedWorld(), plan);
  EXPECT_THAT([&] { RunEpochs(plan, split, {}, stop); },
              ThrowsError(Code::kCancelled, HasSubstr("training of test was stopped")));
}

}  // namespace
}  // namespace marquee::epoch_loop_test
