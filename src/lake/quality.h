// Data quality: the profile of a table, and the report of a load.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "lake/engine.h"

namespace marquee::lake {

// Where a profile's quantiles are taken.
inline constexpr double kProfileQuantiles[] = {.05, .25, .5, .75, .95};

// From so many rows on, distinct counts (HyperLogLog) and quantiles (t-digest) are estimates, near
// enough to see a change and a fraction of the memory.
inline constexpr int64_t kExactProfileRows = 1'000'000;

struct ColumnProfile {
  std::string name;
  std::string sql_type;
  int64_t missing = 0;
  int64_t distinct = 0;  // without missing
  // A number, a truth value, text (its first 200 characters) or a time (ISO, UTC); null when there
  // is none: all missing, or a list.
  Json min{};
  Json max{};
  std::vector<Json> quantiles{};  // at kProfileQuantiles; empty but for numbers and times
};

struct TableProfile {
  std::string table;
  int64_t rows = 0;
  bool exact = true;  // distinct counts and quantiles, see kExactProfileRows
  std::vector<ColumnProfile> columns{};

  Json ToJson() const;
  // A page for the terminal, at most 100 columns wide.
  std::string ToText() const;
};

// Profiles the rows of `from`: a table or view ("silver.ratings"), or a query in parentheses, under
// the name `table`. Two passes, the first a count. Throws what Session throws.
TableProfile ProfileTable(Session& session, std::string_view table, std::string_view from);

struct RejectCount {
  std::string column;
  std::string reason{};
  int64_t rows = 0;
};

struct TableLoad {
  std::string table;
  int64_t version = 0;  // of the table that the load made
  int64_t rows_in = 0;
  int64_t rows_out = 0;
  std::vector<RejectCount> rejects{};

  int64_t rejected() const;
  // Neither written nor rejected: an earlier row of the same key, replaced by a later one.
  int64_t replaced() const { return rows_in - rows_out - rejected(); }
};

// What a load did.
struct LoadReport {
  std::string load_id;
  std::string dataset;
  int64_t loaded_at_ms = 0;
  double seconds = 0;
  std::vector<TableLoad> tables{};
  int64_t users = 0;  // after the load; new_users of them by it
  int64_t items = 0;
  int64_t new_users = 0;
  int64_t new_items = 0;
  // The time span of the interactions; nothing when there are none.
  std::optional<int64_t> first_ms{};
  std::optional<int64_t> last_ms{};
  std::vector<TableProfile> profiles{};

  Json ToJson() const;
  // A page for the terminal, at most 100 columns wide.
  std::string ToText() const;
};

}  // namespace marquee::lake
