#include "http/range.h"

#include <algorithm>

#include "base/text.h"

namespace marquee::http {
namespace {

constexpr std::string_view kUnit = "bytes=";

// The number, which is not negative; nothing for "" and for what is none.
std::optional<uint64_t> Position(std::string_view text) {
  const std::optional<int64_t> number = ParseInt(text);
  if (!number || *number < 0 || text.starts_with('-')) return std::nullopt;
  return static_cast<uint64_t>(*number);
}

[[noreturn]] void RefuseRange(std::string_view range, uint64_t size_bytes) {
  throw StatusError(416, Code::kInvalidArgument,
                    StrCat("Range is '", range, "' and there are ", size_bytes, " bytes"),
                    "ask for bytes that there are",
                    {{"Content-Range", StrCat("bytes */", size_bytes)}});
}

}  // namespace

std::optional<ByteRange> RangeOf(const Request& request, uint64_t size_bytes) {
  const std::string_view header = request.FindHeader("Range").value_or("");
  if (request.method != "GET" || !header.starts_with(kUnit)) return std::nullopt;
  if (request.FindHeader("If-Range")) return std::nullopt;
  const std::string_view text = header.substr(kUnit.size());
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos || text.find(',') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::optional<uint64_t> first = Position(text.substr(0, dash));
  const std::optional<uint64_t> last = Position(text.substr(dash + 1));
  if (dash == 0 && last) {
    if (*last == 0 || size_bytes == 0) RefuseRange(header, size_bytes);
    const uint64_t size = std::min(*last, size_bytes);
    return ByteRange{size_bytes - size, size};
  }
  const bool open = dash + 1 == text.size();
  if (!first || (!last && !open) || (last && *last < *first)) return std::nullopt;
  if (*first >= size_bytes) RefuseRange(header, size_bytes);
  const uint64_t end = open ? size_bytes : std::min(*last, size_bytes - 1) + 1;
  return ByteRange{*first, end - *first};
}

std::string ContentRange(const ByteRange& range, uint64_t size_bytes) {
  return StrCat("bytes ", range.first, "-", range.first + range.size_bytes - 1, "/", size_bytes);
}

}  // namespace marquee::http
