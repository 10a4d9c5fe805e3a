#include "titles/tables.h"

#include <algorithm>
#include <utility>

#include "base/dataset_log.h"
#include "base/error.h"
#include "base/text.h"
#include "pipelines/watch.h"
#include "sources/titles.h"
#include "titles/folders.h"

namespace marquee::titles {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t kBytesForOneThread = 32 << 20;

constexpr char kDropAll[] =
    "drop schema if exists analysis cascade; drop schema if exists titles cascade; "
    "drop schema if exists raw cascade";

bool IsLong(const std::string& column) {
  return column == "director" || column == "cast" || column == "description";
}

std::string Typed(const lake::StepColumn& column, const std::string& text) {
  return column.type == "varchar"
             ? text
             : StrCat("cast(", text, " as ", lake::DuckTypeName(column.type), ")");
}

// The columns of `step` from text; all of them, or those of `wanted` and the rest shortened.
std::string TypedSelect(const lake::SqlStep& step, const std::vector<std::string>* wanted) {
  std::vector<std::string> parts;
  for (const lake::StepColumn& column : step.columns) {
    const std::string name = lake::SqlName(column.name);
    std::string value =
        column.name == "line" ? name : Typed(column, StrCat("nullif(", name, ", '')"));
    const bool kept = wanted == nullptr ||
                      std::find(wanted->begin(), wanted->end(), column.name) != wanted->end();
    if (!kept && IsLong(column.name)) value = StrCat("nullif(substring(", name, ", 1, 1), '')");
    if (!kept && !IsLong(column.name) && column.name != "line")
      value = StrCat("cast(null as ", lake::DuckTypeName(column.type), ")");
    parts.push_back(StrCat(value, " as ", name));
  }
  return StrCat("select ", Join(parts, ", "));
}

Dataset DatasetOfFile(const fs::path& file, const std::vector<std::string>& columns) {
  Dataset dataset = DatasetAt(file);
  for (const std::string& column : columns) dataset.fields.push_back({column, ""});
  return dataset;
}

}  // namespace

std::vector<std::string> FileColumns(const lake::SqlStep& step) {
  std::vector<std::string> names;
  for (const lake::StepColumn& column : step.columns) {
    if (column.name != "line") names.push_back(column.name);
  }
  return names;
}

Tables::Tables(TaskContext& context)
    : context_(context),
      steps_(lake::ParseSqlFiles(lake::EmbeddedSqlFiles())),
      session_(context.engine().NewSession()) {
  // Threads that wait for each other cost more than they save on so little, and tasks run side by
  // side anyway.
  std::error_code none;
  const auto bytes = fs::file_size(context.settings.data / kTitlesFile, none);
  if (!none && bytes < kBytesForOneThread) session_->Execute("set threads to 1");
  session_->Execute(StrCat(kDropAll, "; create schema raw; create schema titles"));
}

Tables::~Tables() {
  try {
    session_->Execute(kDropAll);
  } catch (const Error&) {
    // The next one drops them.
  }
}

std::vector<std::string> Tables::OpenRaw(const fs::path& file, Keep keep) {
  const sources::TitlesFile titles = sources::OpenTitles(file);
  NoteInput(DatasetOfFile(file, titles.table.columns));
  {
    SessionWatch watch(*session_, StrCat("read ", file.filename().string()), context_.progress,
                       context_.cancel);
    session_->AddSource("titles_file", titles.table.open());
    session_->Execute("create table raw.titles as select * from titles_file");
  }
  SessionWatch watch(*session_, "check titles", context_.progress, context_.cancel);
  const lake::SqlStep& step = steps_.At("titles.checked");
  std::vector<std::string> columns;
  for (const lake::StepColumn& column : step.columns) {
    const std::string name = lake::SqlName(column.name);
    const bool shortened = keep == Keep::kFacts && IsLong(column.name);
    columns.push_back(shortened ? StrCat("substring(", name, ", 1, 1) as ", name) : name);
  }
  session_->Execute(StrCat("create table titles.checked as select ", Join(columns, ", "), " from (",
                           step.select, ")"));
  return titles.missing;
}

void Tables::AddFile(const std::string& name, const fs::path& file,
                     const std::vector<std::string>& columns) {
  session_->AddSource(name, sources::OpenColumns(file, columns).open());
  NoteInput(DatasetOfFile(file, columns));
}

