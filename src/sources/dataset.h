// Raw data sets as streams of text rows, as they came: MovieLens releases, CSV files with a column
// mapping.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lake/engine.h"

namespace marquee::sources {

// One raw table. The row source gives, in this order: `columns` (VARCHAR, null for an absent
// field), source_file (VARCHAR, the file's name within the data set), line (BIGINT, 1-based line on
// which the record starts), malformed (VARCHAR: why the line could not be split into columns, null
// when it could), raw_line (VARCHAR: the line when malformed, else null). All text is valid UTF-8.
// A malformed line never stops the stream.
struct RawTable {
  std::string name;  // "ratings", "items", "users", "tags", "links"
  std::vector<std::string> columns;
  int64_t size_bytes;  // of its file, for progress
  std::function<std::shared_ptr<lake::RowSource>()> open;
};

// The columns of each raw table, the same for every source:
//   ratings  user_id, item_id, rating, timestamp
//   items    item_id, title, genres ('|' between), release_date
//   users    user_id, gender, age, occupation, zip_code
//   tags     user_id, item_id, tag, timestamp
//   links    item_id, imdb_id, tmdb_id
struct Dataset {
  std::string name;         // "movielens-1m", "csv"
  std::string fingerprint;  // changes when a file of it changes (names, sizes, modification times)
  std::string notice;       // licence line to show, or ""
  std::vector<RawTable> tables;
};

struct OpenOptions {
  std::string source = "auto";  // auto, movielens, csv
  // csv: user, item, rating, timestamp, title, genres, year -> column name of the header. A key
  // that is left out is looked for under its usual names (userId, user_id, ...).
  std::map<std::string, std::string> mapping;
};

// The rating of every row of a CSV file without a rating column: seen means liked, so that whatever
// counts high ratings as positive counts these.
inline constexpr char kImplicitRating[] = "5";

// `path`: a MovieLens release folder or zip (100K, 1M, 10M, 20M, 25M, 32M, latest-small: told apart
// by their files) or the folder above it, or a CSV file with a header. A CSV file with a title or
// genres column also gives items, one row a line of the file: the same item comes repeatedly, and
// release_date is its year column as it is. Users, tags and links are there when the release has
// them. Throws not_found for a missing path;
// invalid_argument when it is neither, saying what was looked for, or when the mapping names a
// column the header lacks (listing the header).
Dataset OpenDataset(const std::filesystem::path& path, const OpenOptions& options);

}  // namespace marquee::sources
