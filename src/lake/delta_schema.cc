#include "lake/delta_schema.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

namespace marquee::lake {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kPrimitives = {{
    {"long", "BIGINT"},
    {"integer", "INTEGER"},
    {"short", "SMALLINT"},
    {"byte", "TINYINT"},
    {"double", "DOUBLE"},
    {"float", "FLOAT"},
    {"string", "VARCHAR"},
    {"boolean", "BOOLEAN"},
    {"binary", "BLOB"},
    {"date", "DATE"},
    {"timestamp", "TIMESTAMP WITH TIME ZONE"},
    {"timestamp_ntz", "TIMESTAMP"},
}};

// What a column of a type without a Delta counterpart is best cast to.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kCasts = {{
    {"HUGEINT", "BIGINT"},
    {"UHUGEINT", "BIGINT"},
    {"UBIGINT", "BIGINT"},
    {"UINTEGER", "BIGINT"},
    {"USMALLINT", "INTEGER"},
    {"UTINYINT", "SMALLINT"},
    {"UUID", "VARCHAR"},
    {"TIME", "VARCHAR"},
    {"TIME WITH TIME ZONE", "VARCHAR"},
    {"INTERVAL", "VARCHAR"},
    {"BIT", "VARCHAR"},
    {"TIMESTAMP", "TIMESTAMPTZ"},
    {"TIMESTAMP_S", "TIMESTAMPTZ"},
    {"TIMESTAMP_MS", "TIMESTAMPTZ"},
    {"TIMESTAMP_NS", "TIMESTAMPTZ"},
    {"\"NULL\"", "VARCHAR"},
}};

bool IsDecimal(std::string_view type) {
  return type.starts_with("decimal(") && type.ends_with(")") &&
         type.find_first_not_of("0123456789, ", 8) == type.size() - 1;
}

[[noreturn]] void ThrowUnknownType(const Json& type, std::string_view column) {
  throw Error(Code::kFailedPrecondition,
              StrCat("column ", column, ": type ", type.Dump(), " is not supported"),
              "read the table with the program that wrote it, and write the column as a type of "
              "Delta's first protocol");
}

std::string StructSql(const Json& type, std::string_view column) {
  std::string sql = "STRUCT(";
  const char* separator = "";
  for (const Json& field : type.At("fields").AsArray()) {
    sql += StrCat(separator, SqlName(field.At("name").AsString()), " ",
                  SqlTypeOf(field.At("type"), column));
    separator = ", ";
  }
  return sql + ")";
}

// Reads one type from DuckDB's spelling: NAME[(...)] followed by any number of [] or [n].
class TypeReader {
 public:
  TypeReader(std::string_view text, std::string_view column) : rest_(text), column_(column) {}

  Json ReadAll() {
    Json type = Read();
    if (!rest_.empty()) Refuse(rest_);
    return type;
  }

 private:
  Json Read();
  Json ReadStruct();
  Json ReadMap();
  Json ReadPlain();
  std::string ReadName();
  bool Take(std::string_view token);
  void Expect(std::string_view token);
  // Up to the ',' or ')' that ends this type, quotes and brackets counted.
  std::string_view TakeWord();
  [[noreturn]] void Refuse(std::string_view type) const;

  std::string_view rest_;
  std::string_view column_;
};

bool TypeReader::Take(std::string_view token) {
  if (!rest_.starts_with(token)) return false;
  rest_.remove_prefix(token.size());
  return true;
}

void TypeReader::Expect(std::string_view token) {
  if (!Take(token)) Refuse(rest_);
}

void TypeReader::Refuse(std::string_view type) const {
  std::string_view cast = "VARCHAR";
  for (const auto& [from, to] : kCasts) {
    if (from == type) cast = to;
  }
  throw Error(Code::kInvalidArgument,
              StrCat("column ", column_, ": type ", type, " has no counterpart in Delta tables"),
              StrCat("cast it: cast(", column_, " as ", cast, ")"));
}

Json TypeReader::Read() {
  Json type;
  if (Take("STRUCT(")) {
    type = ReadStruct();
  } else if (Take("MAP(")) {
    type = ReadMap();
  } else {
    type = ReadPlain();
  }
  while (Take("[")) {
    const size_t end = rest_.find(']');
    if (end == std::string_view::npos) Refuse(rest_);
    rest_.remove_prefix(end + 1);
    type = Json::MakeObject(
        {{"type", "array"}, {"elementType", std::move(type)}, {"containsNull", true}});
  }
  return type;
}

Json TypeReader::ReadStruct() {
  Json fields = Json::MakeArray();
  do {
    Json field = Json::MakeObject({{"name", ReadName()}});
    Expect(" ");
    field["type"] = Read();
    field["nullable"] = true;
    field["metadata"] = Json::MakeObject();
    fields.Append(std::move(field));
  } while (Take(", "));
  Expect(")");
  return Json::MakeObject({{"type", "struct"}, {"fields", std::move(fields)}});
}

