// Internal: the words of a filter.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace marquee::tracking {

struct Token {
  enum class Kind {
    kWord,       // a keyword, or a part of an identifier: letters, digits, '_' and bytes of UTF-8
    kNumber,     // 1, -1e3, .5
    kQuoted,     // '…' or "…"
    kBackticks,  // `…`
    kOperator,   // = != < <= > >=
    kDot,
    kComma,
    kOpen,
    kClose,
    kEnd,
  };
  Kind kind;
  std::string_view text;   // as it stands, quotes too
  std::string_view value;  // without quotes
  size_t at;               // byte in the filter
  bool spaced;             // whether a blank stands before it
};

// The last one is kEnd. Throws invalid_argument, with the place, for a character that begins no
// token and a quote without end.
std::vector<Token> Tokenize(std::string_view text);

}  // namespace marquee::tracking
