// Where the titles come from. Inside the module only.
#pragma once

#include <filesystem>
#include <string>

#include "titles/task.h"

namespace marquee::titles {

// For people: a path, a URL without its query, a data set of Kaggle, or the file of an earlier run.
std::string DescribeSource(TaskContext& context);
// Throws not_found for a path that is not there, unauthenticated for Kaggle without credentials,
// and not_found when there is no source and no file from an earlier run.
void CheckSource(TaskContext& context);
// Puts what the source holds at `file`, whole, once it is known to be a table of titles. False when
// no source is named and the file that is there stays. Throws what CheckSource, FetchFile and
// OpenTitles throw.
bool FetchSource(TaskContext& context, const std::filesystem::path& file);

}  // namespace marquee::titles
