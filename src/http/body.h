// The body of a request as its sender meant it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace marquee::http {

// request.body, unpacked when Content-Encoding says gzip. Throws StatusError 415 for another
// encoding and 413 for one that unpacks to more than `max_bytes`; invalid_argument for broken gzip.
// Thread-safe.
std::string DecodedBody(const Request& request, size_t max_bytes);

// Gives the body to `take` in pieces, whether the route streams or not. Throws what
// BodyReader::Next throws.
void ForEachPiece(const Request& request, const std::function<void(std::string_view)>& take);

}  // namespace marquee::http
