#include "pipelines/model_card.h"

#include <gmock/gmock.h>

namespace marquee {
namespace {

using testing::HasSubstr;
using testing::Not;

ModelManifest Manifest(int64_t version, double l2) {
  return {.id = {"ease", version},
          .settings = Json::MakeObject({{"l2", l2}, {"seed", 1}}),
          .threads = 2,
          .data = {{"gold.items", 3}, {"gold.users", 1}},
          .metrics = {},
          .created = "2024-01-05T10:00:00.000Z",
          .code_version = "1.0"};
}

Json Metric(double mean) {
  return Json::MakeObject({{"ndcg@100", Json::MakeObject({{"mean", mean}, {"stderr", 0.01}})}});
}

TEST(ModelCard, TellsDataSettingsAndQualityBySegment) {
  ModelManifest manifest = Manifest(2, 500);
  manifest.metrics = Metric(0.5);
  manifest.evaluation = Json::MakeObject(
      {{"protocol", "global-time-split"},
       {"segment", "test"},
       {"users", 1234},
       {"segments", Json::MakeObject({{"cold", Json::MakeObject({{"users", 34},
                                                                 {"metrics", Metric(0.25)}})}})}});
  const std::string card = ModelCard(manifest);
  EXPECT_THAT(card, HasSubstr("# ease v2\n"));
  EXPECT_THAT(card, HasSubstr("| gold.items | 3 |"));
  EXPECT_THAT(card, HasSubstr("| l2 | 500.0 |"));
  EXPECT_THAT(card, HasSubstr("Protocol `global-time-split`"));
  EXPECT_THAT(card, HasSubstr("| metric | all (1,234) | cold (34) |"));
  EXPECT_THAT(card, HasSubstr("| ndcg@100 | 0.5000 ± 0.0100 | 0.2500 ± 0.0100 |"));
  EXPECT_THAT(card, HasSubstr("## Limits"));
  EXPECT_EQ(card, ModelCard(manifest));
}

TEST(ModelCard, SaysWhatWasNotMeasured) {
  EXPECT_THAT(ModelCard(Manifest(1, 1)), HasSubstr("Not measured."));
  EXPECT_THAT(ModelCard(Manifest(1, 1)), Not(HasSubstr("Protocol")));
}

TEST(DifferenceOf, NamesWhatDiffersAndNothingElse) {
  ModelManifest other = Manifest(2, 500);
  other.data = {{"gold.items", 4}};
  other.metrics = Metric(0.5);
  EXPECT_EQ(DifferenceOf(Manifest(1, 20), other).Dump(),
            R"({"data.gold.items":[3,4],"data.gold.users":[1,null],)"
            R"("metrics.ndcg@100":[null,0.5],"settings.l2":[20.0,500.0]})");
  EXPECT_EQ(DifferenceOf(Manifest(1, 20), Manifest(2, 20)).size(), 0);
}

}  // namespace
}  // namespace marquee
