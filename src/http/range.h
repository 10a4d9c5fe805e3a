// Parts of an answer (RFC 9110, 14).
#pragma once

#include <cstdint>
#include <optional>

#include "http/message.h"

namespace marquee::http {

struct ByteRange {
  uint64_t first;
  uint64_t size_bytes;

  bool operator==(const ByteRange&) const = default;
};

// The one range of bytes that a GET asks for of an answer of `size_bytes`; nothing when it asks for
// none, for several, in another unit or on a condition: it is to get the whole. Throws StatusError
// 416 for a range without a byte of it.
std::optional<ByteRange> RangeOf(const Request& request, uint64_t size_bytes);

// "bytes 2-4/6"
std::string ContentRange(const ByteRange& range, uint64_t size_bytes);

}  // namespace marquee::http
