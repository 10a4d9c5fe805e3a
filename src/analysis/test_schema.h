// For tests: whether a document is what a JSON Schema says, for the words that ours use.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/text.h"

namespace marquee::analysis {

inline bool IsOfType(const Json& value, const std::string& type) {
  if (type == "null") return value.is_null();
  if (type == "integer") return value.is_int();
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "array") return value.is_array();
  return type == "object" && value.is_object();
}

// What breaks the schema, each with its place; none: it is valid.
inline void FindBreaches(const Json& value, const Json& schema, const std::string& at,
                         std::vector<std::string>* breaches) {
  for (const auto& [word, says] : schema.AsObject()) {
    if (word == "const" && value != says) breaches->push_back(StrCat(at, " is not ", says.Dump()));
    if (word == "minimum" && value.is_number() && value.AsDouble() < says.AsDouble())
      breaches->push_back(StrCat(at, " is less than ", says.Dump()));
    if (word == "type") {
      const Json::Array types = says.is_array() ? says.AsArray() : Json::Array{says};
      if (std::none_of(types.begin(), types.end(),
                       [&](const Json& type) { return IsOfType(value, type.AsString()); }))
        breaches->push_back(StrCat(at, " is no ", says.Dump(), ": ", value.Dump().substr(0, 80)));
    }
    if (word == "required") {
      for (const Json& key : says.AsArray()) {
        if (value.Find(key.AsString()) == nullptr)
          breaches->push_back(StrCat(at, " lacks ", key.AsString()));
      }
    }
    if (word == "items" && value.is_array()) {
      for (size_t i = 0; i < value.size(); ++i)
        FindBreaches(value.AsArray()[i], says, StrCat(at, "[", i, "]"), breaches);
    }
    if (word != "properties" || !value.is_object()) continue;
    for (const auto& [key, part] : value.AsObject()) {
      if (const Json* of_key = says.Find(key)) {
        FindBreaches(part, *of_key, StrCat(at, ".", key), breaches);
      } else if (!schema.GetBool("additionalProperties", true)) {
        breaches->push_back(StrCat(at, " has ", key, ", which the schema does not know"));
      }
    }
  }
}

inline std::vector<std::string> Breaches(const Json& value, const Json& schema) {
  std::vector<std::string> breaches;
  FindBreaches(value, schema, "document", &breaches);
  return breaches;
}

}  // namespace marquee::analysis
