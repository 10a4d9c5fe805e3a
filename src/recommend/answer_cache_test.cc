#include "recommend/answer_cache.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

std::shared_ptr<const CachedAnswer> Answer(size_t items) {
  auto answer = std::make_shared<CachedAnswer>();
  answer->items = std::vector<Recommended>(items);
  return answer;
}

TEST(AnswerCache, AnAnswerIsKeptByUserAndCount) {
  AnswerCache cache(10);
  const auto answer = Answer(2);
  cache.Insert(1, 2, answer);
  EXPECT_EQ(cache.Find(1, 2), answer);
  EXPECT_EQ(cache.Find(1, 3), nullptr);
  EXPECT_EQ(cache.Find(2, 2), nullptr);
}

TEST(AnswerCache, TheOneNotAskedForLongestGoesFirst) {
  AnswerCache cache(4);
  cache.Insert(1, 2, Answer(2));
  cache.Insert(2, 2, Answer(2));
  cache.Find(1, 2);
  cache.Insert(3, 2, Answer(2));
  EXPECT_NE(cache.Find(1, 2), nullptr);
  EXPECT_EQ(cache.Find(2, 2), nullptr);
}

TEST(AnswerCache, AnAnswerLargerThanTheCacheIsNotKept) {
  AnswerCache cache(4);
  cache.Insert(1, 5, Answer(5));
  EXPECT_EQ(cache.Find(1, 5), nullptr);
}

}  // namespace
}  // namespace marquee
