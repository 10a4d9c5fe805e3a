#include "lake/delta_path.h"

#include <cctype>
#include <cstdio>

#include "base/error.h"
#include "base/text.h"

namespace marquee::lake {
namespace {

constexpr size_t kVersionDigits = 20;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsPlain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("-_.~/=").find(c) != std::string_view::npos;
}

std::string PercentDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      throw Error(Code::kInvalidArgument, StrCat("path '", text, "': broken percent-encoding"));
    }
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

// What stands before "scheme:" at the start; "" when there is none.
std::string_view SchemeOf(std::string_view uri) {
  size_t end = 0;
  while (end < uri.size() && (std::isalnum(static_cast<unsigned char>(uri[end])) ||
                              std::string_view("+-.").find(uri[end]) != std::string_view::npos)) {
    ++end;
  }
  return end < uri.size() && uri[end] == ':' ? uri.substr(0, end) : std::string_view();
}

std::optional<int64_t> Digits(std::string_view text, size_t count) {
  if (text.size() != count || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  return ParseInt(text);
}

std::optional<LogName> ParseCheckpointName(int64_t version, std::string_view rest) {
  if (rest == "parquet") return LogName{LogName::Kind::kCheckpoint, version};
  const auto pieces = Split(rest, ".");
  if (pieces.size() == 2 && pieces[0].size() == 36 &&
      (pieces[1] == "json" || pieces[1] == "parquet")) {
    return LogName{LogName::Kind::kUuidCheckpoint, version};
  }
  if (pieces.size() != 3 || pieces[2] != "parquet") return std::nullopt;
  const auto part = Digits(pieces[0], 10);
  const auto parts = Digits(pieces[1], 10);
  if (!part || !parts || *part < 1 || *part > *parts) return std::nullopt;
  return LogName{LogName::Kind::kCheckpointPart, version, *part, *parts};
}

std::string Padded(int64_t version) {
  char digits[kVersionDigits + 1];
  std::snprintf(digits, sizeof digits, "%020lld", static_cast<long long>(version));
  return digits;
}

}  // namespace

std::string DecodeLogPath(std::string_view uri) {
  const std::string_view scheme = SchemeOf(uri);
  if (scheme.empty()) return PercentDecode(uri);
  if (scheme != "file") {
    throw Error(Code::kFailedPrecondition,
                StrCat("path '", uri, "': files of ", scheme, " are not supported"),
                "copy the table's files beside its log");
  }
  std::string_view path = uri.substr(5);
  if (path.starts_with("//")) {
    path.remove_prefix(2);
    path.remove_prefix(std::min(path.find('/'), path.size()));
  }
  return PercentDecode(path);
}

std::string EncodeLogPath(std::string_view file) {
  std::string encoded;
  for (const char c : file) {
    if (IsPlain(c)) {
      encoded += c;
    } else {
      char hex[4];
      std::snprintf(hex, sizeof hex, "%%%02X", static_cast<unsigned char>(c));
      encoded += hex;
    }
  }
  return encoded;
}

std::string EscapeGlob(std::string_view path) {
  std::string escaped;
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[') {
      escaped += StrCat("[", c, "]");
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string CommitName(int64_t version) { return Padded(version) + ".json"; }

std::string CheckpointName(int64_t version) { return Padded(version) + ".checkpoint.parquet"; }

std::optional<int64_t> LogVersionOf(std::string_view name) {
  if (name.size() <= kVersionDigits || name[kVersionDigits] != '.') return std::nullopt;
  return Digits(name.substr(0, kVersionDigits), kVersionDigits);
}

std::optional<LogName> ParseLogName(std::string_view name) {
  const auto version = LogVersionOf(name);
  if (!version) return std::nullopt;
  const std::string_view rest = name.substr(kVersionDigits + 1);
  if (rest == "json") return LogName{LogName::Kind::kCommit, *version};
  constexpr std::string_view kCheckpoint = "checkpoint.";
  if (!rest.starts_with(kCheckpoint)) return std::nullopt;
  return ParseCheckpointName(*version, rest.substr(kCheckpoint.size()));
}

}  // namespace marquee::lake
