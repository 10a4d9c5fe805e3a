#include "tuning/journal.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Json kHeader = Json::MakeObject({{"model", "ease"}});
const Json kTrial = Json::MakeObject({{"trial", 0}, {"value", 0.5}});

TEST(TrialJournal, GoesOnWhereItEnded) {
  const TempDir dir;
  const std::filesystem::path path = dir.path() / "deep" / "a.jsonl";
  {
    TrialJournal journal(path, kHeader);
    EXPECT_THAT(journal.trials(), IsEmpty());
    journal.Append(kTrial);
  }
  TrialJournal again(path, kHeader);
  ASSERT_THAT(again.trials(), SizeIs(1));
  EXPECT_EQ(again.trials()[0], kTrial);
  again.Append(kTrial);
  EXPECT_THAT(TrialJournal(path, kHeader).trials(), SizeIs(2));
}

TEST(TrialJournal, AnyCutOfTheLastLineLosesThatTrialOnly) {
  const TempDir dir;
  const std::filesystem::path path = dir.path() / "a.jsonl";
  {
    TrialJournal journal(path, kHeader);
    journal.Append(kTrial);
    journal.Append(kTrial);
  }
  const std::string whole = ReadFile(path);
  const size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  for (size_t size = last; size < whole.size(); ++size) {
    WriteFileAtomic(path, std::string_view(whole).substr(0, size));
    TrialJournal journal(path, kHeader);
    ASSERT_THAT(journal.trials(), SizeIs(1)) << size;
    journal.Append(kTrial);
    EXPECT_EQ(ReadFile(path), whole) << size;
  }
}

TEST(TrialJournal, ThatOfAnotherSearchIsRefused) {
  const TempDir dir;
  const TrialJournal journal(dir.path() / "a.jsonl", kHeader);
  EXPECT_THAT(
      [&] {
        TrialJournal(dir.path() / "a.jsonl", Json::MakeObject({{"model", "ials"}}));
      },
      ThrowsError(Code::kFailedPrecondition, HasSubstr("is of another search")));
}

TEST(TrialJournal, ADamagedLineIsNamed) {
  const TempDir dir;
  WriteFileAtomic(dir.path() / "a.jsonl", kHeader.Dump() + "\n{oops\n");
  EXPECT_THAT([&] { TrialJournal(dir.path() / "a.jsonl", kHeader); },
              ThrowsError(Code::kDataLoss, HasSubstr("is damaged: line 2")));
}

}  // namespace
}  // namespace marquee
