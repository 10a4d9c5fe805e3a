// The trials of a search on disk: one JSON line each, so that a search that was ended goes on.
#pragma once

#include <filesystem>
#include <vector>

#include "base/json.h"

namespace marquee {

// The first line says what is searched; each further line is a trial. Not thread-safe, and one
// process at a time.
class TrialJournal {
 public:
  // Goes on with the file, or begins it, with its folder. A last line without its end, which a
  // crash leaves, is cut off. Throws failed_precondition when the file is of another search than
  // `header`, data_loss for a line that is no JSON, and the errors of files.
  TrialJournal(std::filesystem::path path, const Json& header);

  // Those of the file as it was opened, and those appended since.
  const std::vector<Json>& trials() const { return trials_; }
  // On disk when it returns.
  void Append(const Json& trial);

 private:
  void Read(const Json& header);

  std::filesystem::path path_;
  std::vector<Json> trials_;
};

}  // namespace marquee
