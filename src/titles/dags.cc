#include "titles/dags.h"

#include "base/error.h"
#include "base/text.h"
#include "titles/tasks.h"

namespace marquee::titles {
namespace {

// Tasks one after another.
std::vector<TaskDefinition> InARow(std::vector<TaskDefinition> tasks) {
  for (size_t i = 1; i < tasks.size(); ++i) {
    if (tasks[i].upstream.empty()) tasks[i].upstream = {tasks[i - 1].id};
  }
  return tasks;
}

DagDefinition Ingestion() {
  return {.id = "netflix_data_ingestion",
          .about = "Fetches the titles, checks them, keeps a backup and reports their quality.",
          .schedule = "",
          .tags = {"netflix", "ingestion"},
          .tasks = InARow({{"start_ingestion", {}, StartIngestion},
                           {"install_dependencies", {}, CheckDependencies},
                           {"download_netflix_dataset", {}, DownloadTitles},
                           {"validate_dataset", {}, ValidateTitles},
                           {"backup_dataset", {}, BackUpTitles},
                           {"generate_quality_report", {}, ReportQuality},
                           {"end_ingestion", {}, EndIngestion}})};
}

DagDefinition Processing() {
  return {.id = "netflix_data_processing",
          .about = "Cleans the titles, derives features and splits them by type.",
          .schedule = "",
          .tags = {"netflix", "processing"},
          .tasks = InARow({{"start_processing", {}, StartProcessing},
                           {"check_input_file", {}, CheckInputFile},
                           {"clean_netflix_data", {}, CleanTitles},
                           {"create_derived_features", {}, DeriveFeatures},
                           {"split_data_by_type", {}, SplitByType},
                           {"data_quality_check", {}, CheckProcessing},
                           {"end_processing", {}, EndProcessing}})};
}

DagDefinition Analysis() {
  const std::vector<std::string> checked = {"check_processed_data"};
  return {.id = "netflix_data_analysis",
          .about = "Analyses the titles: trends, ratings, countries and genres, durations.",
          .schedule = "",
          .tags = {"netflix", "analysis"},
          .tasks = InARow({{"start_analysis", {}, StartAnalysis},
                           {"check_processed_data", {}, CheckProcessedData},
                           {"analyze_content_trends", checked, AnalyzeContentTrends},
                           {"analyze_ratings_distribution", checked, AnalyzeRatings},
                           {"analyze_countries_and_genres", checked, AnalyzeGeography},
                           {"analyze_duration_patterns", checked, AnalyzeDurations},
                           {"generate_summary_report",
                            {"analyze_content_trends", "analyze_ratings_distribution",
                             "analyze_countries_and_genres", "analyze_duration_patterns"},
                            GenerateSummaryReport},
                           {"archive_analysis_results", {}, ArchiveAnalysis},
                           {"end_analysis", {}, EndAnalysis}})};
}

DagDefinition Master() {
  return {.id = "netflix_master_pipeline",
          .about = "Ingestion, processing and analysis of the titles, one after another.",
          .schedule = "",
          .tags = {"netflix", "master"},
          .tasks = InARow({{"start_pipeline", {}, StartPipeline},
                           {"setup_environment", {}, SetUpEnvironment},
                           {"validate_prerequisites", {}, ValidatePrerequisites},
                           {"trigger_data_ingestion", {}, nullptr, "netflix_data_ingestion"},
                           {"trigger_data_processing", {}, nullptr, "netflix_data_processing"},
                           {"trigger_data_analysis", {}, nullptr, "netflix_data_analysis"},
                           {"generate_pipeline_summary", {}, GeneratePipelineSummary},
                           {"cleanup_temp_files", {}, CleanUpTemporaryFiles},
                           {"pipeline_completion_notification", {}, NotifyOfCompletion},
                           {"end_pipeline", {}, EndPipeline}})};
}

DagDefinition Mlops() {
  return {.id = "netflix_mlops_pipeline",
          .about =
              "Learns from ratings where there are some, else from titles alone: their audience, "
              "and which are alike.",
          .schedule = "@daily",
          .tags = {"netflix", "mlops", "recommendation"},
          .retries = 2,
          .tasks = InARow({{"bronze", {}, RefreshBronze},
                           {"silver", {}, CleanTitles},
                           {"gold", {}, DeriveFeatures},
                           {"features", {}, CountMarks},
                           {"train", {}, TrainAudience},
                           {"evaluate", {}, EvaluateAudience},
                           {"register", {}, RegisterAudience},
                           {"monitor", {}, MonitorAudience}})};
}

}  // namespace

const std::vector<DagDefinition>& BuiltInDags() {
  static const std::vector<DagDefinition> dags = {Ingestion(), Processing(), Analysis(), Master(),
                                                  Mlops()};
  return dags;
}

const DagDefinition& DagNamed(std::string_view dag) {
  std::vector<std::string> names;
  for (const DagDefinition& known : BuiltInDags()) {
    if (known.id == dag) return known;
    names.push_back(known.id);
  }
  throw Error(Code::kNotFound, StrCat("no DAG '", dag, "'", DidYouMean(dag, names)),
              StrCat("there are ", Join(names, ", ")));
}

const TaskDefinition& TaskNamed(std::string_view dag, std::string_view task) {
  std::vector<std::string> names;
  for (const TaskDefinition& known : DagNamed(dag).tasks) {
    if (known.id == task) return known;
    names.push_back(known.id);
  }
  throw Error(Code::kNotFound,
              StrCat("DAG ", dag, " has no task '", task, "'", DidYouMean(task, names)),
              StrCat("it has ", Join(names, ", ")));
}

void RunTask(std::string_view dag, std::string_view task, TaskContext& context) {
  const TaskDefinition& definition = TaskNamed(dag, task);
  if (definition.run == nullptr) {
    throw Error(Code::kFailedPrecondition,
                StrCat(task, " triggers ", definition.triggers, ", which takes a scheduler"),
                StrCat("marquee flow run ", definition.triggers, " --wait"));
  }
  definition.run(context);
  context.cancel.ThrowIfRequested(task);
}

}  // namespace marquee::titles
