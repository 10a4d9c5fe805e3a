// A JSON value: what is read from and written to files, the wire and the terminal.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace marquee {

// Null, bool, int64, double, string, array or object. Objects keep the order in which keys were
// added; a key stands once.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(int64_t{value}) {}
  Json(unsigned value) : value_(int64_t{value}) {}
  Json(long value) : value_(int64_t{value}) {}
  Json(long long value) : value_(static_cast<int64_t>(value)) {}
  Json(unsigned long value) : value_(static_cast<int64_t>(value)) {}
  Json(unsigned long long value) : value_(static_cast<int64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(float value) : value_(double{value}) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}

  // Json::MakeObject({{"a", 1}, {"b", "x"}})
  struct Entry;
  static Json MakeObject(std::initializer_list<Entry> entries = {});
  static Json MakeArray() { return Json(Array{}); }

  // Throws invalid_argument with the byte offset for text that is not one JSON value; depth is
  // limited to 64. A number beyond int64 becomes a double, and every double is the nearest to its
  // text. A repeated key keeps its last value. O(n log n).
  static Json Parse(std::string_view text);
  // One line; UTF-8. NaN and infinities are written as null.
  std::string Dump() const;
  // Indented by two blanks a level.
  std::string Pretty() const;

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_int() const { return std::holds_alternative<int64_t>(value_); }
  bool is_number() const { return is_int() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  // The value as that type; throws invalid_argument that says what was found. AsDouble takes an int
  // too.
  bool AsBool() const;
  int64_t AsInt() const;
  double AsDouble() const;
  const std::string& AsString() const;
  const Array& AsArray() const;
  Array& AsArray();
  const Object& AsObject() const;

  // Objects. Find: the value of `key`, or null when absent (or when this is no object). At: throws
  // invalid_argument that names the missing key. operator[]: adds the key when absent, making an
  // object of a null.
  const Json* Find(std::string_view key) const;
  const Json& At(std::string_view key) const;
  Json& operator[](std::string_view key);
  // As[Type] of the value of `key`, or `fallback` when it is absent or null.
  std::string GetString(std::string_view key, std::string fallback = {}) const;
  int64_t GetInt(std::string_view key, int64_t fallback = 0) const;
  double GetDouble(std::string_view key, double fallback = 0) const;
  bool GetBool(std::string_view key, bool fallback = false) const;

  // Arrays: makes an array of a null.
  void Append(Json value);
  // Elements of an array or entries of an object, else 0.
  size_t size() const;

  bool operator==(const Json&) const = default;

 private:
  friend class JsonBuilder;  // of Parse

  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> value_;
};

// Mutable, for an initializer_list is const and its entries are to be moved from.
struct Json::Entry {
  mutable std::string key;
  mutable Json value;
};

// Appends what Json(text).Dump() gives, for writers of much text.
void AppendJsonString(std::string_view text, std::string* out);

}  // namespace marquee
