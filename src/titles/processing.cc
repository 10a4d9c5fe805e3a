// The tasks of netflix_data_processing.
#include "base/dataset_log.h"
#include "base/error.h"
#include "base/text.h"
#include "sources/titles.h"
#include "titles/defects.h"
#include "titles/folders.h"
#include "titles/tables.h"
#include "titles/tasks.h"

namespace marquee::titles {
namespace {

namespace fs = std::filesystem;

constexpr char kCleanedBy[] = "marquee task run netflix_data_processing clean_netflix_data";
constexpr char kDerivedBy[] = "marquee task run netflix_data_processing create_derived_features";
constexpr char kFetchedBy[] = "marquee flow run netflix_data_ingestion";

void WriteType(TaskContext& context, const std::string& type, const char* name) {
  Tables tables(context);
  tables.StreamFeatures(context.settings.data / kFeaturesFile);
  tables.WriteCsv(FileColumns(tables.steps().At("titles.features")),
                  StrCat("titles.features where type = ", lake::SqlText(type), " order by line"),
                  context.settings.data / name);
}

struct FileCounts {
  int64_t titles = 0;
  int64_t ids = 0;
};

FileCounts CountFile(TaskContext& context, const char* name, const char* type) {
  Tables tables(context);
  tables.LoadFeatures(context.settings.data / name, {"show_id", "type"});
  const int64_t others = tables.Count(
      StrCat("titles.features where ", *type == '\0' ? "false" : StrCat("type <> '", type, "'")));
  if (others > 0) {
    throw Error(Code::kDataLoss, StrCat(name, " holds ", others, " titles that are no ", type),
                StrCat("make it again: ", kDerivedBy));
  }
  return {tables.Count("titles.features"),
          tables.session().QueryInt(
              "select cast(count(distinct show_id) as bigint) from titles.features")};
}

void Expect(const char* what, int64_t found, int64_t wanted) {
  if (found == wanted) return;
  throw Error(
      Code::kDataLoss,
      StrCat(what, ": ", WithThousands(found), ", but ", WithThousands(wanted), " are wanted"),
      "run netflix_data_processing as a whole again");
}

}  // namespace

void StartProcessing(TaskContext& context) {
  MakeFolder(context.settings.data);
  context.say(StrCat("processing for ", context.date, ", run ", context.run_id, ", in ",
                     context.settings.data.string()));
}

void CheckInputFile(TaskContext& context) {
  const fs::path file = context.settings.data / kTitlesFile;
  RequireFile(file, kFetchedBy);
  const sources::TitlesFile titles = sources::OpenTitles(file);
  NoteInput(DatasetAt(file));
  context.say(StrCat(
      file.string(), ": ", HumanBytes(titles.table.size_bytes), ", ",
      titles.missing.empty() ? "all columns are there" : "lacks " + Join(titles.missing, ", ")));
}

void CleanTitles(TaskContext& context) {
  const fs::path file = context.settings.data / kTitlesFile;
  RequireFile(file, kFetchedBy);
  Tables tables(context);
  tables.OpenRaw(file, Tables::Keep::kAll);
  const LineCounts counts = CheckLines(tables, context);
  const lake::SqlStep& step = tables.steps().At("titles.cleaned");
  const int64_t rows =
      tables.WriteCsv(FileColumns(step), StrCat("(", step.select, ") order by line"),
                      context.settings.data / kCleanedFile);
  Expect("titles in netflix_titles_cleaned.csv", rows, counts.lines - counts.unusable);
}

void DeriveFeatures(TaskContext& context) {
  const fs::path file = context.settings.data / kCleanedFile;
  RequireFile(file, kCleanedBy);
  Tables tables(context);
  tables.OpenCleaned(file);
  tables.WriteCsv(FileColumns(tables.steps().At("titles.features")),
                  "titles.features order by line", context.settings.data / kFeaturesFile);
}

void SplitByType(TaskContext& context) {
  RequireFile(context.settings.data / kFeaturesFile, kDerivedBy);
  WriteType(context, "Movie", kMoviesFile);
  WriteType(context, "TV Show", kShowsFile);
}

void CheckProcessing(TaskContext& context) {
  const fs::path& data = context.settings.data;
  RequireFile(data / kTitlesFile, kFetchedBy);
  for (const char* name : {kFeaturesFile, kMoviesFile, kShowsFile})
    RequireFile(data / name, kDerivedBy);
  const FileCounts features = CountFile(context, kFeaturesFile, "");
  const FileCounts movies = CountFile(context, kMoviesFile, "Movie");
  const FileCounts shows = CountFile(context, kShowsFile, "TV Show");
  Tables tables(context);
  tables.OpenRaw(data / kTitlesFile, Tables::Keep::kFacts);
  const LineCounts counts = CheckLines(tables, context);
  Expect("titles with features", features.titles, counts.lines - counts.unusable);
  Expect("different show ids", features.ids, features.titles);
  Expect("movies and TV shows", movies.titles + shows.titles, features.titles);
  const std::string text = StrCat(
      "Processing of ", (data / kTitlesFile).string(), "\nmade ", FormatUtc(context.clock.NowMs()),
      ", run ", context.run_id, "\n\nLines read: ", WithThousands(counts.lines),
      "\nnot usable: ", WithThousands(counts.unusable),
      "\ntitles: ", WithThousands(features.titles), "\nmovies: ", WithThousands(movies.titles),
      "\nTV shows: ", WithThousands(shows.titles),
      "\n\nWhat was put right, and what is not known\n", DefectsText(tables, context),
      "\nChecks\nevery usable line has its features: yes\nevery show_id stands once: yes\n"
      "every title is a movie or a TV show, in its own file: yes\n");
  WriteDocument(data / kProcessingReport, text);
  context.say((data / kProcessingReport).string());
}

void EndProcessing(TaskContext& context) {
  for (const char* name :
       {kCleanedFile, kFeaturesFile, kMoviesFile, kShowsFile, kProcessingReport}) {
    RequireFile(context.settings.data / name, "marquee flow run netflix_data_processing");
    context.say((context.settings.data / name).string());
  }
  context.say("processing is done");
}

}  // namespace marquee::titles
