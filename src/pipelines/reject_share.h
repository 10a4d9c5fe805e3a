// How much of each load was turned away, and whether that is too much.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lake/engine.h"

namespace marquee {

// Where silver keeps the rows that it turned away.
inline constexpr char kRejectsTable[] = "silver.rejects";

struct RejectedReason {
  std::string column;  // "" for the whole line
  std::string reason;
  int64_t rows;
  std::string example;  // "ratings.csv, line 7: '9'"
};

// One table of one load.
struct LoadedTable {
  std::string table;  // "ratings"
  std::string load_id;
  int64_t rows_in;
  std::vector<RejectedReason> reasons;  // most rows first
  int64_t rejected() const;
};

// Counts the rows of `bronze_tables` ("ratings", ...), which must be readable, and of those tables
// in `rejects`, rows in the form of silver.rejects.
std::vector<LoadedTable> CountRejects(lake::Session& session,
                                      const std::vector<std::string>& bronze_tables,
                                      const std::string& rejects);

// Throws failed_precondition for the first table of which a larger share than `max_share` is
// rejected; the message names the three worst reasons and a line for each.
void CheckRejectShare(const std::vector<LoadedTable>& loaded, double max_share);

}  // namespace marquee
