#include "experiments/experiment.h"

#include <gmock/gmock.h>

#include <map>

#include "base/error_matchers.h"
#include "base/text.h"

namespace marquee {
namespace {

using ::testing::HasSubstr;

Experiments Parse(const std::string& entries) {
  return Experiments::FromJson(Json::Parse(R"({"experiment": [)" + entries + "]}"));
}

constexpr const char* kTwoArms = R"("arms": [{"name": "a"}, {"name": "b", "weight": 3}])";

std::string Named(const std::string& name, const std::string& more = "") {
  return StrCat(R"({"name": ")", name, R"(", )", kTwoArms, more, "}");
}

TEST(Experiment, ReadsWhatTheFileSays) {
  const Experiments experiments = Parse(
      R"({"name": "e", "kind": "interleaving", "metric": "positives", "share": 0.5,
          "arms": [{"name": "a", "model": "ease v2", "diversity": 0.3}, {"name": "b"}],
          "start": "2024-01-31", "end": "2024-02-29T12:00:00Z", "window_hours": 2,
          "expected_effect": 0.01, "alpha": 0.01})");
  const Experiment& e = experiments.Named("e");
  EXPECT_EQ(e.kind, Experiment::Kind::kInterleaving);
  EXPECT_EQ(e.metric, Experiment::Metric::kPositives);
  EXPECT_EQ(e.arms[0].model, "ease v2");
  EXPECT_EQ(e.arms[0].diversity, 0.3);
  EXPECT_FALSE(e.arms[1].diversity);
  EXPECT_EQ(e.start_ms, 1'706'659'200'000);
  EXPECT_EQ(e.end_ms, 1'709'208'000'000);
  EXPECT_FALSE(e.running(e.start_ms - 1));
  EXPECT_TRUE(e.running(e.start_ms));
  EXPECT_FALSE(e.running(e.end_ms));
  EXPECT_TRUE(Experiments::FromJson(Json::MakeObject()).all().empty());
}

TEST(Experiment, RefusesWhatIsWrongByName) {
  const auto refuses = [](const std::string& entry, const std::string& message) {
    EXPECT_THAT([&] { Parse(entry); }, ThrowsError(Code::kInvalidArgument, HasSubstr(message)));
  };
  refuses(Named("e", R"(, "shar": 1)"),
          "experiment 'e': unknown field 'shar'; did you mean 'share'?");
  refuses(Named("e", R"(, "share": 1.5)"), "share is 1.5");
  refuses(Named("e", R"(, "share": "x")"), "share is \"x\"");
  refuses(Named("e", R"(, "kind": "ab")"), "kind is \"ab\": must be one of split, interleaving");
  refuses(Named("e", R"(, "start": "soon")"), "start is \"soon\"");
  refuses(Named("a:b"), "name is \"a:b\"");
  refuses(R"({"name": "e", "arms": [{"name": "a"}]})", "there are 1 arms");
  refuses(R"({"name": "e", "arms": [{"name": "a"}, {"name": "a"}]})", "two arms are named 'a'");
  refuses(R"({"name": "e", "arms": [{"name": "a", "weight": 0}, {"name": "b"}]})", "weight is 0");
  refuses(R"({"name": "e"})", "'arms' is missing");
  refuses(Named("e") + "," + Named("e"), "two experiments are named 'e'");
}

TEST(Experiment, UsersSpreadOverArmsByWeightAndStay) {
  const Experiments experiments = Parse(Named("e", R"(, "share": 0.5)"));
  const Experiments wider = Parse(Named("e", R"(, "share": 0.6)"));
  std::map<std::string, int> counts;
  for (int user = 0; user < 20'000; ++user) {
    const auto assignment = experiments.Assign(std::to_string(user), 0);
    ++counts[assignment ? assignment->arm->name : "none"];
    const auto again = wider.Assign(std::to_string(user), 99);
    EXPECT_TRUE(!assignment || again->arm->name == assignment->arm->name);
  }
  EXPECT_NEAR(counts["none"], 10'000, 300);
  EXPECT_NEAR(counts["a"], 2'500, 200);
  EXPECT_NEAR(counts["b"], 7'500, 300);
}

TEST(Experiment, ArmsOfTwoExperimentsAreIndependent) {
  const Experiments one = Parse(Named("one"));
  const Experiments two = Parse(Named("two"));
  std::map<std::string, int> counts;
  for (int user = 0; user < 16'000; ++user) {
    const std::string id = std::to_string(user);
    ++counts[one.Assign(id, 0)->arm->name + two.Assign(id, 0)->arm->name];
  }
  EXPECT_NEAR(counts["aa"], 1'000, 130);
  EXPECT_NEAR(counts["ab"], 3'000, 220);
  EXPECT_NEAR(counts["ba"], 3'000, 220);
  EXPECT_NEAR(counts["bb"], 9'000, 260);
}

TEST(Experiment, TheFirstThatRunsAndTakesTheUserCounts) {
  const Experiments experiments =
      Parse(Named("old", R"(, "end": "2020-01-01")") + "," + Named("first", R"(, "share": 0.5)") +
            "," + Named("second"));
  std::map<std::string, int> counts;
  for (int user = 0; user < 4'000; ++user)
    ++counts[experiments.Assign(std::to_string(user), 1'700'000'000'000)->experiment->name];
  EXPECT_EQ(counts["old"], 0);
  EXPECT_NEAR(counts["first"], 2'000, 130);
  EXPECT_NEAR(counts["second"], 2'000, 130);
}

TEST(Experiment, AnOverrideNamesExperimentAndArm) {
  const Experiments experiments =
      Parse(Named("e") + "," + Named("i", R"(, "kind": "interleaving")"));
  EXPECT_EQ(experiments.Override("e:b").arm->name, "b");
  EXPECT_EQ(experiments.Override("i").arm, nullptr);
  const auto refuses = [&](const std::string& text, Code code, const std::string& message) {
    EXPECT_THAT([&] { experiments.Override(text); }, ThrowsError(code, HasSubstr(message)));
  };
  refuses("x:b", Code::kNotFound, "no experiment 'x'");
  refuses("e:x", Code::kNotFound, "experiment 'e' has no arm 'x'");
  refuses("e", Code::kInvalidArgument, "experiment is 'e'");
  refuses("i:a", Code::kInvalidArgument, "experiment is 'i:a'");
}

}  // namespace
}  // namespace marquee
