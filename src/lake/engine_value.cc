#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/check.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "lake/engine_value_internal.h"

namespace marquee::lake {
namespace {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 Uint128;

struct TypeName {
  duckdb_type id;
  std::string_view name;
};

constexpr TypeName kTypeNames[] = {
    {DUCKDB_TYPE_BOOLEAN, "BOOLEAN"},
    {DUCKDB_TYPE_TINYINT, "TINYINT"},
    {DUCKDB_TYPE_SMALLINT, "SMALLINT"},
    {DUCKDB_TYPE_INTEGER, "INTEGER"},
    {DUCKDB_TYPE_BIGINT, "BIGINT"},
    {DUCKDB_TYPE_UTINYINT, "UTINYINT"},
    {DUCKDB_TYPE_USMALLINT, "USMALLINT"},
    {DUCKDB_TYPE_UINTEGER, "UINTEGER"},
    {DUCKDB_TYPE_UBIGINT, "UBIGINT"},
    {DUCKDB_TYPE_FLOAT, "FLOAT"},
    {DUCKDB_TYPE_DOUBLE, "DOUBLE"},
    {DUCKDB_TYPE_TIMESTAMP, "TIMESTAMP"},
    {DUCKDB_TYPE_DATE, "DATE"},
    {DUCKDB_TYPE_TIME, "TIME"},
    {DUCKDB_TYPE_INTERVAL, "INTERVAL"},
    {DUCKDB_TYPE_HUGEINT, "HUGEINT"},
    {DUCKDB_TYPE_UHUGEINT, "UHUGEINT"},
    {DUCKDB_TYPE_VARCHAR, "VARCHAR"},
    {DUCKDB_TYPE_BLOB, "BLOB"},
    {DUCKDB_TYPE_TIMESTAMP_S, "TIMESTAMP_S"},
    {DUCKDB_TYPE_TIMESTAMP_MS, "TIMESTAMP_MS"},
    {DUCKDB_TYPE_TIMESTAMP_NS, "TIMESTAMP_NS"},
    {DUCKDB_TYPE_UUID, "UUID"},
    {DUCKDB_TYPE_UNION, "UNION"},
    {DUCKDB_TYPE_BIT, "BIT"},
    {DUCKDB_TYPE_TIME_TZ, "TIME WITH TIME ZONE"},
    {DUCKDB_TYPE_TIMESTAMP_TZ, "TIMESTAMP WITH TIME ZONE"},
    {DUCKDB_TYPE_BIGNUM, "BIGNUM"},
    {DUCKDB_TYPE_SQLNULL, "\"NULL\""},
    {DUCKDB_TYPE_TIME_NS, "TIME_NS"},
};

std::string TakeText(char* text) {
  std::string copy = text;
  duckdb_free(text);
  return copy;
}

ValueType TakeType(duckdb_logical_type type) {
  ValueType read = ReadValueType(type);
  duckdb_destroy_logical_type(&type);
  return read;
}

template <typename T>
T ValueAt(duckdb_vector vector, uint64_t row) {
  return static_cast<const T*>(duckdb_vector_get_data(vector))[row];
}

Uint128 Bits(duckdb_hugeint value) {
  return static_cast<Uint128>(static_cast<uint64_t>(value.upper)) << 64 | value.lower;
}

std::string UnsignedText(Uint128 value) {
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

Uint128 Magnitude(Int128 value) {
  const Uint128 bits = static_cast<Uint128>(value);
  return value < 0 ? ~bits + 1 : bits;
}

std::string SignedText(Int128 value) {
  return (value < 0 ? "-" : "") + UnsignedText(Magnitude(value));
}

Int128 IntegerAt(duckdb_type type, duckdb_vector vector, uint64_t row) {
  switch (type) {
    case DUCKDB_TYPE_TINYINT:
      return ValueAt<int8_t>(vector, row);
    case DUCKDB_TYPE_SMALLINT:
      return ValueAt<int16_t>(vector, row);
    case DUCKDB_TYPE_INTEGER:
      return ValueAt<int32_t>(vector, row);
    case DUCKDB_TYPE_BIGINT:
      return ValueAt<int64_t>(vector, row);
    case DUCKDB_TYPE_UTINYINT:
      return ValueAt<uint8_t>(vector, row);
    case DUCKDB_TYPE_USMALLINT:
      return ValueAt<uint16_t>(vector, row);
    case DUCKDB_TYPE_UINTEGER:
      return ValueAt<uint32_t>(vector, row);
    case DUCKDB_TYPE_UBIGINT:
      return ValueAt<uint64_t>(vector, row);
    default:
      MARQUEE_CHECK(type == DUCKDB_TYPE_HUGEINT);
      return static_cast<Int128>(Bits(ValueAt<duckdb_hugeint>(vector, row)));
  }
}

std::string DecimalText(Int128 value, uint8_t scale) {
  std::string digits = UnsignedText(Magnitude(value));
  if (scale > 0) {
    if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
    digits.insert(digits.size() - scale, ".");
  }
  return value < 0 ? "-" + digits : digits;
}

// The shortest text that reads back as the same number, in DuckDB's form: "1.0", "1e+16".
template <typename Float>
std::string FloatText(Float value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const double size = std::abs(static_cast<double>(value));
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string text(buffer, end.ptr);
  if (plain && text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::string DateText(int32_t days) {
  constexpr int32_t kInfinity = std::numeric_limits<int32_t>::max();
  if (days == kInfinity) return "infinity";
  if (days == -kInfinity) return "-infinity";
  const duckdb_date_struct date = duckdb_from_date({days});
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02d", date.year, date.month, date.day);
  return buffer;
}

// ".5", ".123456" or "": `fraction` of 10^digits without trailing zeros.
std::string FractionText(int64_t fraction, int digits) {
  if (fraction == 0) return "";
  std::string text = std::to_string(fraction);
  text.insert(0, static_cast<size_t>(digits) - text.size(), '0');
  text.erase(text.find_last_not_of('0') + 1);
  return "." + text;
}

std::string ClockText(int64_t seconds) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%02lld:%02lld:%02lld",
                static_cast<long long>(seconds / 3600), static_cast<long long>(seconds / 60 % 60),
                static_cast<long long>(seconds % 60));
  return buffer;
}

// `value` counts 10^-digits seconds since 1970.
std::string TimestampText(int64_t value, int digits, std::string_view between,
                          std::string_view zone) {
  constexpr int64_t kInfinity = std::numeric_limits<int64_t>::max();
  if (value == kInfinity) return "infinity";
  if (value == -kInfinity) return "-infinity";
  int64_t unit = 1;
  for (int i = 0; i < digits; ++i) unit *= 10;
  const int64_t day = unit * 86400;
  int64_t days = value / day;
  int64_t rest = value % day;
  if (rest < 0) {
    rest += day;
    --days;
  }
  return StrCat(DateText(static_cast<int32_t>(days)), between, ClockText(rest / unit),
                FractionText(rest % unit, digits), zone);
}

std::string IntervalText(const duckdb_interval& interval) {
  std::vector<std::string> parts;
  const auto add = [&](int64_t count, std::string_view unit) {
    if (count != 0) parts.push_back(StrCat(count, " ", unit, count == 1 || count == -1 ? "" : "s"));
  };
  add(interval.months / 12, "year");
  add(interval.months % 12, "month");
  add(interval.days, "day");
  if (interval.micros != 0 || parts.empty()) {
    const int64_t micros = std::abs(interval.micros);
    parts.push_back(StrCat(interval.micros < 0 ? "-" : "", ClockText(micros / 1'000'000),
                           FractionText(micros % 1'000'000, 6)));
  }
  return Join(parts, " ");
}

// DuckDB keeps a UUID as a signed number, the first bit flipped so that it sorts as text does.
std::string UuidText(duckdb_hugeint value) {
  const uint64_t high = static_cast<uint64_t>(value.upper) ^ uint64_t { 1 } << 63;
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%08llx-%04llx-%04llx-%04llx-%012llx",
                static_cast<unsigned long long>(high >> 32),
                static_cast<unsigned long long>(high >> 16 & 0xffff),
                static_cast<unsigned long long>(high & 0xffff),
                static_cast<unsigned long long>(value.lower >> 48),
                static_cast<unsigned long long>(value.lower & 0xffffffffffff));
  return buffer;
}

std::string BlobText(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c >= ' ' && c <= '~' && c != '\\' && c != '\'' && c != '"') {
      text.push_back(c);
    } else {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\x%02X", static_cast<unsigned char>(c));
      text += buffer;
    }
  }
  return text;
}

