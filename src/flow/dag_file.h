// DAGs as people declare them: TOML files (docs/flow.md).
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "flow/dag.h"

namespace marquee::flow {

// Throws invalid_argument that begins with "FILE line N" and names the value: for a key that is not
// known, with the nearest one, a value of another type or out of range, a cycle, a template that no
// run could fill in; and what ReadFile throws.
Dag ReadDagFile(const std::filesystem::path& file);

}  // namespace marquee::flow
