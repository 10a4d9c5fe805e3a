#include "http/mail.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

namespace marquee::http {
namespace {

constexpr size_t kPlainBytes = 60;  // a longer line is folded, between encoded words
constexpr size_t kWordBytes = 42;   // of 75 that a word may have, base64 and its frame taken off

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// What may stand in an address without quotes: RFC 5322's atext and dots.
bool IsAddressByte(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-/=?^_`{|}~.";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kMarks.find(c) != std::string_view::npos;
}

bool IsAddress(std::string_view text) {
  const size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return false;
  return std::ranges::all_of(text.substr(0, at), IsAddressByte) &&
         std::ranges::all_of(text.substr(at + 1), IsAddressByte);
}

std::string AddressText(std::string_view text) {
  const MailAddress address = ParseMailAddress(text);
  if (address.name.empty()) return StrCat("<", address.address, ">");
  const bool is_word = std::ranges::all_of(
      address.name, [](char c) { return c == ' ' || (IsAddressByte(c) && c != '.'); });
  const std::string name =
      is_word ? address.name
              : StrCat("=?UTF-8?B?", ToBase64(address.name.substr(0, kWordBytes)), "?=");
  return StrCat(name, " <", address.address, ">");
}

}  // namespace

MailAddress ParseMailAddress(std::string_view text) {
  const std::string_view trimmed = Trim(text);
  const size_t open = trimmed.rfind('<');
  MailAddress parsed{.address = std::string(trimmed)};
  if (open != std::string_view::npos && trimmed.ends_with('>')) {
    parsed.name = Trim(trimmed.substr(0, open));
    parsed.address = trimmed.substr(open + 1, trimmed.size() - open - 2);
  }
  const bool good = IsAddress(parsed.address) && IsValidUtf8(parsed.name) &&
                    parsed.name.size() <= kWordBytes &&
                    std::ranges::none_of(parsed.name, IsControl);
  if (good) return parsed;
  throw Error(Code::kInvalidArgument, StrCat("'", text, "' is no mail address"),
              "write ada@example.org, or Ada <ada@example.org>");
}

std::string EncodeMailWords(std::string_view text) {
  std::string clean = ToValidUtf8(text);
  std::ranges::replace_if(clean, IsControl, ' ');
  const bool plain =
      clean.size() <= kPlainBytes && clean.find("=?") == std::string::npos &&
      std::ranges::all_of(clean, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (plain) return clean;
  std::string words;
  for (size_t at = 0; at < clean.size();) {
    size_t end = std::min(at + kWordBytes, clean.size());
    while (end < clean.size() && IsContinuation(clean[end])) --end;
    StrAppend(&words, at == 0 ? "" : "\r\n ", "=?UTF-8?B?", ToBase64(clean.substr(at, end - at)),
              "?=");
    at = end;
  }
  return words;
}

std::string FormatMailDate(int64_t ms) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(ms)};
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  const std::chrono::weekday weekday(std::chrono::floor<std::chrono::days>(time));
  const std::string utc = FormatUtc(ms);  // 2024-01-05T01:02:03.123Z
  return StrCat(kDays[weekday.c_encoding()], ", ", static_cast<unsigned>(day.day()), " ",
                kMonths[static_cast<unsigned>(day.month()) - 1], " ", utc.substr(0, 4), " ",
                utc.substr(11, 8), " +0000");
}

std::vector<std::string> MailHeaders(const Mail& mail, std::string_view id) {
  std::string to;
  for (const std::string& each : mail.to) {
    StrAppend(&to, to.empty() ? "" : ",\r\n ", AddressText(each));
  }
  const std::string from = ParseMailAddress(mail.from).address;
  return {StrCat("From: ", AddressText(mail.from)), StrCat("To: ", to),
          StrCat("Subject: ", EncodeMailWords(mail.subject)),
          StrCat("Date: ", FormatMailDate(mail.time_ms)),
          StrCat("Message-ID: <", id, from.substr(from.find('@')), ">"),
          // So that nobody's absence is answered (RFC 3834).
          "Auto-Submitted: auto-generated"};
}

}  // namespace marquee::http
