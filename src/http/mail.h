// A message by mail, and the texts of its header (RFC 5322, RFC 2047). Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::http {

// Texts are UTF-8.
struct Mail {
  std::string from;             // "Marquee <marquee@example.org>", or the address alone
  std::vector<std::string> to;  // likewise: all whom the header names
  std::string subject;
  std::string text;
  std::string html = {};  // the same for who prefers it; "": none
  int64_t time_ms = 0;
};

// "Ada <ada@example.org>" in its parts. Throws invalid_argument, naming it, for what is no address:
// one "@" in a word of ASCII without what would end a line of a header or of SMTP.
struct MailAddress {
  std::string name = {};
  std::string address;
};
MailAddress ParseMailAddress(std::string_view text);

// "From: ...", "To: ...", "Subject: ...", "Date: ...", "Message-ID: <id@host of from>", without
// line ends but those that fold. Whatever stands in the mail, there are no further headers in it.
std::vector<std::string> MailHeaders(const Mail& mail, std::string_view id);

// A text as the value of a header: as it is when it is printable ASCII and short, else in encoded
// words (RFC 2047). Line breaks and other control characters become blanks.
std::string EncodeMailWords(std::string_view text);

// "Sat, 31 Jan 2026 10:00:00 +0000"
std::string FormatMailDate(int64_t ms);

}  // namespace marquee::http
