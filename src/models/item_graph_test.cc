#include "models/item_graph.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"
#include "models/model_file.h"
#include "models/registry.h"

namespace marquee::item_graph_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Into 0: 1 (.5) and 2 (.25); into 1: 2 (-1); nothing into 2.
ItemGraph Small() { return ItemGraph::FromTargets({{{1, 0.5f}, {2, 0.25f}}, {{2, -1.0f}}, {}}); }

TEST(ItemGraph, WeightsGoFromTheHistoryToTheItemScored) {
  const ItemGraph graph = Small();
  EXPECT_EQ(graph.num_items(), 3);
  EXPECT_EQ(graph.num_weights(), 3);
  EXPECT_EQ(graph.Weight(1, 0), 0.5f);
  EXPECT_EQ(graph.Weight(0, 1), 0);
  EXPECT_EQ(graph.Weight(2, 1), -1.0f);
  std::vector<float> scores = {1, 1, 1};
  graph.AddTo(scores, 2, 2);
  EXPECT_THAT(scores, ElementsAre(1.5f, -1.0f, 1.0f));
}

TEST(ItemGraph, ListsOfSourcesMakeTheSameGraph) {
  const ItemGraph graph = ItemGraph::FromSources({{}, {{0, 0.5f}}, {{1, -1.0f}, {0, 0.25f}}});
  for (int32_t source = 0; source < 3; ++source) {
    for (int32_t target = 0; target < 3; ++target)
      EXPECT_EQ(graph.Weight(source, target), Small().Weight(source, target));
  }
}

TEST(ItemGraph, SourcesComeLargestFirst) {
  const std::vector<ScoredItem> sources = Small().SourcesOf(0, 5);
  ASSERT_EQ(sources.size(), 2u);
  EXPECT_EQ(sources[0].item, 1);
  EXPECT_EQ(sources[1].item, 2);
  EXPECT_EQ(Small().SourcesOf(0, 1).size(), 1u);
}

// Files with right checksums whose arrays make no graph of three items.
class BrokenGraphFile : public testing::Test {
 protected:
  void Write(const std::vector<int64_t>& offsets, const std::vector<int32_t>& neighbours) {
    ModelWriter writer(path_, "item-knn");
    writer.AddStrings("items", std::vector<std::string>{"a", "b", "c"});
    writer.Add("offsets", offsets, {static_cast<int64_t>(offsets.size())});
    const auto count = static_cast<int64_t>(neighbours.size());
    writer.Add("neighbours", neighbours, {count});
    writer.Add("weights", std::vector<float>(neighbours.size(), 1), {count});
    writer.Finish();
  }
  const TempDir dir_;
  const std::filesystem::path path_ = dir_.path() / "model";
};

TEST_F(BrokenGraphFile, IsReadWhenItIsNotBroken) {
  Write({0, 1, 2, 2}, {1, 0});
  EXPECT_EQ(LoadModel(path_)->SimilarItems(0, 9).size(), 1u);
}

TEST_F(BrokenGraphFile, IsRefusedForOffsetsThatDoNotFit) {
  for (const std::vector<int64_t>& offsets :
       {std::vector<int64_t>{0, 1, 2, 3}, {1, 1, 2, 2}, {0, 2, 1, 2}, {0, -1, 2, 2}}) {
    Write(offsets, {1, 0});
    EXPECT_THAT([&] { LoadModel(path_); },
                ThrowsError(Code::kDataLoss, HasSubstr("'offsets' does not divide")));
  }
}

TEST_F(BrokenGraphFile, IsRefusedForItemsThatAreNotThere) {
  for (const std::vector<int32_t>& neighbours :
       {std::vector<int32_t>{1, 3}, {-1, 0}, {1, 1}, {1, 0}}) {
    Write({0, 2, 2, 2}, neighbours);
    EXPECT_THAT([&] { LoadModel(path_); },
                ThrowsError(Code::kDataLoss, HasSubstr("'neighbours' has a wrong row")));
  }
}

}  // namespace
}  // namespace marquee::item_graph_test