std::string TimeText(duckdb_type type, duckdb_vector vector, uint64_t row) {
  switch (type) {
    case DUCKDB_TYPE_DATE:
      return DateText(ValueAt<int32_t>(vector, row));
    case DUCKDB_TYPE_TIME: {
      const int64_t micros = ValueAt<int64_t>(vector, row);
      return ClockText(micros / 1'000'000) + FractionText(micros % 1'000'000, 6);
    }
    case DUCKDB_TYPE_TIMESTAMP:
      return TimestampText(ValueAt<int64_t>(vector, row), 6, " ", "");
    case DUCKDB_TYPE_TIMESTAMP_S:
      return TimestampText(ValueAt<int64_t>(vector, row), 0, " ", "");
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return TimestampText(ValueAt<int64_t>(vector, row), 3, " ", "");
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return TimestampText(ValueAt<int64_t>(vector, row), 9, " ", "");
    default:
      MARQUEE_CHECK(type == DUCKDB_TYPE_TIMESTAMP_TZ);
      return TimestampText(ValueAt<int64_t>(vector, row), 6, "T", "Z");
  }
}

uint64_t EnumIndex(duckdb_type storage, duckdb_vector vector, uint64_t row) {
  return static_cast<uint64_t>(IntegerAt(storage, vector, row));
}

