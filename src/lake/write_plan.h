// What a write changes in a table's log. Inside the module only.
#pragma once

#include <cstdint>
#include <vector>

#include "lake/actions.h"
#include "lake/data_files.h"
#include "lake/lake.h"

namespace marquee::lake {

// Throws invalid_argument for a request that contradicts itself.
void CheckWriteRequest(const WriteRequest& request);

// The actions of the request on top of `base` (null: a new table), commitInfo first. Throws
// failed_precondition when the columns or partitions do not fit the table, or it needs a feature
// we lack.
std::vector<Action> PlanWrite(const TableState* base, const WriteRequest& request,
                              const std::vector<Field>& fields, const DataFiles& files,
                              int64_t timestamp_ms);

// Throws failed_precondition when the request and a commit that came first cannot both stand.
void CheckWinner(const WriteRequest& request, int64_t version, const std::vector<Action>& actions);

// commitInfo as every commit of ours has it.
CommitInfo MakeCommitInfo(const TableState* base, std::string_view operation, Json parameters,
                          bool is_blind_append, int64_t timestamp_ms);

}  // namespace marquee::lake
