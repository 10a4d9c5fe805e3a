// Takes a person out of the lake, of what was made from it, and of the reports.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/import.h"
#include "pipelines/model_store.h"

namespace marquee {

struct EraseResult {
  int64_t rows = 0;                   // of the newest versions
  std::vector<std::string> tables;    // that held the person, in some version
  std::vector<std::string> reports;   // that named the person
  std::vector<std::string> deleted;   // models that kept rows of people and answer nothing
  std::vector<std::string> to_train;  // such models that are published: train them anew
};

// Every table that holds rows of the user is written anew without them, rows of gold closing up,
// and its older versions are deleted with their log. Lines that could not be read go too where they
// hold the id as a word. Manifests of models move on to the new versions: models know items by rows
// and no people, but for user-knn, which keeps rows without names. The next run of the layers makes
// silver and gold anew, and so the next main job trains without the person.
//
// Can be cancelled, killed and repeated: at every moment the tables are whole, and what is
// published can be loaded. Waits for nobody: throws failed_precondition when another writer is
// first again and again. Cost: as reading every version of the tables once, and writing those that
// change.
EraseResult EraseUser(const PipelineRun& run, lake::Lake& lake, ModelStore& models,
                      const std::filesystem::path& reports, std::string_view user_id);

}  // namespace marquee
