#include "tracking/tokens.h"

#include <charconv>
#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace marquee::tracking {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordChar(char c) {
  return IsDigit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

[[noreturn]] void RefuseAt(size_t at, const std::string& what) {
  throw Error(Code::kInvalidArgument, StrCat("filter at byte ", at, ": ", what),
              "write it as: metrics.rmse < 1 AND tags.genre = 'Noir'");
}

// Reads one token after another.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Token Next(const Token* before) {
    const size_t start = at_;
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
    spaced_ = at_ > start;
    if (at_ == text_.size()) return Make(Token::Kind::kEnd, 0);
    const char c = text_[at_];
    const bool in_identifier =
        !spaced_ && before != nullptr &&
        (before->kind == Token::Kind::kDot || before->kind == Token::Kind::kWord ||
         before->kind == Token::Kind::kBackticks || before->kind == Token::Kind::kQuoted);
    if (!in_identifier && StartsNumber()) return Number();
    if (IsWordChar(c)) return Word();
    if (c == '\'' || c == '"' || c == '`') return Quoted(c);
    return Symbol(c);
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }
  char Peek(size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  Token Make(Token::Kind kind, size_t length) {
    Token token{kind, text_.substr(at_, length), text_.substr(at_, length), at_, spaced_};
    at_ += length;
    return token;
  }

  bool StartsNumber() const {
    const size_t digit = Peek(0) == '-' || Peek(0) == '+' ? 1 : 0;
    return IsDigit(Peek(digit)) || (Peek(digit) == '.' && IsDigit(Peek(digit + 1)));
  }

  Token Number() {
    const size_t sign = Peek(0) == '+' ? 1 : 0;
    const std::string_view digits = rest().substr(sign);
    double ignored = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), ignored);
    const size_t length = sign + static_cast<size_t>(end - digits.data());
    if (error == std::errc::invalid_argument || IsWordChar(Peek(length))) {
      RefuseAt(at_, StrCat("'", rest().substr(0, length + 1), "' is no number"));
    }
    return Make(Token::Kind::kNumber, length);
  }

  Token Word() {
    size_t length = 1;
    while (IsWordChar(Peek(length))) ++length;
    return Make(Token::Kind::kWord, length);
  }

  Token Quoted(char quote) {
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) RefuseAt(at_, StrCat("the ", quote, " has no end"));
    Token token =
        Make(quote == '`' ? Token::Kind::kBackticks : Token::Kind::kQuoted, end - at_ + 1);
    token.value = token.text.substr(1, token.text.size() - 2);
    return token;
  }

  Token Symbol(char c) {
    using enum Token::Kind;
    switch (c) {
      case '.':
        return Make(kDot, 1);
      case ',':
        return Make(kComma, 1);
      case '(':
        return Make(kOpen, 1);
      case ')':
        return Make(kClose, 1);
      default:
        break;
    }
    size_t length = 0;
    while (std::strchr("=!<>", Peek(length)) != nullptr && Peek(length) != '\0') ++length;
    const std::string_view symbol = rest().substr(0, length);
    for (const std::string_view known : {"=", "!=", "<", "<=", ">", ">="}) {
      if (symbol == known) return Make(kOperator, length);
    }
    RefuseAt(at_, StrCat("'", length > 0 ? symbol : rest().substr(0, 1), "' means nothing"));
  }

  const std::string_view text_;
  size_t at_ = 0;
  bool spaced_ = false;
};

}  // namespace

std::vector<Token> Tokenize(std::string_view text) {
  Lexer lexer(text);
  std::vector<Token> tokens;
  do {
    tokens.push_back(lexer.Next(tokens.empty() ? nullptr : &tokens.back()));
  } while (tokens.back().kind != Token::Kind::kEnd);
  return tokens;
}

}  // namespace marquee::tracking
