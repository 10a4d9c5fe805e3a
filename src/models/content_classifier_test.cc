#include "models/content_classifier.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/random.h"
#include "base/text.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using Marks = std::vector<std::string>;

// Two kinds that a mark tells apart nine times in ten, among marks that say nothing.
std::vector<LabelledContent> PlantedThings(int count, uint64_t seed) {
  Rng random(seed);
  std::vector<LabelledContent> things;
  for (int i = 0; i < count; ++i) {
    const bool is_kids = random.Uniform() < 0.4;
    const bool is_told = random.Uniform() < 0.9;
    things.push_back({{is_kids == is_told ? "genre:cartoon" : "genre:crime",
                       StrCat("word:", random.Below(50)), StrCat("word:", random.Below(50))},
                      is_kids ? "Kids" : "Adults"});
  }
  return things;
}

double AccuracyOn(const ContentClassifier& model, const std::vector<LabelledContent>& things) {
  double right = 0;
  for (const LabelledContent& thing : things) right += model.Predict(thing.marks) == thing.label;
  return right / static_cast<double>(things.size());
}

ContentClassifier TrainedOn(const std::vector<LabelledContent>& things) {
  NoTrainObserver observer;
  return ContentClassifier::Train(things, {}, observer);
}

TEST(ContentClassifier, FindsWhatWasPlantedInThingsItHasNotSeen) {
  const ContentClassifier model = TrainedOn(PlantedThings(2000, 1));
  // 0.9 can be reached, 0.6 without looking; 0.03 is three standard errors of 1,000 things.
  EXPECT_NEAR(AccuracyOn(model, PlantedThings(1000, 2)), 0.9, 0.03);
  const std::vector<double> sure = model.Probabilities(Marks{"genre:cartoon"});
  EXPECT_NEAR(sure[0] + sure[1], 1, 1e-12);
  EXPECT_GT(sure[1], 0.7);
}

TEST(ContentClassifier, SavedAndLoadedSaysTheSame) {
  const ContentClassifier model = TrainedOn(PlantedThings(300, 1));
  const ContentClassifier loaded = ContentClassifier::FromJson(Json::Parse(model.ToJson().Dump()));
  for (const LabelledContent& thing : PlantedThings(50, 3))
    EXPECT_EQ(loaded.Probabilities(thing.marks), model.Probabilities(thing.marks));
}

TEST(ContentClassifier, TheSameSeedGivesTheSameModel) {
  EXPECT_EQ(TrainedOn(PlantedThings(300, 1)).ToJson().Dump(),
            TrainedOn(PlantedThings(300, 1)).ToJson().Dump());
}

TEST(ContentClassifier, RefusesOneLabelAloneAndBadOptions) {
  EXPECT_THAT(
      [] {
        TrainedOn({{{"a"}, "Kids"}});
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("1 things have 1 labels")));
  NoTrainObserver observer;
  EXPECT_THAT([&] { ContentClassifier::Train(PlantedThings(9, 1), {.epochs = 0}, observer); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("epochs is 0: must be 1 to 1000")));
}

TEST(ContentClassifier, RefusesAModelThatIsCutOff) {
  Json json = TrainedOn(PlantedThings(300, 1)).ToJson();
  json["weights"].AsArray().pop_back();
  EXPECT_THAT([&] { ContentClassifier::FromJson(json); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("weights for")));
}

TEST(NearestByContent, TheMostAlikeComeFirstAndItselfNever) {
  const std::vector<Marks> things = {
      {"a", "b", "c"}, {"a", "b", "d"}, {"a", "e"}, {"f"}, {"f", "e"},
      {"g"},           {"h"},           {"i"},      {"j"}, {"k"}};
  const ContentVocabulary vocabulary(things, 1);
  std::vector<ContentVector> vectors;
  for (const Marks& marks : things) vectors.push_back(vocabulary.VectorOf(marks));
  const auto nearest = NearestByContent(vectors, 2);
  ASSERT_EQ(nearest[0].size(), 2u);
  EXPECT_EQ(nearest[0][0].thing, 1);
  EXPECT_EQ(nearest[0][1].thing, 2);
  EXPECT_GT(nearest[0][0].cosine, nearest[0][1].cosine);
  EXPECT_EQ(nearest[3][0].thing, 4);
  EXPECT_TRUE(nearest[5].empty());
}

}  // namespace
}  // namespace marquee
