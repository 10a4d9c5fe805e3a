#include "tracking/filter.h"

#include <functional>

#include "base/error_matchers.h"
#include "base/text.h"

namespace marquee::tracking {
namespace {

using enum Comparator;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<Comparison> Runs(std::string_view filter) { return ParseFilter(filter, RunScope()); }

// Parses it when called.
std::function<void()> Parsing(std::string_view filter, const SearchScope& scope = RunScope()) {
  return [filter, &scope] { ParseFilter(filter, scope); };
}

std::vector<Order> OrderRuns(const std::vector<std::string>& order_by) {
  return ParseOrderBy(order_by, RunScope());
}

TEST(ParseFilter, ReadsEachFormOfAComparison) {
  const struct {
    std::string_view text;
    Comparison comparison;
  } kCases[] = {
      {"metrics.rmse < 1", {Entity::kMetric, "rmse", kLess, 1.0}},
      {"metric.rmse<=-1e3", {Entity::kMetric, "rmse", kLessEqual, -1000.0}},
      {"metrics.m > .5", {Entity::kMetric, "m", kGreater, 0.5}},
      {"metrics.m >= +2", {Entity::kMetric, "m", kGreaterEqual, 2.0}},
      {"metrics.`rmse/test` = 0", {Entity::kMetric, "rmse/test", kEqual, 0.0}},
      {"metrics.\"with space\" != 0", {Entity::kMetric, "with space", kNotEqual, 0.0}},
      {"metrics.1st > 2", {Entity::kMetric, "1st", kGreater, 2.0}},
      {"params.p = '2'", {Entity::kParam, "p", kEqual, "2"}},
      {"parameters.p != \"it's\"", {Entity::kParam, "p", kNotEqual, "it's"}},
      {"param.gr\xC3\xB6\xC3\x9F"
       "e LIKE '%'",
       {Entity::kParam,
        "gr\xC3\xB6\xC3\x9F"
        "e",
        kLike, "%"}},
      {"tags.mlflow.runName = 'b'", {Entity::kTag, "mlflow.runName", kEqual, "b"}},
      {"tag.Genre iLike 'noir'", {Entity::kTag, "Genre", kIlike, "noir"}},
      {"tags.x is null", {Entity::kTag, "x", kIsNull, {}}},
      {"params.x IS NOT NULL", {Entity::kParam, "x", kIsNotNull, {}}},
      {"status = 'FINISHED'", {Entity::kAttribute, "status", kEqual, "FINISHED"}},
      {"attr.start_time > 5", {Entity::kAttribute, "start_time", kGreater, 5.0}},
      {"run.Created > 5", {Entity::kAttribute, "start_time", kGreater, 5.0}},
      {"`run name` = 'c'", {Entity::kAttribute, "run_name", kEqual, "c"}},
      {"datasets.context = 'training'", {Entity::kDataset, "context", kEqual, "training"}},
      {"run_id IN ('a','b')",
       {Entity::kAttribute, "run_id", kIn, std::vector<std::string>{"a", "b"}}},
      {"attributes.run_id not in ( 'a' )",
       {Entity::kAttribute, "run_id", kNotIn, std::vector<std::string>{"a"}}},
  };
  for (const auto& [text, comparison] : kCases) {
    EXPECT_THAT(Runs(text), ElementsAre(comparison)) << text;
  }
}

TEST(ParseFilter, JoinsByAndInAnyCase) {
  EXPECT_THAT(Runs(" metrics.m > 1 AND params.p='a and b'\nand\ttags.t != 'x' aNd end_time<2 "),
              ElementsAre(Comparison{Entity::kMetric, "m", kGreater, 1.0},
                          Comparison{Entity::kParam, "p", kEqual, "a and b"},
                          Comparison{Entity::kTag, "t", kNotEqual, "x"},
                          Comparison{Entity::kAttribute, "end_time", kLess, 2.0}));
}

TEST(ParseFilter, NoTextIsNoFilterButBlanksAreARefusal) {
  EXPECT_THAT(Runs(""), IsEmpty());
  EXPECT_THAT([] { Runs("  "); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("it ends instead of the name")));
}

TEST(ParseFilter, SaysWhatIsWrongAndWhere) {
  const struct {
    std::string_view text;
    std::string_view message;
  } kCases[] = {
      {"metrics.m >", "at byte 11 it ends instead of a number for m"},
      {"metrics.m > 'x'", "at byte 12 there is 'x' instead of a number for m"},
      {"params.p = 2", "there is 2 instead of a quoted text for p"},
      {"colour.x = 'y'", "runs have no 'colour'"},
      {"colour = 'y'", "runs have no attribute 'colour'"},
      {"attributes.nothing = 'x'", "runs have no attribute 'nothing'"},
      {"metrics.m = 1 OR metrics.m = 2", "there is OR instead of AND or the end"},
      {"m > 1 AND", "runs have no attribute 'm'"},
      {"metrics.m > 1 AND", "it ends instead of the name"},
      {"tags.x > 'y'", "x is text"},
      {"metrics.m LIKE '1'", "m is a number"},
      {"status IN ('FINISHED')", "instead of an operator that status takes"},
      {"status IN 'FINISHED'", "instead of an operator that status takes"},
      {"run_id IN 'a'", "instead of a list in brackets"},
      {"run_id IN ()", "there is ) instead of a quoted text"},
      {"run_id IN ('a' 'b')", "instead of a comma or the end of the list"},
      {"params.p IN ('a')", "instead of an operator that p takes"},
      {"metrics.m IS NULL", "only params and tags take IS NULL"},
      {"params.p IS 5", "instead of NULL"},
      {"NOT params.p = 'x'", "runs have no attribute 'NOT'"},
      {"(metrics.m > 1)", "there is ( instead of the name"},
      {"metrics.m", "it ends instead of a comparison"},
      {"metrics.m == 1", "'==' means nothing"},
      {"metrics.m <> 1", "'<>' means nothing"},
      {"metrics.m > 1x", "is no number"},
      {"metrics.m > 1e999", "1e999 is too large a number"},
      {"metrics. m > 1", "instead of the name"},
      {"tags.a.'b' = 'c'", "'b' stands inside a name"},
      {"datasets.size = 'c'", "datasets have no 'size'"},
      {"params.p = 'x", "byte 11: the ' has no end"},
      {"'; DROP TABLE runs; --", "the ' has no end"},
      {"params.a-b = 'x'", "byte 8: '-' means nothing"},
  };
  for (const auto& [text, message] : kCases) {
    EXPECT_THAT(Parsing(text), ThrowsError(Code::kInvalidArgument, HasSubstr(std::string(message))))
        << text;
  }
}

TEST(ParseFilter, BoundsTheNumberOfComparisons) {
  std::string text = "end_time > 0";
  for (int i = 1; i < 64; ++i) text += " and end_time > 0";
  EXPECT_EQ(Runs(text).size(), 64u);
  EXPECT_THAT([&] { Runs(text + " and end_time > 0"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("more than 64 comparisons")));
}

TEST(ParseFilter, BoundsTheValuesOfLists) {
  std::string text = "run_id IN ('r'";
  for (int i = 1; i < 10'000; ++i) text += ",'r'";
  EXPECT_EQ(std::get<std::vector<std::string>>(Runs(text + ")").at(0).value).size(), 10'000u);
  EXPECT_THAT([&] { Runs(text + ",'r')"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("lists more than 10000 values")));
}

TEST(ParseFilter, EachKindOfThingHasItsAttributes) {
  const struct {
    const SearchScope& scope;
    std::string_view taken;
    std::string_view refused;
  } kCases[] = {
      {ExperimentScope(), "experiment_id IN ('1') and last_update_time > 2", "metrics.m > 1"},
      {LoggedModelScope(), "source_run_id = 'r' and metrics.m > 1", "datasets.name = 'x'"},
      {RegisteredModelScope(), "name ilike 'x%' and tags.t = 'y'", "last_updated_timestamp > 1"},
      {ModelVersionScope(), "version_number >= 2 and run_id in ('r')", "current_stage = 'None'"},
  };
  for (const auto& [scope, taken, refused] : kCases) {
    EXPECT_EQ(ParseFilter(taken, scope).size(), 2u) << taken;
    EXPECT_THAT(Parsing(refused, scope),
                ThrowsError(Code::kInvalidArgument, HasSubstr(StrCat(scope.things, " have no"))));
  }
}

TEST(ParseOrderBy, ReadsKeysAndDirections) {
  EXPECT_THAT(
      OrderRuns({"metrics.m", "metrics.`rmse/test` DESC", "params.p asc", "tags.a.b Desc",
                 "attributes.start_time ASC", "end_time"}),
      ElementsAre(Order{Entity::kMetric, "m", true}, Order{Entity::kMetric, "rmse/test", false},
                  Order{Entity::kParam, "p", true}, Order{Entity::kTag, "a.b", false},
                  Order{Entity::kAttribute, "start_time", true},
                  Order{Entity::kAttribute, "end_time", true}));
}

TEST(ParseOrderBy, RefusesWhatIsNoOrder) {
  for (const char* text : {"metrics.m UP", "nothing", "metrics.m, params.p", "", "datasets.name",
                           "metrics.m ASC DESC", "1"}) {
    EXPECT_THAT([&] { OrderRuns({text}); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("order_by")))
        << text;
  }
}

TEST(ParseOrderBy, BoundsItsKeys) {
  std::vector<std::string> keys;
  for (int i = 0; i < 16; ++i) keys.push_back(StrCat("metrics.m", i));
  EXPECT_EQ(OrderRuns(keys).size(), 16u);
  keys.push_back("end_time");
  EXPECT_THAT([&] { OrderRuns(keys); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("17 keys, and may have 16")));
}

TEST(ParseOrderBy, RefusesTheSameTwice) {
  EXPECT_THAT(
      [] {
        OrderRuns({"created", "metrics.m", "start_time DESC"});
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("order_by has start_time twice")));
}

TEST(ParseOrderBy, OrdersByWhatFiltersMayNotName) {
  EXPECT_THAT(ParseOrderBy(std::vector<std::string>{"timestamp DESC"}, RegisteredModelScope()),
              ElementsAre(Order{Entity::kAttribute, "last_updated_timestamp", false}));
  EXPECT_THAT(
      [] { ParseOrderBy(std::vector<std::string>{"creation_timestamp"}, RegisteredModelScope()); },
      ThrowsError(Code::kInvalidArgument, HasSubstr("no attribute 'creation_timestamp'")));
}

}  // namespace
}  // namespace marquee::tracking
