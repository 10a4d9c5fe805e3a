#include "lake/sql_step.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/text.h"

namespace marquee::lake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kGood[] =
    "-- silver.ratings: one rating per user.\n"
    "-- The latest one.\n"
    "-- in   bronze.ratings\n"
    "--      bronze.loads\n"
    "-- out  user_id  varchar      who\n"
    "--      genres   varchar[]    what kinds\n"
    "-- reject  the line is malformed: <why> | rating is empty\n"
    "--         user_id is empty\n"
    "select user_id, genres -- of gold.nothing\n"
    "from bronze.ratings join bronze.loads using (load_id) where a <> 'gold.text'\n";

std::string With(std::string_view from, std::string_view to) { return ReplaceAll(kGood, from, to); }

auto Fails(std::string_view message) {
  return ThrowsError(Code::kInvalidArgument, HasSubstr(std::string(message)));
}

TEST(ParseSqlStep, ReadsTheHeaderAndTheSelect) {
  const SqlStep step = ParseSqlStep("silver/ratings.sql", kGood);
  EXPECT_EQ(step.name, "silver.ratings");
  EXPECT_EQ(step.layer(), "silver");
  EXPECT_FALSE(step.is_view);
  EXPECT_EQ(step.doc, "one rating per user.\nThe latest one.");
  EXPECT_THAT(step.inputs, ElementsAre("bronze.ratings", "bronze.loads"));
  ASSERT_EQ(step.columns.size(), 2u);
  EXPECT_EQ(step.columns[1].type, "varchar[]");
  EXPECT_EQ(step.columns[1].doc, "what kinds");
  EXPECT_THAT(step.rejects,
              ElementsAre("the line is malformed: <why>", "rating is empty", "user_id is empty"));
  EXPECT_TRUE(step.select.starts_with("select user_id"));
}

TEST(ParseSqlStep, KnowsViews) {
  EXPECT_TRUE(
      ParseSqlStep("silver/ratings.sql", With("ratings: one", "ratings (view): one")).is_view);
}

TEST(ParseSqlStep, NamesFileAndLineOfAnError) {
  const auto parse = [](const std::string& text) {
    return [text] { ParseSqlStep("silver/ratings.sql", text); };
  };
  EXPECT_THAT(parse("select 1"), Fails("silver/ratings.sql:1: no header"));
  EXPECT_THAT(
      parse(With("silver.ratings: ", "gold.ratings: ")),
      Fails("silver/ratings.sql:1: the step is named 'gold.ratings', its file says silver"));
  EXPECT_THAT(parse(With("varchar[] ", "text[] ")),
              Fails("silver/ratings.sql:6: column genres: unknown type 'text'"));
  EXPECT_THAT(parse(With("genres   varchar[]", "user_id   varchar[]")),
              Fails(":6: column user_id stands twice"));
  EXPECT_THAT(parse(With("who\n", "\n")), Fails(":5: column user_id lacks a type or its words"));
  EXPECT_THAT(parse(With("--      bronze.loads", "--      loads")),
              Fails(":4: input 'loads' is not <layer>.<name>"));
  EXPECT_THAT(parse(With("-- in ", "-- inn ")), Fails(":8: the header declares no input"));
  EXPECT_THAT(parse(With("join bronze.loads", "join gold.items")),
              Fails(":10: the SELECT reads gold.items, which the header does not declare"));
  EXPECT_THAT(parse(With("join bronze.loads using (load_id)", "")),
              Fails(":4: the SELECT does not read the input bronze.loads"));
  EXPECT_THAT(parse(With("where a", "; select a")), Fails(":9: more than one statement"));
}

SqlStep Step(const std::string& name, const std::vector<std::string>& inputs, bool view = false) {
  const std::string text =
      StrCat("-- ", name, view ? " (view)" : "", ": x\n-- in   ", Join(inputs, "\n--      "),
             "\n-- out  a  integer  x\nselect a from ", Join(inputs, ", "));
  return ParseSqlStep(StrCat(ReplaceAll(name, ".", "/"), ".sql"), text);
}

TEST(SqlSteps, PutsEachStepAfterItsInputs) {
  const SqlSteps steps({Step("gold.a", {"gold.b"}), Step("gold.b", {"silver.z"}),
                        Step("silver.z", {"raw.z"}), Step("gold.c", {"gold.a"})});
  std::vector<std::string> names;
  for (const SqlStep* step : steps.Layer("gold")) names.push_back(step->name);
  EXPECT_THAT(names, ElementsAre("gold.b", "gold.a", "gold.c"));
}

TEST(SqlSteps, NamesAllOfACycle) {
  EXPECT_THAT(
      [] {
        SqlSteps(
            {Step("gold.a", {"gold.b"}), Step("gold.b", {"gold.c"}), Step("gold.c", {"gold.b"})});
      },
      Fails("gold.b <- gold.c <- gold.b"));
}

TEST(SqlSteps, RefusesAnInputThatNoStepMakes) {
  EXPECT_THAT([] { SqlSteps({Step("gold.a", {"silver.b"})}); },
              Fails("no step makes the input silver.b of gold.a"));
}

TEST(SqlSteps, LooksThroughViews) {
  const SqlSteps steps({Step("gold.a", {"silver.v", "silver.t"}), Step("silver.t", {"raw.t"}),
                        Step("silver.v", {"bronze.x", "silver.t"}, true),
                        Step("bronze.x", {"raw.x"})});
  EXPECT_THAT(steps.StoredInputs("gold.a"), ElementsAre("bronze.x", "silver.t"));
}

TEST(SqlSteps, HashFollowsTheViewsBelow) {
  const auto hash = [](const std::string& view_input) {
    return SqlSteps({Step("gold.a", {"silver.v"}), Step("silver.v", {view_input}, true),
                     Step("bronze.x", {"raw.x"}), Step("bronze.y", {"raw.y"})})
        .Hash("gold.a");
  };
  EXPECT_EQ(hash("bronze.x"), hash("bronze.x"));
  EXPECT_NE(hash("bronze.x"), hash("bronze.y"));
}

TEST(SqlSteps, NamesTheNearestOfAnUnknownStep) {
  const SqlSteps steps({Step("silver.ratings", {"raw.ratings"})});
  EXPECT_THAT([&] { steps.At("silver.rating"); },
              ThrowsError(Code::kNotFound, HasSubstr("did you mean 'silver.ratings'")));
}

TEST(CreateEmptyView, HasTheColumnsOfTheStep) {
  Engine engine({});
  const auto session = engine.NewSession();
  CreateEmptyView(*session, ParseSqlStep("silver/ratings.sql", kGood));
  const auto result = session->Query("select * from silver.ratings");
  ASSERT_EQ(result->columns().size(), 2u);
  EXPECT_EQ(result->columns()[1].sql_type, "VARCHAR[]");
  EXPECT_EQ(result->Next(), nullptr);
}

}  // namespace
}  // namespace marquee::lake
