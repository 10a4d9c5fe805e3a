#include "recommend/title_index.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "recommend/fold_text.h"

namespace marquee {
namespace {

constexpr uint8_t kNotThere = 255;
constexpr uint8_t kMostTypos = 100;         // of one query
constexpr size_t kMaxMisspeltLetters = 32;  // a longer word must be right

int TyposAllowed(size_t letters) {
  if (letters < 4 || letters > kMaxMisspeltLetters) return 0;
  return letters < 8 ? 1 : 2;
}

// The code points of valid UTF-8.
std::u32string Letters(std::string_view utf8) {
  std::u32string letters;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) == 0x80) {
      letters.back() = letters.back() << 6 | (byte & 0x3F);
    } else {
      const int lead = byte < 0x80 ? 0x7F : byte < 0xE0 ? 0x1F : byte < 0xF0 ? 0x0F : 0x07;
      letters.push_back(byte & static_cast<unsigned>(lead));
    }
  }
  return letters;
}

// The table of distances between the letters of a query (columns) and of one word after another
// (rows), of which only the rows after the shared beginning are made anew.
class DistanceTable {
 public:
  explicit DistanceTable(std::u32string_view query) : query_(query), rows_(1), least_(1) {
    for (size_t j = 0; j <= query.size(); ++j) rows_[0][j] = static_cast<uint8_t>(j);
  }

  // Makes the row of word[depth]; those before are there.
  void AddRow(std::u32string_view word, size_t depth) {
    if (rows_.size() < depth + 2) {
      rows_.resize(depth + 2);
      least_.resize(depth + 2);
    }
    const Row& above = rows_[depth];
    Row& row = rows_[depth + 1];
    row[0] = static_cast<uint8_t>(depth + 1);
    least_[depth + 1] = row[0];
    for (size_t j = 1; j <= query_.size(); ++j) {
      const int other = word[depth] == query_[j - 1] ? 0 : 1;
      int value = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + other});
      const bool exchanged =
          depth > 0 && j > 1 && word[depth] == query_[j - 2] && word[depth - 1] == query_[j - 1];
      if (exchanged) value = std::min(value, rows_[depth - 1][j - 2] + 1);
      row[j] = static_cast<uint8_t>(value);
      least_[depth + 1] = std::min(least_[depth + 1], row[j]);
    }
  }

  // Whether every word with these first letters is further away than `max`: an exchange of
  // neighbours reaches over one row.
  bool IsBeyond(size_t length, int max) const {
    return length > 0 && least_[length] > max && least_[length - 1] >= max;
  }

  // Between the query and the first `length` letters of the word.
  int Distance(size_t length) const { return rows_[length][query_.size()]; }

 private:
  using Row = std::array<uint8_t, kMaxMisspeltLetters + 1>;
  std::u32string_view query_;
  std::vector<Row> rows_;
  std::vector<uint8_t> least_;  // of each row
};

}  // namespace

TitleIndex::TitleIndex(const std::vector<std::string_view>& titles) {
  std::map<std::string, std::vector<int32_t>, std::less<>> places;
  for (const std::string_view title : titles) {
    const auto place = static_cast<int32_t>(titles_.size());
    titles_.push_back(FoldText(title));
    for (const std::string_view word : FoldedWords(titles_.back())) {
      std::vector<int32_t>& of_word = places.try_emplace(std::string(word)).first->second;
      if (of_word.empty() || of_word.back() != place) of_word.push_back(place);
    }
  }
  for (auto& [text, found] : places) words_.push_back({text, Letters(text), std::move(found)});
}

// The first word from `at` on that does not begin with `prefix`, as it does itself: by steps that
// double, as such words are few.
TitleIndex::Words::const_iterator TitleIndex::SkipPrefix(Words::const_iterator at,
                                                         std::u32string_view prefix) const {
  const auto begins = [&](const Word& word) { return word.letters.starts_with(prefix); };
  std::ptrdiff_t step = 1;
  while (step < words_.end() - at && begins(at[step])) step *= 2;
  return std::partition_point(at + step / 2, at + std::min(step, words_.end() - at), begins);
}

void TitleIndex::AddNear(std::u32string_view letters, int max_typos,
                         std::vector<uint8_t>* typos) const {
  DistanceTable table(letters);
  std::u32string_view previous;
  for (auto word = words_.begin(); word != words_.end();) {
    const std::u32string_view text = word->letters;
    const auto shared = std::ranges::mismatch(text, previous).in1 - text.begin();
    auto depth = static_cast<size_t>(shared);
    while (depth < text.size() && !table.IsBeyond(depth, max_typos)) table.AddRow(text, depth++);
    previous = text.substr(0, depth);
    if (table.IsBeyond(depth, max_typos)) {
      word = SkipPrefix(word, previous);
      continue;
    }
    const int distance = table.Distance(text.size());
    if (distance <= max_typos) {
      for (const int32_t place : word->places) {
        uint8_t& known = (*typos)[static_cast<size_t>(place)];
        known = std::min(known, static_cast<uint8_t>(distance));
      }
    }
    ++word;
  }
}

void TitleIndex::AddBeginnings(std::string_view text, std::vector<uint8_t>* typos) const {
  auto word = std::ranges::lower_bound(words_, text, {}, &Word::text);
  for (; word != words_.end() && word->text.starts_with(text); ++word) {
    for (const int32_t place : word->places) (*typos)[static_cast<size_t>(place)] = 0;
  }
}

std::vector<TitleIndex::Match> TitleIndex::Find(std::string_view query) const {
  const std::string folded = FoldText(query);
  const std::vector<std::string_view> in_order = FoldedWords(folded);
  const std::set<std::string_view> words(in_order.begin(), in_order.end());
  std::vector<Match> matches;
  if (words.empty()) return matches;
  std::vector<uint8_t> typos(titles_.size(), 0);
  std::vector<uint8_t> of_word(titles_.size());
  for (const std::string_view word : words) {
    std::ranges::fill(of_word, kNotThere);
    const std::u32string letters = Letters(word);
    const int allowed = TyposAllowed(letters.size());
    if (allowed > 0) AddNear(letters, allowed, &of_word);
    AddBeginnings(word, &of_word);
    bool any = false;
    for (size_t place = 0; place < typos.size(); ++place) {
      const int sum = typos[place] + of_word[place];
      typos[place] = sum > kMostTypos ? kNotThere : static_cast<uint8_t>(sum);
      any = any || sum <= kMostTypos;
    }
    if (!any) return matches;
  }
  for (size_t place = 0; place < typos.size(); ++place) {
    if (typos[place] == kNotThere) continue;
    const bool begins = typos[place] == 0 && titles_[place].starts_with(folded);
    matches.push_back({static_cast<int32_t>(place), begins ? 0 : 1 + typos[place]});
  }
  return matches;
}

}  // namespace marquee
