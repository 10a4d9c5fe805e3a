// Runs as text for people, and as tables for programs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "tracking/entities.h"

namespace marquee::cli {

// "2024-01-05 01:02:03"
std::string StartOf(const tracking::RunInfo& info);
// The latest of the metric as text; "" when there is none.
std::string MetricText(const tracking::Run& run, const std::string& key);

// A row a run, with these metrics.
std::string RunsText(std::span<const tracking::Run> runs, const std::vector<std::string>& metrics);
// All there is of one run, with the paths of its files.
std::string RunText(const tracking::Run& run, const std::vector<std::string>& files);
// {"params": {key: [of each run]}, "metrics": {...}}: what is not the same in all of them; null
// where one has no such.
Json Differences(std::span<const tracking::Run> runs);
std::string DifferencesText(std::span<const tracking::Run> runs);
// RFC 4180, a row a run: run_id, name, status, start and end, then params.*, metrics.* and tags.*
// of all of them by name.
std::string RunsCsv(std::span<const tracking::Run> runs);

}  // namespace marquee::cli
