// The functions of the titles DAGs, a task each; dags.h says which is which. Each may be run again.
#pragma once

#include "titles/task.h"

namespace marquee::titles {

// Ingestion (ingestion.cc).
void StartIngestion(TaskContext& context);
// Nothing is installed: what the program needs is in it. Checks that the folders can be written,
// the disk has room and SQL answers.
void CheckDependencies(TaskContext& context);
// netflix_titles.csv, from the source; what is no table of titles does not replace it.
void DownloadTitles(TaskContext& context);
// Reads every line. Throws failed_precondition for too large a share that cannot be used, telling
// why and where.
void ValidateTitles(TaskContext& context);
// backup/YYYYMMDD_HHMMSS/netflix_titles.csv; older backups go.
void BackUpTitles(TaskContext& context);
void ReportQuality(TaskContext& context);  // ingestion_report.txt
void EndIngestion(TaskContext& context);

// Processing (processing.cc).
void StartProcessing(TaskContext& context);
void CheckInputFile(TaskContext& context);
void CleanTitles(TaskContext& context);     // netflix_titles_cleaned.csv
void DeriveFeatures(TaskContext& context);  // netflix_titles_features.csv
void SplitByType(TaskContext& context);     // netflix_movies.csv, netflix_tv_shows.csv
// processing_report.txt. Throws data_loss when the files do not hold the same titles.
void CheckProcessing(TaskContext& context);
void EndProcessing(TaskContext& context);

// Analysis (analyses.cc): a document and its charts each.
void StartAnalysis(TaskContext& context);
void CheckProcessedData(TaskContext& context);
void AnalyzeContentTrends(TaskContext& context);
void AnalyzeRatings(TaskContext& context);
void AnalyzeGeography(TaskContext& context);
void AnalyzeDurations(TaskContext& context);
void GenerateSummaryReport(TaskContext& context);  // comprehensive_report.json, report.html
void ArchiveAnalysis(TaskContext& context);        // archive/YYYYMMDD_HHMMSS/; older ones go
void EndAnalysis(TaskContext& context);

// The master pipeline (master.cc).
void StartPipeline(TaskContext& context);
void SetUpEnvironment(TaskContext& context);
// Throws not_found when there is neither a source nor a file from an earlier run.
void ValidatePrerequisites(TaskContext& context);
void GeneratePipelineSummary(TaskContext& context);  // pipeline_summary.json
// Removes what runs that were killed left half-written.
void CleanUpTemporaryFiles(TaskContext& context);
void NotifyOfCompletion(TaskContext& context);
void EndPipeline(TaskContext& context);

// What is learned of the titles alone (mlops.cc), in analysis/mlops: the audience of a title from
// what is written about it, and the titles nearest to each. A fifth of the titles, chosen by their
// ids, is held out of training.
void RefreshBronze(TaskContext& context);  // as download_netflix_dataset and validate_dataset
void CountMarks(TaskContext& context);     // features.json
void TrainAudience(TaskContext& context);  // model.json, similar_titles.csv
// evaluation.json: accuracy on the titles held out, beside always saying the most frequent
// audience.
void EvaluateAudience(TaskContext& context);
// models/v<N>/, when the model is better than that by two standard errors; throws
// failed_precondition otherwise.
void RegisterAudience(TaskContext& context);
// monitor.json: how far the audiences of the titles of the last year are from those it learned
// from.
void MonitorAudience(TaskContext& context);

}  // namespace marquee::titles
