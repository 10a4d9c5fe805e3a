// For tests: the lines of testdata/numpy_split.txt.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/text.h"

namespace marquee {

// The words of the lines whose first word is `kind`; a failure when there are none. Tests run in
// the root of the source tree.
inline std::vector<std::vector<std::string>> NumpyVectors(std::string_view kind) {
  std::vector<std::vector<std::string>> lines;
  const std::string text = ReadFile("src/evaluation/testdata/numpy_split.txt");
  for (const std::string_view line : Split(text, "\n")) {
    const auto words = Split(line, " ");
    if (words[0] == kind) lines.emplace_back(words.begin(), words.end());
  }
  EXPECT_FALSE(lines.empty()) << kind;
  return lines;
}

}  // namespace marquee
