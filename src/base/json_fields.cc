#include "base/json_fields.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace marquee {

void RefuseField(std::string_view field, const Json& value, std::string_view wanted) {
  throw Error(Code::kInvalidArgument,
              StrCat(field, " is ", value.Dump().substr(0, 80), ": must be ", wanted),
              StrCat("give ", field, " as ", wanted));
}

void RequireObject(std::string_view what, const Json& body, std::span<const std::string> known) {
  if (!body.is_object()) RefuseField(what, body, "an object");
  for (const auto& [field, value] : body.AsObject()) {
    if (std::ranges::find(known, field) != known.end()) continue;
    throw Error(Code::kInvalidArgument,
                StrCat("unknown field '", field, "'", DidYouMean(field, known)),
                StrCat(what, " takes: ", Join(known, ", ")));
  }
}

const Json* GivenField(const Json& body, std::string_view field) {
  const Json* value = body.Find(field);
  return value == nullptr || value->is_null() ? nullptr : value;
}

const Json* GivenOnce(const Json& body, std::string_view one, std::string_view other) {
  const Json* value = GivenField(body, one);
  const Json* twin = GivenField(body, other);
  if (value != nullptr && twin != nullptr) {
    throw Error(Code::kInvalidArgument, StrCat("both ", one, " and ", other, " are given"),
                "they mean the same: give one");
  }
  return value != nullptr ? value : twin;
}

std::string IdField(std::string_view field, const Json& value) {
  if (value.is_int()) return std::to_string(value.AsInt());
  if (!value.is_string()) RefuseField(field, value, "a string or an integer");
  return value.AsString();
}

Json TextOrNull(std::string_view text) { return text.empty() ? Json() : Json(text); }

}  // namespace marquee
