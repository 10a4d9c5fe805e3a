// The tasks of netflix_data_analysis.
#include "analysis/chart_set.h"
#include "analysis/documents.h"
#include "analysis/report.h"
#include "base/error.h"
#include "base/text.h"
#include "pipelines/watch.h"
#include "titles/folders.h"
#include "titles/tables.h"
#include "titles/tasks.h"

namespace marquee::titles {
namespace {

namespace fs = std::filesystem;

constexpr char kProcessedBy[] = "marquee flow run netflix_data_processing";

fs::path ChartsFolder(const TaskContext& context) { return context.settings.analysis / "charts"; }
fs::path ArchiveFolder(const TaskContext& context) { return context.settings.analysis / "archive"; }

void OpenFeatures(Tables& tables, TaskContext& context) {
  const fs::path file = context.settings.data / kFeaturesFile;
  RequireFile(file, kProcessedBy);
  tables.LoadFeatures(file, analysis::ColumnsRead());
  analysis::OpenViews(tables.session(), tables.steps());
}

void Analyze(TaskContext& context, std::string_view name) {
  const analysis::Document& document = analysis::DocumentNamed(name);
  Tables tables(context);
  OpenFeatures(tables, context);
  Json json;
  {
    SessionWatch watch(tables.session(), document.name, context.progress, context.cancel);
    json = analysis::MakeDocument(tables.session(), tables.steps(), document);
  }
  MakeFolder(ChartsFolder(context));
  for (const analysis::NamedChart& chart : analysis::ChartsOf(json))
    WriteDocument(ChartsFolder(context) / chart.file, chart.svg);
  const fs::path file = context.settings.analysis / document.file();
  WriteDocument(file, json.Pretty());
  context.say(file.string());
}

analysis::ReportInput ReadInput(TaskContext& context) {
  analysis::ReportInput input;
  for (const analysis::Document& document : analysis::Documents()) {
    const fs::path file = context.settings.analysis / document.file();
    RequireFile(file, "marquee flow run netflix_data_analysis");
    input.documents.push_back(Json::Parse(ReadDocument(file)));
  }
  Tables tables(context);
  OpenFeatures(tables, context);
  input.completeness =
      analysis::RowsOf(tables.session(), tables.steps().At("analysis.completeness"));
  input.made_at = FormatUtc(context.clock.NowMs());
  input.run_id = context.run_id;
  return input;
}

}  // namespace

void StartAnalysis(TaskContext& context) {
  MakeFolder(context.settings.analysis);
  context.say(StrCat("analysis for ", context.date, ", run ", context.run_id, ", in ",
                     context.settings.analysis.string()));
}

void CheckProcessedData(TaskContext& context) {
  const fs::path file = context.settings.data / kFeaturesFile;
  RequireFile(file, kProcessedBy);
  Tables tables(context);
  tables.LoadFeatures(file, {"show_id"});
  const int64_t titles = tables.Count("titles.features where show_id is not null");
  if (titles == 0) {
    throw Error(Code::kFailedPrecondition, StrCat(file.string(), " holds no titles"),
                StrCat("make it again: ", kProcessedBy));
  }
  context.say(StrCat(file.string(), ": ", WithThousands(titles), " titles"));
}

void AnalyzeContentTrends(TaskContext& context) { Analyze(context, "content_trends"); }
void AnalyzeRatings(TaskContext& context) { Analyze(context, "ratings_analysis"); }
void AnalyzeGeography(TaskContext& context) { Analyze(context, "geographical_analysis"); }
void AnalyzeDurations(TaskContext& context) { Analyze(context, "duration_patterns"); }

void GenerateSummaryReport(TaskContext& context) {
  const analysis::ReportInput input = ReadInput(context);
  const fs::path& folder = context.settings.analysis;
  WriteDocument(folder / kComprehensiveReport, analysis::ComprehensiveReport(input).Pretty());
  WriteDocument(folder / kReportPage, analysis::ReportHtml(input));
  const Json findings = analysis::FindingsOf(input);
  for (const Json& finding : findings.AsArray()) context.say(finding.GetString("finding"));
  context.say((folder / kReportPage).string());
}

void ArchiveAnalysis(TaskContext& context) {
  const fs::path& folder = context.settings.analysis;
  std::vector<fs::path> files = {folder / kComprehensiveReport, folder / kReportPage,
                                 ChartsFolder(context)};
  for (const analysis::Document& document : analysis::Documents())
    files.push_back(folder / document.file());
  for (const fs::path& file : files) RequireFile(file, "marquee flow run netflix_data_analysis");
  const fs::path archive = ArchiveFolder(context);
  MakeFolder(archive);
  const fs::path kept = archive / StampFor(archive, context.clock);
  CopyWhole(files, kept);
  context.say(StrCat("kept ", kept.string()));
  for (const fs::path& old : RemoveStamped(archive, context.settings.backup_days, context.clock))
    context.say(
        StrCat("removed ", old.string(), ", older than ", context.settings.backup_days, " days"));
}

void EndAnalysis(TaskContext& context) {
  for (const analysis::Document& document : analysis::Documents()) {
    RequireFile(context.settings.analysis / document.file(),
                "marquee flow run netflix_data_analysis");
    context.say((context.settings.analysis / document.file()).string());
  }
  context.say("analysis is done");
}

}  // namespace marquee::titles