void Tables::OpenCleaned(const fs::path& file) {
  const lake::SqlStep& step = steps_.At("titles.cleaned");
  AddFile("cleaned_file", file, FileColumns(step));
  session_->Execute(StrCat("create view titles.cleaned as ", TypedSelect(step, nullptr),
                           " from cleaned_file where malformed is null"));
  lake::CreateStepView(*session_, steps_.At("titles.features"));
}

void Tables::StreamFeatures(const fs::path& file) {
  const lake::SqlStep& step = steps_.At("titles.features");
  AddFile("features_file", file, FileColumns(step));
  session_->Execute(StrCat("create or replace view titles.features as ", TypedSelect(step, nullptr),
                           " from features_file where malformed is null"));
}

void Tables::LoadFeatures(const fs::path& file, const std::vector<std::string>& wanted) {
  const lake::SqlStep& step = steps_.At("titles.features");
  SessionWatch watch(*session_, StrCat("read ", file.filename().string()), context_.progress,
                     context_.cancel);
  AddFile("features_file", file, FileColumns(step));
  session_->Execute(StrCat("create table titles.features as ", TypedSelect(step, &wanted),
                           " from features_file where malformed is null"));
}

int64_t Tables::WriteCsv(const std::vector<std::string>& columns, const std::string& from,
                         const fs::path& file) {
  std::vector<std::string> names;
  for (const std::string& column : columns) names.push_back(lake::SqlName(column));
  int64_t rows = 0;
  WriteWhole(file, [&](const fs::path& temporary) {
    SessionWatch watch(*session_, StrCat("write ", file.filename().string()), context_.progress,
                       context_.cancel);
    rows = session_->QueryInt(StrCat("copy (select ", Join(names, ", "), " from ", from, ") to ",
                                     lake::SqlText(temporary.string()),
                                     " (format csv, header true, delimiter ',', nullstr '')"));
    watch.SetOutcome(StrCat(WithThousands(rows), " rows"));
  });
  context_.say(StrCat(file.string(), ": ", WithThousands(rows), " titles"));
  Dataset dataset = DatasetOfFile(file, columns);
  dataset.rows = rows;
  dataset.size_bytes = static_cast<int64_t>(fs::file_size(file));
  NoteOutput(dataset);
  return rows;
}

int64_t Tables::Count(const std::string& from) {
  return session_->QueryInt(StrCat("select cast(count(*) as bigint) from ", from));
}

LineCounts CheckLines(Tables& tables, TaskContext& context) {
  LineCounts counts{tables.Count("raw.titles"), 0};
  if (counts.lines == 0) {
    throw Error(Code::kFailedPrecondition, StrCat(kTitlesFile, " holds a header and no titles"),
                "give a source with at least one title");
  }
  SessionWatch watch(tables.session(), "check titles", context.progress, context.cancel);
  const auto result = tables.session().Query(
      "select reject_reason, cast(count(*) as bigint), cast(min(line) as bigint), min_by(show_id, "
      "line) from titles.checked where reject_reason is not null group by 1 order by 2 desc, 1");
  std::vector<std::string> reasons;
  while (const lake::Chunk* chunk = result->Next()) {
    for (size_t row = 0; row < chunk->size(); ++row) {
      const int64_t lines = chunk->Int64(1)[row];
      counts.unusable += lines;
      const std::string id = chunk->IsNull(3, row) ? "" : StrCat(" (", chunk->Text(3, row), ")");
      reasons.push_back(StrCat(chunk->Text(0, row), ": ", WithThousands(lines),
                               " lines, the first is line ", chunk->Int64(2)[row], id));
    }
  }
  for (const std::string& reason : reasons) context.say(reason);
  const double share = static_cast<double>(counts.unusable) / static_cast<double>(counts.lines);
  if (share > context.settings.max_reject_share) {
    reasons.resize(std::min<size_t>(reasons.size(), 3));
    throw Error(Code::kFailedPrecondition,
                StrCat(kTitlesFile, ": ", WithThousands(counts.unusable), " of ",
                       WithThousands(counts.lines), " lines cannot be used: ", Join(reasons, "; ")),
                "correct the source, or raise import.max_reject_share");
  }
  return counts;
}

}  // namespace marquee::titles
