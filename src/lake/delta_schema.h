// Delta's column types against SQL's. Inside the module only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "lake/lake.h"

namespace marquee::lake {

// "BIGINT" for "long", "STRUCT(\"a\" BIGINT)" for a struct: the type to read a column as. Throws
// failed_precondition that names `column` for a type that is not known here.
std::string SqlTypeOf(const Json& delta_type, std::string_view column);

// The other way, from a type as DuckDB spells it. Throws invalid_argument that names `column`, the
// type and the cast to use for a type that Delta lacks.
Json DeltaTypeOf(std::string_view sql_type, std::string_view column);

// Throws invalid_argument for a name that Delta's readers refuse in Parquet.
void CheckColumnName(std::string_view name);

// metaData.schemaString and back. ParseSchema throws invalid_argument for what is no schema.
std::string SchemaString(const std::vector<Field>& fields);
std::vector<Field> ParseSchema(std::string_view schema_string);

// The tag of a file in the log that names the columns it was written with, and its value for them:
// a hash of the names and types of all that are not partition columns, in order.
inline constexpr char kLayoutTag[] = "marquee.layout";
std::string LayoutOf(const std::vector<Field>& fields,
                     const std::vector<std::string>& partition_columns);

}  // namespace marquee::lake
