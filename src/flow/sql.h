// Internal: the words of database/ in which this module's statements are written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "database/database.h"

namespace marquee::flow {

using database::Dialect;
using database::Rows;
using database::Session;
using database::SqlValue;
using database::SqlValues;

inline SqlValue OrNull(const std::optional<int64_t>& value) {
  return value ? SqlValue(*value) : SqlValue();
}
inline SqlValue OrNull(const std::optional<std::string>& value) {
  return value ? SqlValue(*value) : SqlValue();
}
inline std::optional<int64_t> OptionalInt(const Rows& rows, int column) {
  return rows.IsNull(column) ? std::nullopt : std::optional<int64_t>(rows.Int(column));
}

}  // namespace marquee::flow
