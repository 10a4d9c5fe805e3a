#include "auth/token_buckets.h"

#include <gtest/gtest.h>

namespace marquee::auth {
namespace {

TEST(TokenBuckets, GiveABurstThenTheRate) {
  TokenBuckets buckets(2, 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(buckets.Take("a", 10), 0);
  EXPECT_DOUBLE_EQ(buckets.Take("a", 10), 0.5);
  EXPECT_DOUBLE_EQ(buckets.Take("a", 10.25), 0.25);
  EXPECT_EQ(buckets.Take("a", 10.5), 0);
  EXPECT_GT(buckets.Take("a", 10.5), 0);
}

TEST(TokenBuckets, NeverHoldMoreThanTheBurst) {
  TokenBuckets buckets(2, 3);
  buckets.Take("a", 0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(buckets.Take("a", 1000), 0);
  EXPECT_GT(buckets.Take("a", 1000), 0);
}

TEST(TokenBuckets, AreOnesOwn) {
  TokenBuckets buckets(1, 1);
  EXPECT_EQ(buckets.Take("a", 0), 0);
  EXPECT_EQ(buckets.Take("b", 0), 0);
  EXPECT_GT(buckets.Wait("a", 0), 0);
  EXPECT_EQ(buckets.Wait("c", 0), 0);
}

TEST(TokenBuckets, AClockThatGoesBackGivesNothing) {
  TokenBuckets buckets(1, 1);
  buckets.Take("a", 10);
  EXPECT_DOUBLE_EQ(buckets.Take("a", 5), 1);
}

TEST(TokenBuckets, RememberTheLastUsedWhoeverElseComes) {
  TokenBuckets buckets(0.001, 1, 100);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(buckets.Take("other" + std::to_string(i), 0), 0);
    EXPECT_EQ(buckets.Take("a", 0) == 0, i == 0) << i;
  }
  EXPECT_EQ(buckets.Take("other0", 0), 0);  // forgotten by now: the table is bounded
}

}  // namespace
}  // namespace marquee::auth
