// DuckDB's types and values as text. Inside the module only.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::lake {

// A column's type, read once so that values need no further look-ups.
struct ValueType {
  duckdb_type id = DUCKDB_TYPE_INVALID;
  duckdb_type storage = DUCKDB_TYPE_INVALID;  // of DECIMAL and ENUM
  uint8_t width = 0;                          // of DECIMAL
  uint8_t scale = 0;                          // of DECIMAL
  uint64_t array_size = 0;
  std::vector<std::string> labels;  // values of an ENUM, names of a STRUCT's parts
  std::vector<ValueType> children;  // element of LIST and ARRAY; key, value of MAP; parts of STRUCT
};

ValueType ReadValueType(duckdb_logical_type type);
// "DECIMAL(18,3)", "VARCHAR[]"
std::string SqlTypeName(const ValueType& type);

bool IsValid(duckdb_vector vector, uint64_t row);
std::string_view TextAt(duckdb_vector vector, uint64_t row);
// The value as text, "" for null; a nested one as JSON. Throws invalid_argument for the few types
// that have no text here (UNION, BIT, BIGNUM, TIME WITH TIME ZONE).
std::string DisplayValue(const ValueType& type, duckdb_vector vector, uint64_t row);

}  // namespace marquee::lake
