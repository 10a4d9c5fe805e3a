// Internal: runs whole, from their rows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tracking/entities.h"
#include "tracking/sql.h"

namespace marquee::tracking {

// In the order of `runs`. A handful of statements for each 500.
std::vector<Run> ReadRuns(Session& session, std::span<const int64_t> runs);

// Throws not_found.
RunInfo ReadRunInfo(Session& session, const std::string& run_id);

}  // namespace marquee::tracking
