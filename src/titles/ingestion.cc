// The tasks of netflix_data_ingestion.
#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/text_table.h"
#include "lake/quality.h"
#include "pipelines/watch.h"
#include "sources/titles.h"
#include "titles/defects.h"
#include "titles/folders.h"
#include "titles/source.h"
#include "titles/tables.h"
#include "titles/tasks.h"

namespace marquee::titles {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kLeastFreeBytes = int64_t{64} << 20;

std::string MissingText(const std::vector<std::string>& missing) {
  return missing.empty() ? "All columns are there."
                         : StrCat("Columns that it lacks: ", Join(missing, ", "));
}

std::string RejectsText(Tables& tables) {
  TextTable table({"line", "show_id", "title", "why it cannot be used"});
  const auto result = tables.session().Query(StrCat(
      "select * from (", tables.steps().At("titles.rejects").select, ") order by line limit 50"));
  bool any = false;
  while (const lake::Chunk* chunk = result->Next()) {
    for (size_t row = 0; row < chunk->size(); ++row) {
      any = true;
      table.Add({chunk->Display(0, row), chunk->Display(1, row), chunk->Display(2, row),
                 chunk->Display(3, row)});
    }
  }
  return any ? table.ToText() : "none\n";
}

}  // namespace

std::string DefectsText(Tables& tables, TaskContext& context) {
  SessionWatch watch(tables.session(), "count defects", context.progress, context.cancel);
  TextTable table({"titles", "defect", "first"});
  const auto result = tables.session().Query(tables.steps().At("titles.defects").select);
  while (const lake::Chunk* chunk = result->Next()) {
    for (size_t row = 0; row < chunk->size(); ++row)
      table.Add({WithThousands(chunk->Int64(2)[row]), std::string(chunk->Text(1, row)),
                 chunk->Display(3, row)});
  }
  return table.ToText();
}

void StartIngestion(TaskContext& context) {
  MakeFolder(context.settings.data);
  MakeFolder(context.settings.backup);
  context.say(StrCat("ingestion for ", context.date, ", run ", context.run_id));
  context.say(StrCat("source: ", DescribeSource(context)));
  context.say(StrCat("data: ", context.settings.data.string()));
}

void CheckDependencies(TaskContext& context) {
  context.say(
      StrCat("SQL engine: DuckDB ", lake::Engine::LibraryVersion(), ", part of this program"));
  const int64_t answer = context.engine().NewSession()->QueryInt("select 42::bigint");
  if (answer != 42) throw Error(Code::kInternal, StrCat("SQL answers ", answer, " for 42"));
  for (const fs::path& folder : {context.settings.data, context.settings.backup}) {
    MakeFolder(folder);
    WriteWhole(folder / ".writable", [](const fs::path& file) { WriteFileAtomic(file, "yes"); });
    fs::remove(folder / ".writable");
    const int64_t free_bytes = FreeBytes(folder);
    context.say(StrCat(folder.string(), " can be written, ", HumanBytes(free_bytes), " are free"));
    if (free_bytes < kLeastFreeBytes) {
      throw Error(Code::kResourceExhausted,
                  StrCat(folder.string(), " has ", HumanBytes(free_bytes),
                         " free: ", HumanBytes(kLeastFreeBytes), " are needed"),
                  "make room, or name another folder: netflix.data_path, netflix.backup_path");
    }
  }
  context.say("nothing is to be installed");
}

void DownloadTitles(TaskContext& context) {
  const fs::path file = context.settings.data / kTitlesFile;
  if (FetchSource(context, file)) {
    context.say(StrCat(file.string(), ": ", HumanBytes(static_cast<int64_t>(fs::file_size(file)))));
  } else {
    context.say(StrCat("no source is named: ", file.string(), " stays as it is"));
  }
}

void ValidateTitles(TaskContext& context) {
  const fs::path file = context.settings.data / kTitlesFile;
  RequireFile(file, "marquee task run netflix_data_ingestion download_netflix_dataset");
  Tables tables(context);
  context.say(MissingText(tables.OpenRaw(file, Tables::Keep::kFacts)));
  const LineCounts counts = CheckLines(tables, context);
  context.say(StrCat(WithThousands(counts.lines), " lines, ", WithThousands(counts.unusable),
                     " cannot be used"));
}

void BackUpTitles(TaskContext& context) {
  const fs::path file = context.settings.data / kTitlesFile;
  RequireFile(file, "marquee task run netflix_data_ingestion download_netflix_dataset");
  const fs::path& backup = context.settings.backup;
  MakeFolder(backup);
  const fs::path folder = backup / StampFor(backup, context.clock);
  CopyWhole({file}, folder);
  context.say(StrCat("kept ", (folder / kTitlesFile).string()));
  for (const fs::path& old : RemoveStamped(backup, context.settings.backup_days, context.clock))
    context.say(
        StrCat("removed ", old.string(), ", older than ", context.settings.backup_days, " days"));
}

void ReportQuality(TaskContext& context) {
  const fs::path file = context.settings.data / kTitlesFile;
  RequireFile(file, "marquee task run netflix_data_ingestion download_netflix_dataset");
  Tables tables(context);
  const std::vector<std::string> missing = tables.OpenRaw(file, Tables::Keep::kFacts);
  const LineCounts counts = CheckLines(tables, context);
  std::vector<std::string> columns;
  for (const std::string& column : sources::TitleColumns())
    columns.push_back(StrCat("nullif(", lake::SqlName(column), ", '') as ", lake::SqlName(column)));
  lake::TableProfile profile;
  {
    SessionWatch watch(tables.session(), "profile titles", context.progress, context.cancel);
    profile = lake::ProfileTable(tables.session(), "netflix_titles",
                                 StrCat("(select ", Join(columns, ", "), " from raw.titles)"));
  }
  const std::string text = StrCat(
      "Quality of ", file.string(), "\nmade ", FormatUtc(context.clock.NowMs()), ", run ",
      context.run_id, "\nsource: ", DescribeSource(context),
      "\n\nLines: ", WithThousands(counts.lines), ", of which ", WithThousands(counts.unusable),
      " cannot be used. ", MissingText(missing), "\n\nColumns\n", profile.ToText(),
      "\nDefects of the titles that can be used\n", DefectsText(tables, context),
      "\nLines that cannot be used (the first 50)\n", RejectsText(tables));
  WriteDocument(context.settings.data / kIngestionReport, text);
  context.say((context.settings.data / kIngestionReport).string());
}

void EndIngestion(TaskContext& context) {
  for (const char* name : {kTitlesFile, kIngestionReport}) {
    RequireFile(context.settings.data / name, "marquee flow run netflix_data_ingestion");
    context.say((context.settings.data / name).string());
  }
  context.say("ingestion is done");
}

}  // namespace marquee::titles
