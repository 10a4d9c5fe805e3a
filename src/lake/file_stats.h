// Statistics of a Parquet file as Delta's readers want them: they skip files by them, so a bound
// may be left out but never be wrong. Inside the module only.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "lake/lake.h"

namespace marquee::lake {

// The value of "stats": numRecords, and minValues, maxValues and nullCount of the first 32 columns
// that can have them. `column_statistics` is what COPY ... RETURN_STATS gives:
// {"\"name\"": {"min", "max", "null_count", "has_nan"}}, all texts.
Json FileStats(int64_t rows, const Json& column_statistics, const std::vector<Field>& fields);

// `text`, which DuckDB gave for a column of type `delta_type`, as a bound: numbers as numbers,
// times in milliseconds rounded outwards, long texts cut outwards. Nothing where there is no safe
// bound.
std::optional<Json> LowerBound(const Json& delta_type, std::string_view text);
std::optional<Json> UpperBound(const Json& delta_type, std::string_view text);

}  // namespace marquee::lake
