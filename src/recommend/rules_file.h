// The rules of a home, followed while it serves.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/watched_file.h"
#include "recommend/engine.h"

namespace marquee {

// Not thread-safe; the engine, which must outlive it, is.
class RulesFile {
 public:
  RulesFile(std::filesystem::path path, RecommendEngine& engine)
      : file_(std::move(path)), engine_(engine) {}

  // Takes up the rules as they are in the file and at that time; without a file there are none.
  // Throws what ReadRules throws.
  void Load(int64_t now_ms);
  // The same when the file changed or rules begin or end, else next to nothing: called a few times
  // a second. A file that cannot be read leaves the old rules; the reason goes to the log and to
  // RecommendEngine::rules_state.
  void Poll(int64_t now_ms);

 private:
  void Read(int64_t now_ms);

  WatchedFile file_;
  RecommendEngine& engine_;
};

}  // namespace marquee
