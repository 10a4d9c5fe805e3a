#include "experiments/interleave.h"

#include <gmock/gmock.h>

#include <array>
#include <set>

namespace marquee {
namespace {

using Lists = std::vector<std::vector<std::string>>;

std::vector<std::string> Names(const Lists& lists, const std::vector<Interleaved>& picks) {
  std::vector<std::string> names;
  for (const Interleaved& pick : picks)
    names.push_back(lists[static_cast<size_t>(pick.list)][static_cast<size_t>(pick.place)]);
  return names;
}

TEST(TeamDraft, EachRoundTakesOneOfEachListAndNothingTwice) {
  const Lists lists = {{"a", "b", "c", "d"}, {"b", "a", "e", "f"}};
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const std::vector<Interleaved> picks = TeamDraft(lists, 6, seed);
    ASSERT_EQ(picks.size(), 6);
    const std::vector<std::string> names = Names(lists, picks);
    EXPECT_EQ(std::set(names.begin(), names.end()).size(), 6);
    for (size_t i = 0; i < picks.size(); i += 2) EXPECT_NE(picks[i].list, picks[i + 1].list);
    EXPECT_EQ(names[0], lists[static_cast<size_t>(picks[0].list)][0]);
  }
}

TEST(TeamDraft, WhoGoesFirstIsDrawnAndTheSameForASeed) {
  const Lists lists = {{"a", "b"}, {"c", "d"}, {"e", "f"}};
  std::array<int, 3> first = {};
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    const auto picks = TeamDraft(lists, 3, seed);
    ++first[static_cast<size_t>(picks[0].list)];
    EXPECT_EQ(Names(lists, picks), Names(lists, TeamDraft(lists, 3, seed)));
  }
  for (const int count : first) EXPECT_NEAR(count, 1000, 110);  // four standard errors
}

TEST(TeamDraft, EndsWhenNothingIsLeft) {
  EXPECT_EQ(TeamDraft(Lists{{"a"}, {"a", "b"}}, 10, 1).size(), 2);
  EXPECT_TRUE(TeamDraft(Lists{{}, {}}, 10, 1).empty());
  EXPECT_TRUE(TeamDraft(Lists{{"a"}, {"b"}}, 0, 1).empty());
}

}  // namespace
}  // namespace marquee
