// The tasks of the titles DAGs on small files, good and hostile.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "analysis/test_schema.h"
#include "base/error_matchers.h"
#include "base/text.h"
#include "titles/folders.h"
#include "titles/test_chain.h"

namespace marquee::titles {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr char kIngestion[] = "netflix_data_ingestion";
constexpr char kProcessing[] = "netflix_data_processing";

std::vector<std::string> NamesIn(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> TaskIds(const std::string& dag) {
  std::vector<std::string> ids;
  for (const TaskDefinition& task : DagNamed(dag).tasks) ids.push_back(task.id);
  return ids;
}

class TitlesPipelineTest : public testing::Test {
 protected:
  void UseTitles(const std::string& text) {
    home_.settings().source = home_.Write("source.csv", text).string();
  }
  TitlesHome home_;
};

TEST(TitlesDags, HaveTheirTasksInOrder) {
  EXPECT_THAT(TaskIds(kIngestion),
              ElementsAre("start_ingestion", "install_dependencies", "download_netflix_dataset",
                          "validate_dataset", "backup_dataset", "generate_quality_report",
                          "end_ingestion"));
  EXPECT_THAT(TaskIds(kProcessing),
              ElementsAre("start_processing", "check_input_file", "clean_netflix_data",
                          "create_derived_features", "split_data_by_type", "data_quality_check",
                          "end_processing"));
  EXPECT_THAT(TaskIds("netflix_data_analysis"),
              ElementsAre("start_analysis", "check_processed_data", "analyze_content_trends",
                          "analyze_ratings_distribution", "analyze_countries_and_genres",
                          "analyze_duration_patterns", "generate_summary_report",
                          "archive_analysis_results", "end_analysis"));
  EXPECT_THAT(
      TaskIds("netflix_master_pipeline"),
      ElementsAre("start_pipeline", "setup_environment", "validate_prerequisites",
                  "trigger_data_ingestion", "trigger_data_processing", "trigger_data_analysis",
                  "generate_pipeline_summary", "cleanup_temp_files",
                  "pipeline_completion_notification", "end_pipeline"));
}

TEST(TitlesDags, TheFourAnalysesWaitForTheCheckAloneAndTheSummaryForAllFour) {
  EXPECT_THAT(TaskNamed("netflix_data_analysis", "analyze_duration_patterns").upstream,
              ElementsAre("check_processed_data"));
  EXPECT_THAT(TaskNamed("netflix_data_analysis", "generate_summary_report").upstream, SizeIs(4));
}

TEST(TitlesDags, EveryTaskRunsOrTriggersADagThatIs) {
  for (const DagDefinition& dag : BuiltInDags()) {
    std::vector<std::string> before;
    for (const TaskDefinition& task : dag.tasks) {
      if (task.run == nullptr) {
        EXPECT_EQ(DagNamed(task.triggers).id, task.triggers);
      }
      for (const std::string& id : task.upstream) EXPECT_THAT(before, testing::Contains(id));
      before.push_back(task.id);
    }
  }
}

TEST(TitlesDags, NamesTheNearestOfWhatIsUnknown) {
  EXPECT_THAT([] { TaskNamed(kProcessing, "clean_netflix"); },
              ThrowsError(Code::kNotFound, HasSubstr("did you mean 'clean_netflix_data'?")));
}

TEST_F(TitlesPipelineTest, CleansAndDerives) {
  UseTitles(FewTitles());
  home_.RunDag(kIngestion);
  home_.RunDag(kProcessing);
  EXPECT_EQ(home_.Data("netflix_titles.csv"), FewTitles());
  EXPECT_EQ(home_.Data(kCleanedFile),
            "show_id,type,title,director,cast,country,date_added,release_year,rating,duration,"
            "listed_in,description\n"
            "s1,Movie,Café Nights,Ann,\"Bob, Cy\",\"France, Spain\",\"September 25, 2020\",2019,R,"
            "90 min,\"Dramas, Music\",\"A \"\"good\"\" film.\"\n"
            "s2,TV Show,Home,,Di,India,\"August 1, 2021\",2021,TV-Y,2 Seasons,Kids' TV,For kids.\n"
            "s3,Movie,Louis,Lou,Lou,United States,\"April 4, 2017\",2017,,74 min,Stand-Up Comedy,"
            "Talk.\n"
            "s4,Movie,Later,,,South Korea,\"May 3, 2016\",2017,PG-13,100 min,Dramas,Early.\n");
  EXPECT_THAT(
      home_.Data(kFeaturesFile),
      StartsWith("show_id,type,title,director,cast,country,release_year,rating,duration,"
                 "listed_in,description,date_added,year_added,month_added,duration_minutes,"
                 "seasons,primary_country,country_count,primary_genre,genre_count,"
                 "content_category,decade,years_to_catalogue,cast_count,director_count,"
                 "title_length,description_length,is_coproduction\n"
                 "s1,Movie,Café Nights,Ann,\"Bob, Cy\",\"France, Spain\",2019,R,90 min,"
                 "\"Dramas, Music\",\"A \"\"good\"\" film.\",2020-09-25,2020,9,90,,France,2,"
                 "Dramas,2,Adults,2010,1,2,1,11,14,true\n"));
  EXPECT_THAT(home_.Data(kShowsFile), AllOf(HasSubstr("\ns2,"), Not(HasSubstr("\ns1,"))));
  EXPECT_THAT(home_.Data(kMoviesFile), AllOf(HasSubstr("\ns4,"), Not(HasSubstr("\ns2,"))));
  EXPECT_THAT(home_.Data(kProcessingReport),
              AllOf(HasSubstr("titles: 4\nmovies: 3\nTV shows: 1\n"),
                    HasSubstr("a duration stands in the rating column; moved")));
}

TEST_F(TitlesPipelineTest, TheWholeChainMakesItsFilesAndNoOthers) {
  UseTitles(FewTitles());
  home_.RunDag("netflix_master_pipeline");
  EXPECT_THAT(NamesIn(home_.settings().data),
              ElementsAre("ingestion_report.txt", "netflix_movies.csv", "netflix_titles.csv",
                          "netflix_titles_cleaned.csv", "netflix_titles_features.csv",
                          "netflix_tv_shows.csv", "processing_report.txt"));
  EXPECT_THAT(NamesIn(home_.settings().analysis),
              ElementsAre("archive", "charts", "comprehensive_report.json", "content_trends.json",
                          "duration_patterns.json", "geographical_analysis.json",
                          "pipeline_summary.json", "ratings_analysis.json", "report.html"));
  EXPECT_THAT(NamesIn(home_.settings().backup), ElementsAre("20240105_103000"));
  const Json summary = home_.Analysis("pipeline_summary");
  EXPECT_EQ(summary.At("totals").GetInt("titles"), 4);
  const Json schema = Json::Parse(ReadFile("docs/formats/titles/pipeline_summary.schema.json"));
  EXPECT_THAT(analysis::Breaches(summary, schema), IsEmpty());
  EXPECT_THAT(home_.log(), HasSubstr("4 titles: 3 movies (75.0 %) and 1 TV shows."));
}

TEST_F(TitlesPipelineTest, RunAgainGivesTheSameBytes) {
  UseTitles(FewTitles());
  home_.RunDag(kIngestion);
  home_.RunDag(kProcessing);
  home_.RunDag("netflix_data_analysis");
  const std::string features = home_.Data(kFeaturesFile);
  const std::string page = ReadFile(home_.settings().analysis / kReportPage);
  home_.RunDag(kProcessing);
  home_.RunDag("netflix_data_analysis");
  EXPECT_EQ(home_.Data(kFeaturesFile), features);
  EXPECT_EQ(ReadFile(home_.settings().analysis / kReportPage), page);
}

TEST_F(TitlesPipelineTest, BackupsGoAfterTheirDays) {
  UseTitles(FewTitles());
  home_.RunDag(kIngestion);
  home_.Run(kIngestion, "backup_dataset");
  EXPECT_THAT(NamesIn(home_.settings().backup), ElementsAre("20240105_103000", "20240105_103001"));
  fs::create_directory(home_.settings().backup / "by hand");
  home_.clock().Advance(int64_t{8} * 24 * 3600 * 1000);
  home_.Run(kIngestion, "backup_dataset");
  EXPECT_THAT(NamesIn(home_.settings().backup), ElementsAre("20240113_103000", "by hand"));
}

TEST_F(TitlesPipelineTest, WhatIsNoTableOfTitlesDoesNotReplaceOne) {
  UseTitles(FewTitles());
  home_.RunDag(kIngestion);
  UseTitles("user,item\n1,2\n");
  EXPECT_THAT([&] { home_.Run(kIngestion, "download_netflix_dataset"); },
              ThrowsError(Code::kInvalidArgument,
                          AllOf(HasSubstr("source.csv is no table of titles: it lacks show_id"),
                                HasSubstr("found user, item"))));
  EXPECT_EQ(home_.Data(kTitlesFile), FewTitles());
  EXPECT_THAT(NamesIn(home_.settings().data), ElementsAre("ingestion_report.txt", kTitlesFile));
}

TEST_F(TitlesPipelineTest, ASourceThatIsNotThereIsNamed) {
  home_.settings().source = "/nowhere/titles.csv";
  EXPECT_THAT([&] { home_.Run("netflix_master_pipeline", "validate_prerequisites"); },
              ThrowsError(Code::kNotFound, HasSubstr("there is no /nowhere/titles.csv")));
  home_.settings().source = "";
  EXPECT_THAT([&] { home_.Run(kIngestion, "download_netflix_dataset"); },
              ThrowsError(Code::kNotFound, HasSubstr("no source of titles is named")));
  home_.settings().source = "kaggle:shivamb/netflix-shows";
  EXPECT_THAT([&] { home_.Run(kIngestion, "download_netflix_dataset"); },
              ThrowsError(Code::kUnauthenticated, HasSubstr("no credentials for Kaggle")));
}

TEST_F(TitlesPipelineTest, TooManyRepeatedIdsFailWithTheFirstLine) {
  UseTitles(FewTitles() + "s1,Movie,Again,,,,,2019,R,90 min,Dramas,\n");
  home_.Run(kIngestion, "download_netflix_dataset");
  EXPECT_THAT([&] { home_.Run(kIngestion, "validate_dataset"); },
              ThrowsError(Code::kFailedPrecondition,
                          HasSubstr("1 of 5 lines cannot be used: show_id stands on an earlier "
                                    "line: 1 lines, the first is line 6 (s1)")));
  home_.settings().max_reject_share = 0.25;
  home_.Run(kIngestion, "validate_dataset");
  home_.RunDag(kProcessing);
  EXPECT_THAT(home_.Data(kCleanedFile), Not(HasSubstr("Again")));
}

TEST_F(TitlesPipelineTest, ALineBeyondAllBoundsIsOneBadLine) {
  UseTitles(FewTitles() + "s5,Movie," + std::string(5 << 20, 'x') + ",,,,,2019,R,90 min,Dramas,\n");
  home_.settings().max_reject_share = 0.25;
  home_.Run(kIngestion, "download_netflix_dataset");
  home_.Run(kIngestion, "validate_dataset");
  EXPECT_THAT(home_.log(), HasSubstr("5 lines, 1 cannot be used"));
}

TEST_F(TitlesPipelineTest, BytesThatAreNotUtf8AreReadAsLatin1) {
  UseTitles(ReplaceAll(FewTitles(), "Café", "Caf\xe9"));
  home_.Run(kIngestion, "download_netflix_dataset");
  home_.Run(kProcessing, "clean_netflix_data");
  EXPECT_THAT(home_.Data(kCleanedFile), HasSubstr("Café Nights"));
}

TEST_F(TitlesPipelineTest, AHeaderAloneIsNoTitles) {
  UseTitles(kTitlesHeader);
  home_.Run(kIngestion, "download_netflix_dataset");
  EXPECT_THAT([&] { home_.Run(kIngestion, "validate_dataset"); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("holds a header and no titles")));
}

TEST_F(TitlesPipelineTest, AnOlderEditionIsAnalysedWithoutWhatItLacks) {
  UseTitles(
      "show_id,title,release_year,rating,duration,listed_in,type\n"
      "81145628,Norm,2019,TV-PG,90 min,Comedies,Movie\n");
  home_.RunDag("netflix_master_pipeline");
  EXPECT_THAT(home_.Data("ingestion_report.txt"),
              HasSubstr("Columns that it lacks: director, cast, country, date_added, description"));
  EXPECT_EQ(home_.Analysis("content_trends").At("additions_by_year").size(), 0u);
}

TEST_F(TitlesPipelineTest, AStepWithoutItsInputSaysWhatMakesIt) {
  EXPECT_THAT([&] { home_.Run(kProcessing, "clean_netflix_data"); },
              ThrowsError(Code::kNotFound, HasSubstr("netflix_titles.csv")));
}

TEST_F(TitlesPipelineTest, AFullDiskLeavesTheOldFileAndNoOther) {
  UseTitles(FewTitles());
  home_.RunDag(kIngestion);
  home_.RunDag(kProcessing);
  const std::string before = home_.Data(kCleanedFile);
  std::string many = kTitlesHeader;
  for (int i = 0; i < 2000; ++i)
    StrAppend(&many, "s", i, ",Movie,A title,,,,,2019,R,90 min,Dramas,", std::string(200, 'd'),
              "\n");
  WriteFileAtomic(home_.settings().data / kTitlesFile, many);
  // What a full disk says, without one: no file may grow beyond 64 KiB.
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{64 << 10, old_limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  EXPECT_THROW(home_.Run(kProcessing, "clean_netflix_data"), Error);
  setrlimit(RLIMIT_FSIZE, &old_limit);
  signal(SIGXFSZ, old_handler);
  EXPECT_EQ(home_.Data(kCleanedFile), before);
  EXPECT_THAT(NamesIn(home_.settings().data), Not(testing::Contains(StartsWith("."))));
}

TEST_F(TitlesPipelineTest, ATaskThatIsCancelledLeavesTheOldFile) {
  UseTitles(FewTitles());
  home_.RunDag(kIngestion);
  UseTitles(FewTitles() + "s9,Movie,New,,,,,2019,R,90 min,Dramas,\n");
  home_.cancel().Request();
  EXPECT_THAT([&] { home_.Run(kIngestion, "download_netflix_dataset"); },
              ThrowsError(Code::kCancelled, HasSubstr("cancelled")));
  EXPECT_EQ(home_.Data(kTitlesFile), FewTitles());
}

TEST_F(TitlesPipelineTest, WhatKilledRunsLeftIsRemovedAndWhatOthersWriteIsNot) {
  home_.Run("netflix_master_pipeline", "setup_environment");
  const fs::path& data = home_.settings().data;
  // No process has the greatest id that there can be.
  WriteFileAtomic(data / ".netflix_titles.csv.partial-4194304", "half");
  WriteFileAtomic(data / ".netflix_titles.csv.partial-1", "of a process that lives");
  WriteFileAtomic(data / "notes.partial-7", "somebody's");
  home_.Run("netflix_master_pipeline", "cleanup_temp_files");
  EXPECT_THAT(NamesIn(data), ElementsAre(".netflix_titles.csv.partial-1", "notes.partial-7"));
}

}  // namespace
}  // namespace marquee::titles
