#include "models/trees.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/random.h"
#include "models/model_file.h"

namespace marquee::trees_test {
namespace {

using testing::HasSubstr;

constexpr auto kGoOn = [](int) {};

// The relevant row of a list of ten is the one where both features are above .5; a third is noise.
RankingExamples Lists(int count, uint64_t seed) {
  Rng rng(seed);
  RankingExamples examples;
  examples.columns = 3;
  for (int list = 0; list < count; ++list) {
    examples.list_lengths.push_back(10);
    for (int row = 0; row < 10; ++row) {
      const bool relevant = row == list % 10;
      const bool first = relevant || rng.Uniform() < 0.5;
      const bool second = relevant || !first;
      examples.features.push_back(static_cast<float>((rng.Uniform() + first) / 2));
      examples.features.push_back(static_cast<float>((rng.Uniform() + second) / 2));
      examples.features.push_back(static_cast<float>(rng.Uniform()));
      examples.labels.push_back(relevant ? 1 : 0);
    }
  }
  return examples;
}

std::span<const float> RowOf(const RankingExamples& examples, int64_t row) {
  return std::span(examples.features)
      .subspan(static_cast<size_t>(row * examples.columns), static_cast<size_t>(examples.columns));
}

// The share of lists whose relevant row has the highest score.
double Found(const TreeRanker& ranker, const RankingExamples& examples) {
  int found = 0;
  const auto lists = static_cast<int64_t>(examples.list_lengths.size());
  for (int64_t list = 0; list < lists; ++list) {
    int64_t best = list * 10;
    for (int64_t row = list * 10; row < list * 10 + 10; ++row) {
      if (ranker.Score(RowOf(examples, row)) > ranker.Score(RowOf(examples, best))) best = row;
    }
    found += examples.labels[static_cast<size_t>(best)] > 0;
  }
  return found / static_cast<double>(lists);
}

TEST(TrainTrees, LearnsAnInteractionThatNoSingleFeatureShows) {
  const TreeRanker ranker = TrainTrees(Lists(500, 1), {.rounds = 40, .min_weight = 1}, kGoOn);
  EXPECT_EQ(ranker.trees(), 40u);
  EXPECT_GT(Found(ranker, Lists(300, 2)), 0.95);
}

TEST(TrainTrees, IsTheSameForTheSameSeed) {
  const RankingExamples examples = Lists(100, 3);
  const TreeRanker first = TrainTrees(examples, {.rounds = 10, .seed = 4}, kGoOn);
  const TreeRanker again = TrainTrees(examples, {.rounds = 10, .seed = 4}, kGoOn);
  for (int64_t row = 0; row < examples.rows(); ++row)
    EXPECT_EQ(first.Score(RowOf(examples, row)), again.Score(RowOf(examples, row)));
}

TEST(TrainTrees, WithoutExamplesEveryScoreIsEqual) {
  int rounds = 0;
  const TreeRanker ranker =
      TrainTrees({.columns = 2}, {.rounds = 7}, [&](int round) { rounds = round; });
  EXPECT_EQ(rounds, 7);
  EXPECT_EQ(ranker.Score(std::vector<float>{1, 2}), ranker.Score(std::vector<float>{5, 6}));
}

TEST(TrainTrees, AnOptionOutOfRangeIsRefused) {
  EXPECT_THAT([] { TrainTrees(Lists(5, 1), {.depth = 0}, kGoOn); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("depth is 0: must be 1 to 12")));
}

TEST(TreeRanker, LoadsAsItWasSaved) {
  const TempDir dir;
  const RankingExamples examples = Lists(100, 3);
  const TreeRanker ranker = TrainTrees(examples, {.rounds = 10}, kGoOn);
  ModelWriter writer(dir.path() / "f", "ranker");
  ranker.Save(writer);
  writer.Finish();
  const TreeRanker loaded = TreeRanker::Load(ModelReader(dir.path() / "f"), 3);
  for (int64_t row = 0; row < examples.rows(); ++row)
    EXPECT_EQ(loaded.Score(RowOf(examples, row)), ranker.Score(RowOf(examples, row)));
}

TEST(TreeRanker, NodesThatLeadNowhereAreRefused) {
  const auto load = [](std::vector<int32_t> nodes, std::vector<int32_t> roots) {
    return [nodes, roots] {
      const TempDir dir;
      const auto n = static_cast<int64_t>(nodes.size() / 3);
      ModelWriter writer(dir.path() / "f", "ranker");
      writer.Add("tree_roots", roots, {static_cast<int64_t>(roots.size())});
      writer.Add("tree_nodes", nodes, {n, 3});
      writer.Add("tree_values", std::vector<float>(static_cast<size_t>(n)), {n});
      writer.Finish();
      TreeRanker::Load(ModelReader(dir.path() / "f"), 2);
    };
  };
  EXPECT_NO_THROW(load({0, 1, 2, -1, 0, 0, -1, 0, 0}, {0})());
  const auto refused = ThrowsError(Code::kDataLoss, HasSubstr("leads nowhere"));
  EXPECT_THAT(load({0, 0, 1, -1, 0, 0}, {0}), refused) << "a circle";
  EXPECT_THAT(load({0, 1, 5, -1, 0, 0}, {0}), refused) << "beyond the end";
  EXPECT_THAT(load({2, 1, 1, -1, 0, 0}, {0}), refused) << "no such feature";
  EXPECT_THAT(load({-1, 0, 0}, {3}), ThrowsError(Code::kDataLoss, HasSubstr("has no root")));
}

}  // namespace
}  // namespace marquee::trees_test
