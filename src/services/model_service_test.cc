#include <gmock/gmock.h>

#include "services/test_world.h"

namespace marquee {
namespace {

using testing::HasSubstr;

void Declare(TestWorld& world) {
  world.recommender.SetExperiments(
      std::make_shared<const Experiments>(Experiments::FromJson(Json::Parse(
          R"({"experiment": [{"name": "e", "arms": [{"name": "a"}, {"name": "b", "diversity": 1}],
              "end": "2030-01-01"}]})"))),
      {});
}

TEST(ModelService, AnAnswerSaysItsExperimentAndArm) {
  TestWorld world;
  Json json = world.GetJson("/recommend/u1");
  EXPECT_EQ(json.Find("experiment"), nullptr);
  Declare(world);
  json = world.GetJson("/recommend/u1?experiment=e:b");
  EXPECT_EQ(json.GetString("experiment"), "e");
  EXPECT_EQ(json.GetString("arm"), "b");
  const http::Response refused = world.Get("/recommend/u1?experiment=e:x");
  EXPECT_EQ(refused.status, 404);
  EXPECT_THAT(refused.body, HasSubstr("experiment 'e' has no arm 'x'"));
}

TEST(ModelService, ExperimentsAndTheirResults) {
  TestWorld world(true);
  Declare(world);
  const Json list = world.GetJson("/experiments").At("experiments");
  ASSERT_EQ(list.size(), 1);
  EXPECT_EQ(list.AsArray()[0].GetString("end"), "2030-01-01T00:00:00.000Z");
  EXPECT_TRUE(list.AsArray()[0].At("running").AsBool());
  const Json shown = world.GetJson("/recommend/u1?k=1");
  world.shown.Flush();
  world.Post("/log_interaction",
             StrCat(R"({"user_id": "u1", "event": "like", "item_id": ")",
                    shown.At("items").AsArray()[0].GetString("item_id"), R"("})"));
  const Json results = world.GetJson("/experiments/e");
  for (const Json& arm : results.At("arms").AsArray()) {
    const bool own = arm.GetString("arm") == shown.GetString("arm");
    EXPECT_EQ(arm.GetInt("users"), own ? 1 : 0);
    EXPECT_EQ(arm.At("conversion").GetDouble("mean"), own ? 1 : 0);
  }
  EXPECT_EQ(world.Get("/experiments/x").status, 404);
}

TEST(ModelService, WrongBodiesAreRefusedByName) {
  TestWorld world;
  const auto refuses = [&](const http::Response& answer, int status, const std::string& message) {
    EXPECT_EQ(answer.status, status);
    EXPECT_THAT(answer.body, HasSubstr(message));
  };
  refuses(world.Post("/models/publish", "{}"), 400, "field 'model' is missing");
  refuses(world.Post("/models/publish", R"({"model": 3})"), 400, "model is 3");
  refuses(world.Post("/models/publish", R"({"model": "ease vx"})"), 400, "must be NAME or NAME vN");
  refuses(world.Post("/models/publish", R"({"model": "ease"})"), 404, "no trained model ease");
  refuses(world.Post("/models/publish", R"({"model": "ease", "force": 1})"), 400, "force is 1");
  refuses(world.Send("PUT", "/models/shadow", {}, R"({"model": "ease", "share": 2})"), 400,
          "share is 2");
  refuses(world.Post("/models/rollback", ""), 409, "no champion before this one");
}

TEST(ModelService, ModelsSayWhatServes) {
  TestWorld world;
  const Json json = world.GetJson("/models");
  EXPECT_EQ(json.At("models").size(), 0);
  EXPECT_TRUE(json.At("serving").At("shadow").is_null());
  EXPECT_EQ(world.Send("DELETE", "/models/shadow", {}, "").status, 200);
}

}  // namespace
}  // namespace marquee
