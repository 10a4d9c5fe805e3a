// Internal: what the source of a model version means.
#pragma once

#include <string>

#include "tracking/model_registry.h"
#include "tracking/sql.h"

namespace marquee::tracking {

struct ModelSource {
  std::string location;  // where the files are
  std::string run_id;    // that it is of, when the version does not name one
};

// Throws invalid_argument for a source that leads elsewhere than it says ("..", also escaped), a
// local path outside the artifacts of the version's run, and http; not_found for a run or model
// that is named and not there.
ModelSource ResolveSource(Session& session, const NewModelVersion& version);

}  // namespace marquee::tracking