Json TypeReader::ReadMap() {
  Json key = Read();
  Expect(", ");
  Json value = Read();
  Expect(")");
  return Json::MakeObject({{"type", "map"},
                           {"keyType", std::move(key)},
                           {"valueType", std::move(value)},
                           {"valueContainsNull", true}});
}

std::string TypeReader::ReadName() {
  if (!Take("\"")) {
    const size_t end = rest_.find(' ');
    if (end == std::string_view::npos) Refuse(rest_);
    const std::string name(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return name;
  }
  std::string name;
  for (;;) {
    const size_t quote = rest_.find('"');
    if (quote == std::string_view::npos) Refuse(rest_);
    name += rest_.substr(0, quote);
    rest_.remove_prefix(quote + 1);
    if (!Take("\"")) return name;
    name += '"';
  }
}

std::string_view TypeReader::TakeWord() {
  size_t depth = 0;
  bool quoted = false;
  size_t end = 0;
  for (; end < rest_.size(); ++end) {
    const char c = rest_[end];
    if (c == '\'') quoted = !quoted;
    if (quoted) continue;
    if (depth == 0 && (c == ',' || c == ')' || c == '[')) break;
    if (c == '(') ++depth;
    if (c == ')') --depth;
  }
  const std::string_view word = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return word;
}

Json TypeReader::ReadPlain() {
  const std::string_view word = TakeWord();
  if (word == "JSON" || word.starts_with("ENUM(")) return "string";
  if (word.starts_with("DECIMAL(")) return AsciiLower(word);
  for (const auto& [delta, sql] : kPrimitives) {
    if (sql == word && delta != "timestamp_ntz") return delta;
  }
  Refuse(word);
}

}  // namespace

std::string SqlTypeOf(const Json& delta_type, std::string_view column) {
  if (delta_type.is_string()) {
    const std::string& name = delta_type.AsString();
    if (IsDecimal(name)) return ReplaceAll(name, "decimal", "DECIMAL");
    for (const auto& [delta, sql] : kPrimitives) {
      if (delta == name) return std::string(sql);
    }
    ThrowUnknownType(delta_type, column);
  }
  const std::string kind = delta_type.GetString("type");
  if (kind == "struct") return StructSql(delta_type, column);
  if (kind == "array") return SqlTypeOf(delta_type.At("elementType"), column) + "[]";
  if (kind == "map") {
    return StrCat("MAP(", SqlTypeOf(delta_type.At("keyType"), column), ", ",
                  SqlTypeOf(delta_type.At("valueType"), column), ")");
  }
  ThrowUnknownType(delta_type, column);
}

Json DeltaTypeOf(std::string_view sql_type, std::string_view column) {
  return TypeReader(sql_type, column).ReadAll();
}

void CheckColumnName(std::string_view name) {
  const size_t bad = name.find_first_of(" ,;{}()\n\t=");
  if (!name.empty() && bad == std::string_view::npos) return;
  throw Error(Code::kInvalidArgument,
              StrCat("column name '", name,
                     "': readers of Delta tables refuse an empty name and "
                     "any of the characters blank , ; { } ( ) = tab newline"),
              "name it in the select: ... as other_name");
}

std::string SchemaString(const std::vector<Field>& fields) {
  Json list = Json::MakeArray();
  for (const Field& field : fields) {
    Json metadata = Json::MakeObject();
    if (!field.comment.empty()) metadata["comment"] = field.comment;
    list.Append(Json::MakeObject({{"name", field.name},
                                  {"type", field.type},
                                  {"nullable", true},
                                  {"metadata", std::move(metadata)}}));
  }
  return Json::MakeObject({{"type", "struct"}, {"fields", std::move(list)}}).Dump();
}

std::vector<Field> ParseSchema(std::string_view schema_string) {
  const Json schema = Json::Parse(schema_string);
  if (schema.At("type") != Json("struct")) {
    throw Error(Code::kInvalidArgument, "the schema is not a struct");
  }
  std::vector<Field> fields;
  for (const Json& field : schema.At("fields").AsArray()) {
    const Json* metadata = field.Find("metadata");
    const Json* comment = metadata ? metadata->Find("comment") : nullptr;
    fields.push_back({field.At("name").AsString(), field.At("type"),
                      comment && comment->is_string() ? comment->AsString() : std::string()});
  }
  return fields;
}

std::string LayoutOf(const std::vector<Field>& fields,
                     const std::vector<std::string>& partition_columns) {
  Hasher hasher(HashKind::kSha256);
  for (const Field& field : fields) {
    const bool is_folder = std::find(partition_columns.begin(), partition_columns.end(),
                                     field.name) != partition_columns.end();
    if (!is_folder) hasher.Update(StrCat(field.name, " ", field.type.Dump(), "\n"));
  }
  return hasher.Finish().substr(0, 16);
}

}  // namespace marquee::lake
