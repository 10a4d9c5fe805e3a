// Fields of JSON bodies as handlers want them. Everything here throws invalid_argument that names
// the field, its value and what it must be.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"

namespace marquee {

[[noreturn]] void RefuseField(std::string_view field, const Json& value, std::string_view wanted);

// For a body that is no object, or has a field that is not in `known`, naming the nearest.
void RequireObject(std::string_view what, const Json& body, std::span<const std::string> known);

// Null when it is absent, or null.
const Json* GivenField(const Json& body, std::string_view field);
// By either name; not both.
const Json* GivenOnce(const Json& body, std::string_view one, std::string_view other);

// A string as it is, an integer as the text of its digits.
std::string IdField(std::string_view field, const Json& value);

// Null for an empty text.
Json TextOrNull(std::string_view text);

}  // namespace marquee
