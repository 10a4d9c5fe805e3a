#include "sources/titles.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/text_table.h"
#include "sources/byte_source.h"
#include "sources/table.h"

namespace marquee::sources {
namespace {

namespace fs = std::filesystem;

struct TitleColumn {
  const char* name;
  bool required;
  std::vector<std::string> usual;  // names taken for it, without case and word separators
};

const std::vector<TitleColumn>& KnownTitleColumns() {
  static const std::vector<TitleColumn> columns = {
      {"show_id", true, {"showid", "id"}},
      {"type", true, {"type"}},
      {"title", true, {"title", "name"}},
      {"director", false, {"director", "directors"}},
      {"cast", false, {"cast", "actors"}},
      {"country", false, {"country", "countries"}},
      {"date_added", false, {"dateadded"}},
      {"release_year", true, {"releaseyear", "year"}},
      {"rating", true, {"rating", "maturityrating"}},
      {"duration", true, {"duration"}},
      {"listed_in", true, {"listedin", "genres", "genre"}},
      {"description", false, {"description"}},
  };
  return columns;
}

std::string WithoutSeparators(std::string_view name) {
  std::string text = AsciiLower(name);
  std::erase_if(text, [](char c) { return c == '_' || c == '-' || c == ' ' || c == '.'; });
  return text;
}

// The file itself, or the archive's only CSV file.
std::pair<std::shared_ptr<const FileTree>, std::string> FindTable(const fs::path& path) {
  if (AsciiLower(path.extension().string()) != ".zip") {
    return {OpenSingleFile(path), path.filename().string()};
  }
  std::shared_ptr<const FileTree> archive = OpenZip(path);
  for (const FileEntry& entry : archive->entries()) {
    if (AsciiLower(entry.name).ends_with(".csv")) return {archive, entry.name};
  }
  throw Error(Code::kInvalidArgument, StrCat(path.string(), " holds no CSV file"),
              "give the archive of the titles, or the CSV file from it");
}

int FindColumn(const std::vector<std::string>& header, const TitleColumn& column) {
  for (const std::string& usual : column.usual) {
    for (size_t i = 0; i < header.size(); ++i) {
      if (WithoutSeparators(header[i]) == usual) return static_cast<int>(i);
    }
  }
  return -1;
}

[[noreturn]] void ThrowLacking(const std::string& label, const std::string& what,
                               const std::vector<std::string>& lacking,
                               const std::vector<std::string>& header) {
  const std::string found = header.empty() ? "nothing: it is empty" : Join(header, ", ");
  throw Error(
      Code::kInvalidArgument,
      StrCat(label, " is ", what, ": it lacks ", Join(lacking, ", "), "; found ",
             CutToWidth(found, 300)),
      StrCat("give a CSV file with a header of these columns: ", Join(TitleColumns(), ", ")));
}

void CheckRequired(const std::vector<std::string>& header, const std::string& label) {
  std::vector<std::string> lacking;
  for (const TitleColumn& column : KnownTitleColumns()) {
    if (column.required && FindColumn(header, column) < 0) lacking.emplace_back(column.name);
  }
  if (lacking.empty()) return;
  ThrowLacking(label, "no table of titles", lacking, header);
}

}  // namespace

const std::vector<std::string>& TitleColumns() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const TitleColumn& column : KnownTitleColumns()) all.emplace_back(column.name);
    return all;
  }();
  return names;
}

TitlesFile OpenTitles(const fs::path& path) {
  auto [files, name] = FindTable(path);
  DelimitedOptions options;
  const std::vector<std::string> header = ReadHeader(*files, name, options, path.string());
  CheckRequired(header, path.string());
  options.num_fields = header.size();
  TableFormat format{.table = "titles",
                     .file = name,
                     .shown_file = name,
                     .delimited = options,
                     .has_header = true};
  TitlesFile titles;
  for (const TitleColumn& column : KnownTitleColumns()) {
    const int field = FindColumn(header, column);
    format.columns.push_back({column.name, field});
    if (field < 0) titles.missing.emplace_back(column.name);
  }
  titles.table = MakeTable(std::move(format), files);
  return titles;
}

RawTable OpenColumns(const fs::path& path, const std::vector<std::string>& columns) {
  const std::shared_ptr<const FileTree> files = OpenSingleFile(path);
  const std::string name = path.filename().string();
  DelimitedOptions options;
  const std::vector<std::string> header = ReadHeader(*files, name, options, path.string());
  options.num_fields = header.size();
  TableFormat format{.table = path.stem().string(),
                     .file = name,
                     .shown_file = name,
                     .delimited = options,
                     .has_header = true};
  std::vector<std::string> lacking;
  for (const std::string& column : columns) {
    const auto found = std::find(header.begin(), header.end(), column);
    if (found == header.end()) lacking.push_back(column);
    format.columns.push_back({column, static_cast<int>(found - header.begin())});
  }
  if (!lacking.empty())
    ThrowLacking(path.string(), "not what the pipeline writes", lacking, header);
  return MakeTable(std::move(format), files);
}

}  // namespace marquee::sources
