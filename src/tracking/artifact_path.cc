#include "tracking/artifact_path.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace marquee::tracking {
namespace {

std::optional<char> HexPair(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (text.size() < 2) return std::nullopt;
  const std::string lower = AsciiLower(text.substr(0, 2));
  const size_t high = kDigits.find(lower[0]);
  const size_t low = kDigits.find(lower[1]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

// What is no escape stays.
std::string DecodedOnce(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' ? HexPair(text.substr(i + 1)) : std::nullopt;
    decoded.push_back(byte.value_or(text[i]));
    if (byte) i += 2;
  }
  return decoded;
}

bool IsSafe(std::string_view path) {
  if (path.find_first_of(std::string_view("\\#\0", 3)) != std::string_view::npos) return false;
  return std::ranges::none_of(Split(path, "/"), [](std::string_view part) {
    return part.empty() || part == "." || part == "..";
  });
}

}  // namespace

std::string CheckedArtifactPath(std::string_view path) {
  const std::string_view kept = path.substr(0, path.size() - (path.ends_with('/') ? 1 : 0));
  if (path.empty()) return {};
  std::string decoded(kept);
  while (true) {
    if (!IsSafe(decoded)) {
      throw Error(Code::kInvalidArgument, StrCat("Invalid path: '", ToValidUtf8(path), "'"),
                  "give a relative path without '..', '\\' and '#'");
    }
    std::string again = DecodedOnce(decoded);
    if (again == decoded) return std::string(kept);
    decoded = std::move(again);
  }
}

std::string PathOfArtifactUri(std::string_view uri) {
  if (!uri.starts_with(kArtifactScheme)) {
    throw Error(Code::kInvalidArgument, StrCat("'", uri, "' is no artifact of this server"),
                "its artifacts are mlflow-artifacts:/...");
  }
  uri.remove_prefix(kArtifactScheme.size());
  if (uri.starts_with('/')) {
    const size_t host_end = uri.find('/', 1);
    uri = host_end == std::string_view::npos ? std::string_view() : uri.substr(host_end + 1);
  }
  return CheckedArtifactPath(uri);
}

}  // namespace marquee::tracking
