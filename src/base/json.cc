#include "base/json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace marquee {
namespace {

// What stands for a character in a string; empty: itself.
std::string_view EscapeOf(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return {};
  }
}

void DumpValid(std::string_view text, std::string* out) {
  const auto plain = [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
  };
  out->push_back('"');
  while (!text.empty()) {
    const auto end = std::ranges::find_if_not(text, plain);
    out->append(text.begin(), end);
    text.remove_prefix(static_cast<size_t>(end - text.begin()));
    if (text.empty()) break;
    const char c = text.front();
    const std::string_view escape = EscapeOf(c);
    if (escape.empty()) {
      constexpr char kHex[] = "0123456789abcdef";
      *out += "\\u00";
      out->push_back(kHex[c >> 4]);
      out->push_back(kHex[c & 15]);
    }
    *out += escape;
    text.remove_prefix(1);
  }
  out->push_back('"');
}

void DumpDouble(double value, std::string* out) {
  if (!std::isfinite(value)) {
    *out += "null";
    return;
  }
  // The shortest text that reads back as the same double, always recognisable as one.
  char buffer[32];
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e15);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(std::begin(buffer), std::end(buffer), value, format).ptr;
  const std::string_view text(buffer, static_cast<size_t>(end - buffer));
  *out += text;
  if (text.find_first_of(".e") == std::string_view::npos) *out += ".0";
}

// indent < 0: one line.
void DumpValue(const Json& value, int indent, int level, std::string* out) {
  const auto new_line = [&](int at_level) {
    if (indent >= 0) out->append("\n").append(static_cast<size_t>(indent * at_level), ' ');
  };
  if (value.is_null()) {
    *out += "null";
  } else if (value.is_bool()) {
    *out += value.AsBool() ? "true" : "false";
  } else if (value.is_int()) {
    *out += std::to_string(value.AsInt());
  } else if (value.is_number()) {
    DumpDouble(value.AsDouble(), out);
  } else if (value.is_string()) {
    AppendJsonString(value.AsString(), out);
  } else if (value.is_array()) {
    out->push_back('[');
    const char* separator = "";
    for (const Json& element : value.AsArray()) {
      *out += separator;
      new_line(level + 1);
      DumpValue(element, indent, level + 1, out);
      separator = ",";
    }
    if (value.size() > 0) new_line(level);
    out->push_back(']');
  } else {
    out->push_back('{');
    const char* separator = "";
    for (const auto& [key, element] : value.AsObject()) {
      *out += separator;
      new_line(level + 1);
      AppendJsonString(key, out);
      *out += indent >= 0 ? ": " : ":";
      DumpValue(element, indent, level + 1, out);
      separator = ",";
    }
    if (value.size() > 0) new_line(level);
    out->push_back('}');
  }
}

[[noreturn]] void ThrowNotA(std::string_view wanted, const Json& found) {
  std::string text = found.Dump();
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  throw Error(Code::kInvalidArgument, StrCat("JSON: ", text, " is not ", wanted));
}

template <typename T, typename Value>
auto& Get(Value& value, const Json& json, std::string_view wanted) {
  auto* held = std::get_if<T>(&value);
  if (held == nullptr) ThrowNotA(wanted, json);
  return *held;
}

}  // namespace

// What the parser calls: builds the value as its parts come.
class JsonBuilder {
 public:
  using Text = boost::json::string_view;
  using Failure = boost::json::error_code;
  static constexpr size_t max_object_size = SIZE_MAX;
  static constexpr size_t max_array_size = SIZE_MAX;
  static constexpr size_t max_key_size = SIZE_MAX;
  static constexpr size_t max_string_size = SIZE_MAX;

  Json Take() { return std::move(root_); }

  bool on_document_begin(Failure&) { return true; }
  bool on_document_end(Failure&) { return true; }
  bool on_object_begin(Failure&) { return Begin(Json::MakeObject()); }
  bool on_array_begin(Failure&) { return Begin(Json::MakeArray()); }
  bool on_object_end(size_t, Failure&) {
    KeepLastOfEachKey(std::get<Json::Object>(open_.back().value_));
    return End();
  }
  bool on_array_end(size_t, Failure&) { return End(); }
  bool on_key_part(Text part, size_t, Failure&) { return AddPart(part); }
  bool on_key(Text part, size_t, Failure&) {
    AddPart(part);
    auto& object = std::get<Json::Object>(open_.back().value_);
    object.emplace_back(std::exchange(text_, {}), Json());
    return true;
  }
  bool on_string_part(Text part, size_t, Failure&) { return AddPart(part); }
  bool on_string(Text part, size_t, Failure&) {
    AddPart(part);
    return Add(Json(std::exchange(text_, {})));
  }
  bool on_number_part(Text part, Failure&) { return AddPart(part); }
  bool on_int64(int64_t value, Text, Failure&) { return AddNumber(Json(value)); }
  bool on_uint64(uint64_t value, Text, Failure&) {
    return AddNumber(Json(static_cast<double>(value)));
  }
  // The parser's own value may be off in its last bits.
  bool on_double(double value, Text part, Failure&) {
    AddPart(part);
    std::from_chars(text_.data(), text_.data() + text_.size(), value);
    return AddNumber(Json(value));
  }
  bool on_bool(bool value, Failure&) { return Add(Json(value)); }
  bool on_null(Failure&) { return Add(Json()); }
  bool on_comment_part(Text, Failure&) { return true; }
  bool on_comment(Text, Failure&) { return true; }

