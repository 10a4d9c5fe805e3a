// Everybody there is, page by page: who was loaded, then who came since.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "recommend/engine.h"
#include "records/record_store.h"

namespace marquee {

// Where a walk over all people is: the next user row of the bundle, or behind the last one the last
// id that was passed of the others, who follow by id.
struct PeoplePlace {
  int32_t row = 0;
  std::string after = {};
};

// One walk; sees the people of its beginning. Not thread-safe.
class PeopleWalk {
 public:
  PeopleWalk(const RecommendEngine& engine, const RecordStore& store, PeoplePlace from);

  // The next person, or nothing at the end.
  std::optional<std::string> Next();
  // Where a walk goes on behind the person given last.
  const PeoplePlace& place() const { return place_; }

 private:
  void FindOthers();

  std::shared_ptr<const ModelBundle> bundle_;
  const RecommendEngine& engine_;
  const RecordStore& store_;
  PeoplePlace place_;
  std::optional<std::vector<std::string>> others_;  // ascending; made when they are first wanted
};

}  // namespace marquee
