#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"
#include "base/files.h"
#include "evaluation/test_data.h"

namespace marquee {
namespace {

using testing::HasSubstr;

// Item 5 was met by three users, 6 by two, 7 and 8 by one each.
class NcfLeaveOneOut : public testing::Test {
 protected:
  NcfLeaveOneOut() {
    Write("train.rating",
          "1\t5\t5\t1\n1\t6\t4\t2\n2\t5\t3\t1\n2\t7\t2\t2\n3\t5\t5\t9\n3\t6\t1\t9\n4\t8\t1\t1\n");
    Write("test.rating", "1\t7\t5\t9\n2\t6\t4\t9\n");
    Write("test.negative", "(1,7)\t8\t9\n(2,6)\t8\t9\n");
    request_.split_files = folder_.path();
  }
  void Write(const std::string& ending, std::string_view text) {
    WriteFileAtomic(folder_.path() / ("some." + ending), text);
  }
  EvaluateResult Run() const { return Evaluate(InteractionsBuilder().Build(), request_); }

  TempDir folder_;
  EvaluateRequest request_ = RequestFor("ncf-leave-one-out");
};

// User 2's item is ahead of both others; user 1's ties with one of them, and ranks behind it.
TEST_F(NcfLeaveOneOut, RanksTheLastItemBehindThoseWithEqualScores) {
  const EvaluateResult result = Run();
  EXPECT_EQ(result.users, 2);
  EXPECT_EQ(result.items, 5);
  EXPECT_EQ(result.interactions, 7);
  EXPECT_DOUBLE_EQ(result.metrics.at("hit_rate@10").mean, 1);
  EXPECT_DOUBLE_EQ(result.metrics.at("mrr").mean, (0.5 + 1) / 2);
  EXPECT_DOUBLE_EQ(result.metrics.at("ndcg@10").mean, (1 / std::log2(3) + 1) / 2);
}

// Last of users 1, 2 and 3: items 6, 7 and (of equal times the later line) 6. User 4 would be left
// with nothing. What remains: 5 three times, 8 once; 6 and 7 never.
TEST_F(NcfLeaveOneOut, ValidationAsksForTheLastItemOfTheTrainingFile) {
  request_.segment = "validation";
  const EvaluateResult result = Run();
  EXPECT_EQ(result.users, 3);
  EXPECT_EQ(result.interactions, 4);
  // Users 1 and 3 are asked for 6 among 7, 8 and 9, user 2 for 7 among 6, 8 and 9: all tie but 8,
  // which is ahead.
  EXPECT_DOUBLE_EQ(result.metrics.at("mrr").mean, 0.25);
}

TEST_F(NcfLeaveOneOut, RefusesFilesThatDoNotBelongTogether) {
  Write("test.negative", "(1,7)\t8\n(1,7)\t9\n");
  EXPECT_THAT([&] { Run(); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("asks for user 1 and item 7, which")));
}

TEST_F(NcfLeaveOneOut, RefusesAFolderWithoutTheFiles) {
  request_.split_files = folder_.path() / "nowhere";
  EXPECT_THAT([&] { Run(); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("one file NAME.train.rating")));
  request_.split_files = folder_.path();
  std::filesystem::remove(folder_.path() / "some.test.negative");
  EXPECT_THAT([&] { Run(); }, ThrowsError(Code::kNotFound, HasSubstr("some.test.negative")));
}

TEST_F(NcfLeaveOneOut, RefusesFilesThatAskForNobody) {
  Write("test.negative", "");
  EXPECT_THAT([&] { Run(); }, ThrowsError(Code::kFailedPrecondition, HasSubstr("ask for no user")));
}

}  // namespace
}  // namespace marquee
