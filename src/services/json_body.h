// A JSON object as the body of a request.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "http/message.h"

namespace marquee {

constexpr size_t kMaxJsonBodyBytes = 1 << 20;  // unpacked

// The body of a request without query parameters; no body is an empty object. Throws
// invalid_argument, by name, for an unknown parameter or field and for one of `required` that is
// missing or null; what http::DecodedBody throws.
Json ObjectOf(const http::Request& request, std::span<const std::string_view> required,
              std::span<const std::string> known);

}  // namespace marquee
