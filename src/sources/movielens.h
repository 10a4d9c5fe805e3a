// MovieLens releases, told apart by their files.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "sources/byte_source.h"
#include "sources/dataset.h"

namespace marquee::sources {

// The data set whose files are in `files`: at the top, or in a folder of it. `label` names the tree
// in errors. Nothing when there is none; throws invalid_argument when there are several, or when a
// CSV header lacks a column of the release.
//
//   movielens-100k          u.data, u.item (ISO-8859-1, genre flags), u.user
//   movielens-1m            ratings.dat, movies.dat, users.dat (ISO-8859-1)
//   movielens-10m           ratings.dat, movies.dat, no users.dat (UTF-8)
//   movielens-20m and later ratings.csv, movies.csv; which one, its README or else its folder's
//   name
//                           says ("ml-25m"); plain "movielens" when neither does
// A tree of the last layout whose README says marquee-simulated is named "simulated".
std::optional<Dataset> FindMovielens(std::shared_ptr<const FileTree> files,
                                     const std::filesystem::path& label);

// What FindMovielens looks for, for messages.
inline constexpr char kMovielensFiles[] =
    "u.data + u.item, ratings.dat + movies.dat, or ratings.csv + movies.csv";

// A short digest of the names, sizes and modification marks of the files that `tables` read.
std::string Fingerprint(const FileTree& files, const std::vector<std::string>& names,
                        std::string_view settings);

}  // namespace marquee::sources
