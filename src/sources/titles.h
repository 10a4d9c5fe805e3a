// A table of titles with what a streaming catalogue says of each: netflix_titles.csv of Kaggle, in
// the column sets of all its editions.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sources/dataset.h"

namespace marquee::sources {

// The columns of the raw table, as its newest edition orders them: show_id, type, title, director,
// cast, country, date_added, release_year, rating, duration, listed_in, description.
const std::vector<std::string>& TitleColumns();

struct TitlesFile {
  RawTable table;                    // "titles", with TitleColumns()
  std::vector<std::string> missing;  // columns that the file lacks: null in every row
};

// `path`: a CSV file with a header, or a zip archive that holds one. Columns stand in any order,
// under their names or usual others (genres, actors, ...), without regard to case; others are
// passed over. director, cast, country, date_added and description may be missing. Throws not_found
// for a missing path; invalid_argument for a file that is empty, is no table, or lacks another
// column, naming those that are missing and those that were found.
TitlesFile OpenTitles(const std::filesystem::path& path);

// A CSV file whose header has all of `columns`, under just these names and in any order: what the
// pipeline of titles wrote. Throws as OpenTitles does.
RawTable OpenColumns(const std::filesystem::path& path, const std::vector<std::string>& columns);

}  // namespace marquee::sources