std::string ScalarText(const ValueType& type, duckdb_vector vector, uint64_t row) {
  switch (type.id) {
    case DUCKDB_TYPE_BOOLEAN:
      return ValueAt<bool>(vector, row) ? "true" : "false";
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
      return SignedText(IntegerAt(type.id, vector, row));
    case DUCKDB_TYPE_UHUGEINT:
      return UnsignedText(Bits(ValueAt<duckdb_hugeint>(vector, row)));
    case DUCKDB_TYPE_DECIMAL:
      return DecimalText(IntegerAt(type.storage, vector, row), type.scale);
    case DUCKDB_TYPE_FLOAT:
      return FloatText(ValueAt<float>(vector, row));
    case DUCKDB_TYPE_DOUBLE:
      return FloatText(ValueAt<double>(vector, row));
    case DUCKDB_TYPE_DATE:
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return TimeText(type.id, vector, row);
    case DUCKDB_TYPE_INTERVAL:
      return IntervalText(ValueAt<duckdb_interval>(vector, row));
    case DUCKDB_TYPE_VARCHAR:
      return std::string(TextAt(vector, row));
    case DUCKDB_TYPE_BLOB:
      return BlobText(TextAt(vector, row));
    case DUCKDB_TYPE_UUID:
      return UuidText(ValueAt<duckdb_hugeint>(vector, row));
    case DUCKDB_TYPE_ENUM:
      return type.labels[EnumIndex(type.storage, vector, row)];
    default:
      throw Error(Code::kInvalidArgument,
                  StrCat("SQL: a value of type ", SqlTypeName(type), " has no text form here"),
                  "cast the column to varchar in the query");
  }
}

Json JsonValue(const ValueType& type, duckdb_vector vector, uint64_t row);

Json JsonElements(const ValueType& type, duckdb_vector child, uint64_t begin, uint64_t count) {
  Json array = Json::MakeArray();
  for (uint64_t i = begin; i < begin + count; ++i) array.Append(JsonValue(type, child, i));
  return array;
}

Json JsonStruct(const ValueType& type, duckdb_vector vector, uint64_t row) {
  Json object = Json::MakeObject();
  for (size_t i = 0; i < type.children.size(); ++i) {
    object[type.labels[i]] =
        JsonValue(type.children[i], duckdb_struct_vector_get_child(vector, i), row);
  }
  return object;
}

// A MAP is a list of {key, value} below.
Json JsonMap(const ValueType& type, duckdb_vector vector, uint64_t row) {
  const auto range = ValueAt<duckdb_list_entry>(vector, row);
  duckdb_vector entries = duckdb_list_vector_get_child(vector);
  duckdb_vector keys = duckdb_struct_vector_get_child(entries, 0);
  duckdb_vector values = duckdb_struct_vector_get_child(entries, 1);
  Json object = Json::MakeObject();
  for (uint64_t i = range.offset; i < range.offset + range.length; ++i) {
    object[DisplayValue(type.children[0], keys, i)] = JsonValue(type.children[1], values, i);
  }
  return object;
}

bool IsNested(duckdb_type id) {
  return id == DUCKDB_TYPE_LIST || id == DUCKDB_TYPE_ARRAY || id == DUCKDB_TYPE_STRUCT ||
         id == DUCKDB_TYPE_MAP;
}

Json JsonNested(const ValueType& type, duckdb_vector vector, uint64_t row) {
  switch (type.id) {
    case DUCKDB_TYPE_LIST: {
      const auto range = ValueAt<duckdb_list_entry>(vector, row);
      return JsonElements(type.children[0], duckdb_list_vector_get_child(vector), range.offset,
                          range.length);
    }
    case DUCKDB_TYPE_ARRAY:
      return JsonElements(type.children[0], duckdb_array_vector_get_child(vector),
                          row * type.array_size, type.array_size);
    case DUCKDB_TYPE_STRUCT:
      return JsonStruct(type, vector, row);
    default:
      return JsonMap(type, vector, row);
  }
}

