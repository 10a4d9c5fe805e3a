#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace marquee {

// A title as people type it: lower case, Latin letters without accents, words separated by one
// blank: "Amélie!" is "amelie".
std::string FoldText(std::string_view utf8);
// The words of a folded text.
std::vector<std::string_view> FoldedWords(std::string_view folded);

}  // namespace marquee
