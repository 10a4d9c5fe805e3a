// Titles by their words, misspelt or not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace marquee {

// Immutable, thread-safe. Places are indexes of the titles it was made from. Accents, case and
// punctuation do not count (FoldText).
class TitleIndex {
 public:
  explicit TitleIndex(const std::vector<std::string_view>& titles);

  struct Match {
    int32_t place;
    // 0: begins with the query; 1: holds every word of it as the beginning of one of its words;
    // 1 + n: the same with n typing errors.
    int32_t grade;
  };
  // The titles that hold every word of the query, by place. A word of 4 to 7 letters may have one
  // typing error, a longer one two; an error is a letter too many, too few or another, or two
  // neighbours exchanged (optimal string alignment; Boytsov 2011, "Indexing methods for approximate
  // dictionary searching", section 2). A misspelt word must stand for a whole word of the title.
  //
  // Words near a misspelt one are found by walking the sorted words as a trie, one row of the table
  // of distances a letter, and leaving out all words below a row that is beyond the bound (Shang
  // and Merrett 1996, "Tries for approximate string matching"): no index beside the sorted words.
  // 0.5 to 2 ms for 60,000 titles.
  std::vector<Match> Find(std::string_view query) const;

 private:
  struct Word {
    std::string text;
    std::u32string letters;
    std::vector<int32_t> places;
  };
  using Words = std::vector<Word>;

  Words::const_iterator SkipPrefix(Words::const_iterator at, std::u32string_view prefix) const;
  // Lowers `typos` of the titles with words within `max_typos` of `letters`.
  void AddNear(std::u32string_view letters, int max_typos, std::vector<uint8_t>* typos) const;
  void AddBeginnings(std::string_view word, std::vector<uint8_t>* typos) const;

  std::vector<std::string> titles_;  // folded
  Words words_;                      // ascending, by letters as by text
};

}  // namespace marquee
