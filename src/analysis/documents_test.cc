#include "analysis/documents.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <set>

#include "analysis/test_schema.h"
#include "analysis/test_titles.h"
#include "base/error_matchers.h"
#include "base/files.h"

namespace marquee::analysis {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(Documents, HoldTheRowsOfTheirSteps) {
  FewTitles titles;
  titles.AddFour();
  const Json document = titles.Make("content_trends");
  EXPECT_EQ(document.At("totals").GetInt("movies"), 2);
  EXPECT_EQ(document.At("totals").GetString("first_added"), "2020-01-05");
  EXPECT_EQ(
      document.At("additions_by_year").AsArray().at(1).Dump(),
      R"({"year_added":2021,"titles":2,"movies":0,"tv_shows":2,"tv_show_share":1.0,"growth":0.0})");
}

TEST(Documents, AreWhatTheirSchemasSay) {
  FewTitles titles;
  titles.AddFour();
  for (const Document& document : Documents())
    EXPECT_THAT(Breaches(titles.Make(document.name), SchemaOf(document, titles.steps())),
                IsEmpty());
}

TEST(Documents, AreWhatTheirSchemasSayOfNoTitles) {
  FewTitles titles;
  for (const Document& document : Documents())
    EXPECT_THAT(Breaches(titles.Make(document.name), SchemaOf(document, titles.steps())),
                IsEmpty());
}

TEST(Documents, SchemasTellBreachesApart) {
  FewTitles titles;
  titles.AddFour();
  const Document& trends = DocumentNamed("content_trends");
  const Json schema = SchemaOf(trends, titles.steps());
  Json document = titles.Make(trends.name);
  document["totals"]["titles"] = -1;
  document["totals"]["colour"] = "red";
  document["additions_by_year"] = "many";
  EXPECT_THAT(
      Breaches(document, schema),
      testing::UnorderedElementsAre(HasSubstr("document.totals.titles is less than 0"),
                                    HasSubstr("document.totals has colour"),
                                    HasSubstr("document.additions_by_year is no \"array\"")));
}

// docs/formats/titles holds the schemas; MARQUEE_WRITE_SCHEMAS=1 writes them anew.
TEST(Documents, SchemasStandInTheDocs) {
  FewTitles titles;
  for (const Document& document : Documents()) {
    const std::filesystem::path file = "docs/formats/titles/" + document.name + ".schema.json";
    const std::string wanted = SchemaOf(document, titles.steps()).Pretty();
    if (std::getenv("MARQUEE_WRITE_SCHEMAS") != nullptr) WriteFileAtomic(file, wanted);
    EXPECT_EQ(ReadFile(file), wanted) << file;
  }
}

TEST(Documents, EveryStepOfTheLayerIsInOneOfThemOrRead) {
  FewTitles titles;
  std::set<std::string> used = {"analysis.completeness"};
  for (const Document& document : Documents()) {
    for (const Section& section : document.sections) used.insert("analysis." + section.step);
  }
  for (const lake::SqlStep* step : titles.steps().Layer("analysis")) {
    EXPECT_TRUE(step->is_view || used.contains(step->name)) << step->name;
  }
}

TEST(Documents, ReadNoOtherColumns) {
  FewTitles titles;
  for (const std::string& column : ColumnsRead()) {
    const auto& columns = titles.steps().At("titles.features").columns;
    EXPECT_TRUE(std::any_of(columns.begin(), columns.end(), [&](const lake::StepColumn& known) {
      return known.name == column;
    })) << column;
  }
}

TEST(Documents, NameTheNearestOfWhatIsUnknown) {
  EXPECT_THAT([] { DocumentNamed("content_trend"); },
              ThrowsError(Code::kNotFound, HasSubstr("did you mean 'content_trends'?")));
}

}  // namespace
}  // namespace marquee::analysis
