#include "flow/toml_fields.h"

#include <utility>

#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "flow/times.h"

namespace marquee::flow {

TomlFields::TomlFields(const TomlDocument& document, const Json& table, std::string path,
                       std::string what)
    : document_(document), table_(table), path_(std::move(path)), what_(std::move(what)) {}

std::string TomlFields::PathOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : StrCat(path_, ".", key);
}

void TomlFields::Refuse(std::string_view key, std::string_view message,
                        std::string_view hint) const {
  throw Error(Code::kInvalidArgument, StrCat(document_.Where(PathOf(key)), ": ", message),
              std::string(hint));
}

void TomlFields::RefuseType(std::string_view key, std::string_view wanted) const {
  Refuse(key, StrCat(key, " is ", table_.At(key).Dump(), ": must be ", wanted));
}

const Json* TomlFields::Value(std::string_view key) {
  known_.emplace(key);
  return table_.Find(key);
}

bool TomlFields::Has(std::string_view key) const { return table_.Find(key) != nullptr; }

std::string TomlFields::Text(std::string_view key, std::string fallback) {
  const Json* const value = Value(key);
  if (value == nullptr) return fallback;
  if (!value->is_string()) RefuseType(key, "a text");
  return value->AsString();
}

std::string TomlFields::RequiredText(std::string_view key) {
  if (std::string text = Text(key); !text.empty()) return text;
  Refuse(key, StrCat("the ", what_, " has no ", key), StrCat("add ", key, " = \"...\""));
}

bool TomlFields::Bool(std::string_view key, bool fallback) {
  const Json* const value = Value(key);
  if (value == nullptr) return fallback;
  if (!value->is_bool()) RefuseType(key, "true or false");
  return value->AsBool();
}

int64_t TomlFields::Int(std::string_view key, int64_t fallback, int64_t min, int64_t max) {
  const Json* const value = Value(key);
  if (value == nullptr) return fallback;
  if (!value->is_int() || value->AsInt() < min || value->AsInt() > max) {
    RefuseType(key, StrCat(min, " to ", max));
  }
  return value->AsInt();
}

int64_t TomlFields::Duration(std::string_view key, int64_t fallback_ms) {
  const Json* const value = Value(key);
  if (value == nullptr) return fallback_ms;
  const auto ms = value->is_string() ? ParseDuration(value->AsString()) : std::nullopt;
  if (!ms) RefuseType(key, "a time as \"90s\", \"5m\", \"2h\", \"1d\"");
  return *ms;
}

int64_t TomlFields::Bytes(std::string_view key) {
  const Json* const value = Value(key);
  if (value == nullptr) return 0;
  if (!value->is_string()) RefuseType(key, "a size as \"512MB\"");
  int64_t bytes = 0;
  At(key, [&] { bytes = ParseBytes(value->AsString(), key); });
  return bytes;
}

std::optional<int64_t> TomlFields::Time(std::string_view key) {
  const Json* const value = Value(key);
  if (value == nullptr) return std::nullopt;
  const auto us = value->is_string() ? ParseTime(value->AsString()) : std::nullopt;
  if (!us) RefuseType(key, "a date as 2026-01-31, with a time if need be");
  return us;
}

std::vector<std::string> TomlFields::Texts(std::string_view key) {
  const Json* const value = Value(key);
  if (value == nullptr) return {};
  if (value->is_string()) return {value->AsString()};
  if (!value->is_array()) RefuseType(key, "a list of texts");
  std::vector<std::string> texts;
  for (const Json& element : value->AsArray()) {
    if (!element.is_string()) RefuseType(key, "a list of texts");
    texts.push_back(element.AsString());
  }
  return texts;
}

const Json& TomlFields::Table(std::string_view key) {
  static const Json empty = Json::MakeObject();
  const Json* const value = Value(key);
  if (value == nullptr) return empty;
  if (!value->is_object()) RefuseType(key, "a table");
  return *value;
}

void TomlFields::RefuseUnknown() const {
  for (const auto& [key, value] : table_.AsObject()) {
    if (known_.contains(key)) continue;
    const std::vector<std::string> known(known_.begin(), known_.end());
    Refuse(key, StrCat("unknown key '", key, "' of a ", what_, DidYouMean(key, known)),
           StrCat("a ", what_, " has ", Join(known, ", ")));
  }
}

void TomlFields::At(std::string_view key, const std::function<void()>& read) const {
  try {
    read();
  } catch (const Error& error) {
    throw error.WithContext(document_.Where(PathOf(key)));
  }
}

}  // namespace marquee::flow