 private:
  bool AddPart(Text part) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool AddNumber(Json value) {
    text_.clear();
    return Add(std::move(value));
  }
  bool Add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (auto* array = std::get_if<Json::Array>(&open_.back().value_)) {
      array->push_back(std::move(value));
    } else {
      std::get<Json::Object>(open_.back().value_).back().second = std::move(value);
    }
    return true;
  }
  bool Begin(Json container) {
    open_.push_back(std::move(container));
    return true;
  }
  bool End() {
    Json container = std::move(open_.back());
    open_.pop_back();
    return Add(std::move(container));
  }

  static constexpr size_t kFew = 16;
  static bool AreDistinct(const Json::Object& object) {
    for (size_t i = 1; i < object.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (object[i].first == object[j].first) return false;
      }
    }
    return true;
  }

  // At the place where the key stood first.
  static void KeepLastOfEachKey(Json::Object& object) {
    if (object.size() <= kFew && AreDistinct(object)) return;
    std::vector<size_t> order(object.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order,
                             [&](size_t a, size_t b) { return object[a].first < object[b].first; });
    std::vector<char> repeated(object.size(), 0);
    bool any = false;
    size_t first = 0;
    for (size_t i = 1; i < order.size(); ++i) {
      if (object[order[i]].first != object[order[first]].first) {
        first = i;
        continue;
      }
      object[order[first]].second = std::move(object[order[i]].second);
      repeated[order[i]] = 1;
      any = true;
    }
    if (!any) return;
    size_t kept = 0;
    for (size_t i = 0; i < object.size(); ++i) {
      if (repeated[i] == 0) {
        if (kept != i) object[kept] = std::move(object[i]);
        ++kept;
      }
    }
    object.resize(kept);
  }

  Json root_;
  std::vector<Json> open_;  // containers that are not complete, the innermost last
  std::string text_;        // of a key, string or number that comes in parts
};

Json Json::MakeObject(std::initializer_list<Entry> entries) {
  Object object;
  object.reserve(entries.size());
  for (const Entry& entry : entries) {
    object.emplace_back(std::move(entry.key), std::move(entry.value));
  }
  Json json;
  json.value_ = std::move(object);
  return json;
}

Json Json::Parse(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 64;
  boost::json::basic_parser<JsonBuilder> parser(options);
  boost::json::error_code error;
  const size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && !Trim(text.substr(read)).empty()) {
    throw Error(Code::kInvalidArgument, StrCat("JSON at byte ", read, ": text after the value"));
  }
  if (error) {
    throw Error(Code::kInvalidArgument, StrCat("JSON at byte ", read, ": ", error.message()));
  }
  return parser.handler().Take();
}

void AppendJsonString(std::string_view text, std::string* out) {
  if (IsValidUtf8(text)) {
    DumpValid(text, out);
  } else {
    DumpValid(ToValidUtf8(text), out);
  }
}

std::string Json::Dump() const {
  std::string out;
  DumpValue(*this, -1, 0, &out);
  return out;
}

std::string Json::Pretty() const {
  std::string out;
  DumpValue(*this, 2, 0, &out);
  return out;
}

bool Json::AsBool() const { return Get<bool>(value_, *this, "true or false"); }

int64_t Json::AsInt() const { return Get<int64_t>(value_, *this, "a whole number"); }

double Json::AsDouble() const {
  if (const auto* whole = std::get_if<int64_t>(&value_)) return static_cast<double>(*whole);
  return Get<double>(value_, *this, "a number");
}

const std::string& Json::AsString() const { return Get<std::string>(value_, *this, "a string"); }

const Json::Array& Json::AsArray() const { return Get<Array>(value_, *this, "an array"); }

Json::Array& Json::AsArray() { return Get<Array>(value_, *this, "an array"); }

const Json::Object& Json::AsObject() const { return Get<Object>(value_, *this, "an object"); }

const Json* Json::Find(std::string_view key) const {
  const auto* object = std::get_if<Object>(&value_);
  if (object == nullptr) return nullptr;
  const auto found = std::find_if(object->begin(), object->end(),
                                  [&](const auto& entry) { return entry.first == key; });
  return found == object->end() ? nullptr : &found->second;
}

const Json& Json::At(std::string_view key) const {
  const Json* found = Find(key);
  if (found == nullptr)
    throw Error(Code::kInvalidArgument, StrCat("JSON: key '", key, "' is missing"));
  return *found;
}

Json& Json::operator[](std::string_view key) {
  if (is_null()) value_ = Object{};
  auto& object = Get<Object>(value_, *this, "an object");
  for (auto& [name, value] : object) {
    if (name == key) return value;
  }
  return object.emplace_back(std::string(key), Json()).second;
}

std::string Json::GetString(std::string_view key, std::string fallback) const {
  const Json* found = Find(key);
  return found == nullptr || found->is_null() ? std::move(fallback) : found->AsString();
}

int64_t Json::GetInt(std::string_view key, int64_t fallback) const {
  const Json* found = Find(key);
  return found == nullptr || found->is_null() ? fallback : found->AsInt();
}

double Json::GetDouble(std::string_view key, double fallback) const {
  const Json* found = Find(key);
  return found == nullptr || found->is_null() ? fallback : found->AsDouble();
}

bool Json::GetBool(std::string_view key, bool fallback) const {
  const Json* found = Find(key);
  return found == nullptr || found->is_null() ? fallback : found->AsBool();
}

void Json::Append(Json value) {
  if (is_null()) value_ = Array{};
  AsArray().push_back(std::move(value));
}

size_t Json::size() const {
  if (const auto* array = std::get_if<Array>(&value_)) return array->size();
  if (const auto* object = std::get_if<Object>(&value_)) return object->size();
  return 0;
}

}  // namespace marquee