Json JsonValue(const ValueType& type, duckdb_vector vector, uint64_t row) {
  if (!IsValid(vector, row)) return Json();
  if (IsNested(type.id)) return JsonNested(type, vector, row);
  switch (type.id) {
    case DUCKDB_TYPE_BOOLEAN:
      return Json(ValueAt<bool>(vector, row));
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
      return Json(static_cast<int64_t>(IntegerAt(type.id, vector, row)));
    case DUCKDB_TYPE_FLOAT:
      return Json(ValueAt<float>(vector, row));
    case DUCKDB_TYPE_DOUBLE:
      return Json(ValueAt<double>(vector, row));
    default:
      return Json(ScalarText(type, vector, row));
  }
}

void ReadParts(duckdb_logical_type type, ValueType* read) {
  switch (read->id) {
    case DUCKDB_TYPE_DECIMAL:
      read->storage = duckdb_decimal_internal_type(type);
      read->width = duckdb_decimal_width(type);
      read->scale = duckdb_decimal_scale(type);
      break;
    case DUCKDB_TYPE_ENUM:
      read->storage = duckdb_enum_internal_type(type);
      for (uint32_t i = 0; i < duckdb_enum_dictionary_size(type); ++i) {
        read->labels.push_back(TakeText(duckdb_enum_dictionary_value(type, i)));
      }
      break;
    case DUCKDB_TYPE_LIST:
      read->children.push_back(TakeType(duckdb_list_type_child_type(type)));
      break;
    case DUCKDB_TYPE_ARRAY:
      read->array_size = duckdb_array_type_array_size(type);
      read->children.push_back(TakeType(duckdb_array_type_child_type(type)));
      break;
    case DUCKDB_TYPE_MAP:
      read->children.push_back(TakeType(duckdb_map_type_key_type(type)));
      read->children.push_back(TakeType(duckdb_map_type_value_type(type)));
      break;
    case DUCKDB_TYPE_STRUCT:
      for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
        read->labels.push_back(TakeText(duckdb_struct_type_child_name(type, i)));
        read->children.push_back(TakeType(duckdb_struct_type_child_type(type, i)));
      }
      break;
    default:
      break;
  }
}

}  // namespace

ValueType ReadValueType(duckdb_logical_type type) {
  ValueType read;
  read.id = duckdb_get_type_id(type);
  ReadParts(type, &read);
  return read;
}

std::string SqlTypeName(const ValueType& type) {
  std::vector<std::string> parts;
  switch (type.id) {
    case DUCKDB_TYPE_DECIMAL:
      return StrCat("DECIMAL(", int{type.width}, ",", int{type.scale}, ")");
    case DUCKDB_TYPE_ENUM:
      for (const std::string& label : type.labels) {
        parts.push_back("'" + ReplaceAll(label, "'", "''") + "'");
      }
      return "ENUM(" + Join(parts, ", ") + ")";
    case DUCKDB_TYPE_LIST:
      return SqlTypeName(type.children[0]) + "[]";
    case DUCKDB_TYPE_ARRAY:
      return StrCat(SqlTypeName(type.children[0]), "[", type.array_size, "]");
    case DUCKDB_TYPE_MAP:
      return StrCat("MAP(", SqlTypeName(type.children[0]), ", ", SqlTypeName(type.children[1]),
                    ")");
    case DUCKDB_TYPE_STRUCT:
      for (size_t i = 0; i < type.children.size(); ++i) {
        parts.push_back(StrCat("\"", ReplaceAll(type.labels[i], "\"", "\"\""), "\" ",
                               SqlTypeName(type.children[i])));
      }
      return "STRUCT(" + Join(parts, ", ") + ")";
    default:
      break;
  }
  for (const TypeName& entry : kTypeNames) {
    if (entry.id == type.id) return std::string(entry.name);
  }
  return StrCat("type ", static_cast<int>(type.id));
}

bool IsValid(duckdb_vector vector, uint64_t row) {
  const uint64_t* validity = duckdb_vector_get_validity(vector);
  return !validity || (validity[row / 64] >> row % 64 & 1) != 0;
}

std::string_view TextAt(duckdb_vector vector, uint64_t row) {
  auto& text = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector))[row];
  return {duckdb_string_t_data(&text), duckdb_string_t_length(text)};
}

std::string DisplayValue(const ValueType& type, duckdb_vector vector, uint64_t row) {
  if (!IsValid(vector, row)) return "";
  if (IsNested(type.id)) return JsonNested(type, vector, row).Dump();
  return ScalarText(type, vector, row);
}

}  // namespace marquee::lake
