// The parts of a request target. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace marquee::http {

// "a%20b" as "a b". Throws invalid_argument that names `what` for a '%' without two hex digits
// behind it, for %00 and for bytes that are not UTF-8.
std::string PercentDecode(std::string_view text, std::string_view what);

// A query is a form: '+' is a blank. "a=1&b" gives {a, 1}, {b, ""}; empty pieces are passed over.
// Throws as PercentDecode does.
std::vector<Param> ParseQuery(std::string_view query);

// Fills path and query from request->target: "/a?b=c" or "http://host/a?b=c" (as a proxy sends it),
// or "*". Throws invalid_argument for any other form.
void ParseTarget(Request* request);

// `text` with everything but letters, digits, '-', '.', '_' and '~' as %XX.
std::string PercentEncode(std::string_view text);

}  // namespace marquee::http
