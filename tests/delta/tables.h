// Tables for the tests with real readers and writers.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace marquee::lake {

// $MARQUEE_SHARED, or ../shared.
std::filesystem::path Shared();
std::string ShellQuoted(const std::string& text);

// A select of every type that Delta has, with nulls, extremes and texts that need care.
std::string AllTypes(int from, int to);
// A select with a column `genre` whose values are hard to name a folder by.
std::string OddPartitions();

// Writes tables of several versions into the layer `ours` of the lake at `root`.
void WriteTables(const std::filesystem::path& root);

struct Comparison {
  std::vector<std::string> same;         // "theirs.types version 3"
  std::vector<std::string> differences;  // the same with what differs
};
// Compares the versions of the lake's tables with the rows that another reader found in them,
// <root>/expected/<layer>.<name>.<version>.parquet, a file or a folder of files.
Comparison CompareTables(const std::filesystem::path& root);

}  // namespace marquee::lake
