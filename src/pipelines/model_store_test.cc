#include "pipelines/model_store.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"
#include "models/registry.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ModelStoreTest : public testing::Test {
 protected:
  ModelManifest AddPopular() {
    InteractionsBuilder builder;
    builder.AddUser("ann");
    builder.AddItem("alien");
    builder.Add(0, 0, 5, 100);
    NoTrainObserver observer;
    const TrainRequest request{.type = "most-popular", .settings = {}, .seed = 1, .threads = 1};
    const auto model = TrainModel(request, builder.Build(), observer);
    ModelManifest draft;
    draft.settings = ResolveSettings(request);
    draft.data = {{"gold.interactions", 3}};
    return store_.Add(*model, draft);
  }

  TempDir dir_;
  ManualClock clock_{978300760000};
  ModelStore store_{dir_.path() / "models", clock_};
};

TEST_F(ModelStoreTest, VersionsCountUpAndAreListedNewestFirst) {
  EXPECT_EQ(AddPopular().id.name(), "most-popular v1");
  EXPECT_EQ(AddPopular().id.version, 2);
  std::vector<std::string> names;
  for (const ModelManifest& manifest : store_.List()) names.push_back(manifest.id.name());
  EXPECT_THAT(names, ElementsAre("most-popular v2", "most-popular v1"));
}

TEST_F(ModelStoreTest, AManifestIsReadBackWhole) {
  const ModelManifest added = AddPopular();
  const ModelManifest found = store_.Find("most-popular", -1);
  EXPECT_EQ(found.settings, added.settings);
  EXPECT_EQ(found.created, "2000-12-31T22:12:40.000Z");
  ASSERT_EQ(found.data.size(), 1u);
  EXPECT_EQ(found.data[0].version, 3);
  EXPECT_EQ(store_.Load(found.id)->type(), "most-popular");
}

TEST_F(ModelStoreTest, AMissingVersionNamesWhatThereIs) {
  EXPECT_THAT([&] { store_.Find("ials", -1); },
              ThrowsError(Code::kNotFound, HasSubstr("no trained model ials")));
  AddPopular();
  EXPECT_THAT([&] { store_.Find("most-popular", 7); },
              ThrowsError(Code::kNotFound, HasSubstr("no model most-popular v7")));
}

TEST_F(ModelStoreTest, PublishingRemembersTheChampionBefore) {
  EXPECT_FALSE(store_.ReadPublished());
  const ModelVersion first = AddPopular().id, second = AddPopular().id;
  store_.Publish(first, first);
  EXPECT_EQ(store_.ReadPublished()->champion, first);
  EXPECT_FALSE(store_.ReadPublished()->previous);
  store_.Publish(second, first);
  store_.Publish(second, second);
  EXPECT_EQ(store_.ReadPublished()->previous, first);
}

TEST_F(ModelStoreTest, AnUnfinishedVersionIsPassedOver) {
  AddPopular();
  std::filesystem::create_directories(dir_.path() / "models/most-popular/.tmp-killed");
  EXPECT_EQ(store_.List().size(), 1u);
  EXPECT_EQ(AddPopular().id.version, 2);
}

TEST_F(ModelStoreTest, ABrokenManifestIsNamed) {
  AddPopular();
  WriteFileAtomic(dir_.path() / "models/most-popular/v1/manifest.json", "{");
  EXPECT_THAT([&] { store_.List(); },
              ThrowsError(Code::kDataLoss, HasSubstr("most-popular/v1/manifest.json")));
}

}  // namespace
}  // namespace marquee
