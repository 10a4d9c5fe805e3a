#include "analysis/report.h"

#include <gmock/gmock.h>

#include "analysis/chart_set.h"
#include "analysis/test_schema.h"
#include "analysis/test_titles.h"
#include "base/error_matchers.h"
#include "base/files.h"

namespace marquee::analysis {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

size_t Occurrences(const std::string& text, std::string_view what) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) ++count;
  return count;
}

std::vector<std::string> Sentences(const Json& findings) {
  std::vector<std::string> sentences;
  for (const Json& finding : findings.AsArray()) sentences.push_back(finding.GetString("finding"));
  return sentences;
}

TEST(Report, FindingsSayWhatTheFiguresSay) {
  FewTitles titles;
  titles.AddFour();
  EXPECT_THAT(
      Sentences(FindingsOf(titles.Input())),
      testing::ElementsAre(
          "4 titles: 2 movies (50.0 %) and 2 TV shows.",
          "The most titles were added in 2020: 2, of which 0.0 % were TV shows.",
          HasSubstr("came to the catalogue within"),
          "The largest audience is Adults with 25.0 % of the titles.",
          "The most frequent rating is PG-13: 1 titles.",
          "France takes part in 2 titles, more than any other of 3 countries.",
          "France and Spain made the most titles together: 1.",
          "The largest genre is Dramas with 2 titles; the most frequent pair is Dramas with Music.",
          "Half of the movies last up to 101 minutes, a tenth more than 110; the longest 112.",
          "50.0 % of the TV shows (1) have a single season."));
}

TEST(Report, OfNoTitlesIsAReport) {
  FewTitles titles;
  const ReportInput input = titles.Input();
  EXPECT_THAT(Sentences(FindingsOf(input)), IsEmpty());
  EXPECT_THAT(ReportHtml(input), HasSubstr("</html>"));
}

TEST(Report, ThePageHoldsEveryChartAndNamesNoHost) {
  FewTitles titles;
  titles.AddFour();
  const ReportInput input = titles.Input();
  const std::string page = ReportHtml(input);
  size_t charts = 0;
  for (const Json& document : input.documents) charts += ChartsOf(document).size();
  EXPECT_EQ(Occurrences(page, "<svg "), charts);
  EXPECT_GE(charts, 16u);
  EXPECT_EQ(Occurrences(page, "://"), Occurrences(page, "http://www.w3.org/2000/svg"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("run manual__&lt;1&gt;"));
}

TEST(Report, ChartsAreTheSameForTheSameDocument) {
  FewTitles titles;
  titles.AddFour();
  const ReportInput input = titles.Input();
  for (const Json& document : input.documents) {
    const auto once = ChartsOf(document);
    const auto twice = ChartsOf(document);
    for (size_t i = 0; i < once.size(); ++i) EXPECT_EQ(once[i].svg, twice[i].svg);
  }
}

TEST(Report, TheComprehensiveReportIsWhatItsSchemaSays) {
  FewTitles titles;
  titles.AddFour();
  const Json schema = Json::Parse(ReadFile("docs/formats/titles/comprehensive_report.schema.json"));
  EXPECT_THAT(Breaches(ComprehensiveReport(titles.Input()), schema), IsEmpty());
}

TEST(Report, AChartOfADocumentThatLacksASectionNamesIt) {
  EXPECT_THAT(
      [] {
        ChartsOf(Json::MakeObject({{"document", "content_trends"}}));
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("additions_by_year")));
}

}  // namespace
}  // namespace marquee::analysis
