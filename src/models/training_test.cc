#include "models/training.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"

namespace marquee::training_test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::vector<int32_t> Rows(const std::vector<ScoredItem>& items) {
  std::vector<int32_t> rows;
  for (const ScoredItem& item : items) rows.push_back(item.item);
  return rows;
}

TEST(BestItems, EqualScoresComeByRowWithoutTheExcludedOne) {
  const std::vector<float> scores = {1, 3, 2, 3, 2};
  EXPECT_THAT(Rows(BestItems(scores, -1, 3)), testing::ElementsAre(1, 3, 2));
  EXPECT_THAT(Rows(BestItems(scores, 1, 9)), testing::ElementsAre(3, 2, 4, 0));
  EXPECT_THAT(BestItems(scores, 1, 0), IsEmpty());
  EXPECT_THAT(BestItems({}, -1, 5), IsEmpty());
}

TEST(Largest, EqualOnesComeByRow) {
  EXPECT_THAT(Rows(Largest({{7, 1}, {2, 5}, {9, 5}, {1, 0}}, 3)), testing::ElementsAre(2, 9, 7));
}

TEST(RequireRange, RefusesBeyondTheBoundsAndNan) {
  RequireRange("l2", 1, 1, 2);
  RequireRange("l2", 2, 1, 2);
  EXPECT_THAT([] { RequireRange("l2", 2.5, 1, 2); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("l2 is 2.5: must be 1 to 2")));
  EXPECT_THAT([] { RequireRange("l2", std::nan(""), 1, 2); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("l2 is nan")));
}

TEST(AvailableMemoryBytes, IsSomeAndNoMoreThanAMachineHas) {
  EXPECT_GT(AvailableMemoryBytes(), 1 << 20);
  EXPECT_LT(AvailableMemoryBytes(), int64_t{1} << 50) << "what the machine has free was not found";
}

TEST(KnownItems, CutsOffWhatIsNewer) {
  const std::vector<int32_t> columns = {0, 4, 9};
  const std::vector<float> values = {1, 2, 3};
  const std::vector<int64_t> times = {10, 20, 30};
  const SparseRow known = KnownItems({columns, values, times}, 9);
  EXPECT_THAT(known.columns, testing::ElementsAre(0, 4));
  EXPECT_THAT(known.values, testing::ElementsAre(1, 2));
  EXPECT_THAT(known.times_s, testing::ElementsAre(10, 20));
}

}  // namespace
}  // namespace marquee::training_test
