#include "recommend/answer_cache.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

CachedAnswer Answer(size_t items) {
  return {.rung = "personal", .items = std::vector<Recommended>(items)};
}

TEST(AnswerCache, AnAnswerIsKeptByUserAndCount) {
  AnswerCache cache(10, 1);
  cache.Insert("1", 2, Answer(2));
  ASSERT_TRUE(cache.Find("1", 2));
  EXPECT_EQ(cache.Find("1", 2)->items.size(), 2);
  EXPECT_FALSE(cache.Find("1", 3));
  EXPECT_FALSE(cache.Find("2", 2));
}

TEST(AnswerCache, TheFirstThatNobodyAskedForAgainGoes) {
  AnswerCache cache(6, 1);
  for (const char* user : {"1", "2", "3"}) cache.Insert(user, 2, Answer(2));
  cache.Find("1", 2);
  cache.Insert("4", 2, Answer(2));
  EXPECT_TRUE(cache.Find("1", 2));
  EXPECT_FALSE(cache.Find("2", 2));
  EXPECT_TRUE(cache.Find("3", 2));
  EXPECT_TRUE(cache.Find("4", 2));
}

TEST(AnswerCache, AskedForOnceIsNotKeptForEver) {
  AnswerCache cache(4, 1);
  for (const char* user : {"1", "2"}) cache.Insert(user, 2, Answer(2));
  for (const char* user : {"1", "2"}) cache.Find(user, 2);
  for (const char* user : {"3", "4"}) cache.Insert(user, 2, Answer(2));
  EXPECT_FALSE(cache.Find("1", 2));
  EXPECT_FALSE(cache.Find("2", 2));
}

TEST(AnswerCache, AnAnswerLargerThanTheCacheIsNotKept) {
  AnswerCache cache(4, 1);
  cache.Insert("2", 2, Answer(2));
  cache.Insert("1", 5, Answer(5));
  EXPECT_FALSE(cache.Find("1", 5));
  EXPECT_TRUE(cache.Find("2", 2));
}

}  // namespace
}  // namespace marquee
