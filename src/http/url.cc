#include "http/url.h"

#include <algorithm>

#include "base/text.h"

namespace marquee::http {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

[[noreturn]] void ThrowBadEscape(std::string_view text, size_t at, std::string_view what) {
  throw Error(Code::kInvalidArgument,
              StrCat(what, ": '", text.substr(at, 3), "' at byte ", at, " is no percent escape"),
              "write '%' as %25");
}

std::string PlusToBlank(std::string_view text) {
  std::string plain(text);
  std::ranges::replace(plain, '+', ' ');
  return plain;
}

// "http://host/a?b" as "/a?b".
std::string_view WithoutOrigin(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const size_t end = target.find_first_of("/?", scheme.size());
    return target.substr(std::min(end, target.size()));
  }
  return target;
}

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string PercentDecode(std::string_view text, std::string_view what) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0) ThrowBadEscape(text, i, what);
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  if (decoded.find('\0') != std::string::npos) {
    throw Error(Code::kInvalidArgument, StrCat(what, " contains a zero byte"), "leave %00 out");
  }
  if (!IsValidUtf8(decoded)) {
    throw Error(Code::kInvalidArgument, StrCat(what, " is not UTF-8"), "encode it as UTF-8");
  }
  return decoded;
}

std::vector<Param> ParseQuery(std::string_view query) {
  std::vector<Param> params;
  for (const std::string_view piece : Split(query, "&")) {
    if (piece.empty()) continue;
    const size_t equals = piece.find('=');
    const std::string name = PercentDecode(PlusToBlank(piece.substr(0, equals)), "query");
    std::string value;
    if (equals != std::string_view::npos) {
      value = PercentDecode(PlusToBlank(piece.substr(equals + 1)),
                            StrCat("query parameter '", name, "'"));
    }
    params.push_back({name, std::move(value)});
  }
  return params;
}

void ParseTarget(Request* request) {
  const std::string_view target = WithoutOrigin(request->target);
  const size_t question = target.find('?');
  request->path = std::string(target.substr(0, question));
  const bool has_origin = target.size() < request->target.size();
  if (request->path.empty() && has_origin) request->path.push_back('/');
  if (request->path != "*" && !request->path.starts_with('/')) {
    throw Error(Code::kInvalidArgument, StrCat("request target '", target, "' is no path"),
                "a path starts with '/'");
  }
  if (question != std::string_view::npos) {
    request->query = ParseQuery(target.substr(question + 1));
  }
}

std::string PercentEncode(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (IsUnreserved(c)) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

}  // namespace marquee::http
