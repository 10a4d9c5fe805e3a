// The tasks of netflix_master_pipeline.
#include "analysis/documents.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/version.h"
#include "http/client.h"
#include "titles/folders.h"
#include "titles/source.h"
#include "titles/tasks.h"

namespace marquee::titles {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> ResultFiles(const TitlesSettings& settings) {
  std::vector<fs::path> files;
  for (const char* name : {kTitlesFile, kIngestionReport, kCleanedFile, kFeaturesFile, kMoviesFile,
                           kShowsFile, kProcessingReport}) {
    files.push_back(settings.data / name);
  }
  for (const analysis::Document& document : analysis::Documents())
    files.push_back(settings.analysis / document.file());
  files.push_back(settings.analysis / kComprehensiveReport);
  files.push_back(settings.analysis / kReportPage);
  return files;
}

std::vector<fs::path> Folders(const TitlesSettings& settings) {
  return {settings.data, settings.analysis, settings.analysis / "charts",
          settings.analysis / "archive", settings.backup};
}

Json ReadSummary(const TaskContext& context) {
  const fs::path file = context.settings.analysis / kPipelineSummary;
  RequireFile(file, "marquee task run netflix_master_pipeline generate_pipeline_summary");
  return Json::Parse(ReadDocument(file));
}

}  // namespace

void StartPipeline(TaskContext& context) {
  context.say(
      StrCat("pipeline for ", context.date, ", run ", context.run_id, ", marquee ", Version()));
}

void SetUpEnvironment(TaskContext& context) {
  for (const fs::path& folder : Folders(context.settings)) {
    MakeFolder(folder);
    const fs::path probe = folder / ".writable";
    WriteFileAtomic(probe, "yes");
    fs::remove(probe);
    context.say(
        StrCat(folder.string(), " can be written, ", HumanBytes(FreeBytes(folder)), " are free"));
  }
}

void ValidatePrerequisites(TaskContext& context) {
  CheckSource(context);
  context.say(StrCat("source: ", DescribeSource(context)));
  context.say(StrCat("SQL engine: DuckDB ", lake::Engine::LibraryVersion()));
}

void GeneratePipelineSummary(TaskContext& context) {
  const TitlesSettings& settings = context.settings;
  RequireFile(settings.analysis / kComprehensiveReport, "marquee flow run netflix_data_analysis");
  const Json report = Json::Parse(ReadDocument(settings.analysis / kComprehensiveReport));
  Json files = Json::MakeArray();
  for (const fs::path& file : ResultFiles(settings)) {
    RequireFile(file, "marquee flow run netflix_master_pipeline");
    files.Append(Json::MakeObject({{"file", fs::absolute(file).lexically_normal().string()},
                                   {"size_bytes", static_cast<int64_t>(fs::file_size(file))}}));
  }
  const Json summary = Json::MakeObject({{"document", "pipeline_summary"},
                                         {"run_id", context.run_id},
                                         {"date", context.date},
                                         {"made_at", FormatUtc(context.clock.NowMs())},
                                         {"version", std::string(Version())},
                                         {"source", DescribeSource(context)},
                                         {"totals", report.At("totals")},
                                         {"findings", report.At("findings")},
                                         {"files", std::move(files)}});
  WriteDocument(settings.analysis / kPipelineSummary, summary.Pretty());
  context.say((settings.analysis / kPipelineSummary).string());
}

void CleanUpTemporaryFiles(TaskContext& context) {
  size_t removed = 0;
  for (const fs::path& folder : Folders(context.settings)) {
    for (const fs::path& path : RemoveLeftovers(folder)) {
      context.say(StrCat("removed ", path.string()));
      ++removed;
    }
  }
  context.say(StrCat(removed, " left-over files removed"));
}

void NotifyOfCompletion(TaskContext& context) {
  const Json summary = ReadSummary(context);
  context.say(StrCat("run ", summary.GetString("run_id"), " has made ", summary.At("files").size(),
                     " files of ", WithThousands(summary.At("totals").GetInt("titles")),
                     " titles"));
  for (const Json& finding : summary.At("findings").AsArray())
    context.say(finding.GetString("finding"));
  const std::string& url = context.settings.notify_url;
  if (url.empty()) return context.say("nobody else is told: netflix.notify_url is not set");
  const http::ClientResponse answer =
      http::Client().Send({.method = "POST",
                           .url = url,
                           .headers = {{"Content-Type", "application/json"}},
                           .body = summary.Dump(),
                           .repeatable = false});
  const std::string shown = url.substr(0, url.find('?'));
  if (answer.status >= 400)
    throw Error(Code::kUnavailable, StrCat(shown, " answers ", answer.status),
                "see the setting netflix.notify_url");
  context.say(StrCat("told ", shown, ", which answers ", answer.status));
}

void EndPipeline(TaskContext& context) {
  const Json summary = ReadSummary(context);
  context.say(StrCat("the page: ", (context.settings.analysis / kReportPage).string()));
  context.say(StrCat("pipeline of run ", summary.GetString("run_id"), " is done"));
}

}  // namespace marquee::titles
