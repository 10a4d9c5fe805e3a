#include "recommend/fold_text.h"

#include <cstdint>

#include "base/text.h"

namespace marquee {
namespace {

// Base letters of U+00C0 .. U+017F, one a code point; '.' where there is none. Ligatures give their
// first letter.
constexpr std::string_view kBaseLetters =
    "aaaaaaaceeeeiiiidnooooo.ouuuuyts"
    "aaaaaaaceeeeiiiidnooooo.ouuuuyty"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrrssss"
    "sssstttttt"
    "uuuuuuuuuuuuwwyyyzzzzzzs";

// The code point at the start of valid UTF-8, and its length.
std::pair<uint32_t, size_t> DecodeOne(std::string_view text) {
  const auto byte = [&](size_t i) {
    return static_cast<uint32_t>(static_cast<unsigned char>(text[i]));
  };
  if (byte(0) < 0x80) return {byte(0), 1};
  if (byte(0) < 0xE0) return {(byte(0) & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (byte(0) < 0xF0) {
    return {(byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  }
  return {0x10000, 4};
}

char FoldedLetter(uint32_t code_point) {
  if (code_point < 0x80) {
    const char c = AsciiLower(std::string_view(reinterpret_cast<const char*>(&code_point), 1))[0];
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : ' ';
  }
  if (code_point >= 0xC0 && code_point - 0xC0 < kBaseLetters.size()) {
    return kBaseLetters[code_point - 0xC0];
  }
  return '\0';
}

bool IsDroppedMark(uint32_t code_point) {
  const bool combining = code_point >= 0x300 && code_point < 0x370;
  return combining || code_point == '\'' || code_point == 0x2019;
}

}  // namespace

std::string FoldText(std::string_view utf8) {
  const std::string valid = ToValidUtf8(utf8);
  std::string_view rest = valid;
  std::string folded;
  while (!rest.empty()) {
    const auto [code_point, length] = DecodeOne(rest);
    if (!IsDroppedMark(code_point)) {
      const char letter = FoldedLetter(code_point);
      if (letter == '\0' && code_point >= 0x180 && !(code_point >= 0x2000 && code_point < 0x2070)) {
        folded += rest.substr(0, length);  // other scripts stay as they are
      } else if (letter != ' ' && letter != '.' && letter != '\0') {
        folded += letter;
      } else if (!folded.empty() && folded.back() != ' ') {
        folded += ' ';
      }
    }
    rest.remove_prefix(length);
  }
  if (folded.ends_with(' ')) folded.pop_back();
  return folded;
}

std::vector<std::string_view> FoldedWords(std::string_view folded) {
  if (folded.empty()) return {};
  return Split(folded, " ");
}

}  // namespace marquee
