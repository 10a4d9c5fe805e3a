#include "lake/lake.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/text.h"

namespace marquee::lake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Mode = WriteRequest::Mode;

constexpr int64_t kStartMs = 1'700'000'000'000;

class LakeTest : public ::testing::Test {
 protected:
  WriteResult Write(const std::string& select, Mode mode = Mode::kOverwrite) {
    clock_.Advance(1000);
    return lake_.Write(*session_, {.table = "silver.ratings", .select = select, .mode = mode});
  }
  // The rows of a query: "1,a 2,b".
  std::string RowsOf(const std::string& sql) {
    std::string rows;
    const auto result = session_->Query(sql);
    while (const Chunk* chunk = result->Next()) {
      for (size_t row = 0; row < chunk->size(); ++row) {
        if (!rows.empty()) rows += ' ';
        for (size_t column = 0; column < result->columns().size(); ++column) {
          rows += StrCat(column == 0 ? "" : ",",
                         chunk->IsNull(column, row) ? "null" : chunk->Display(column, row));
        }
      }
    }
    return rows;
  }
  std::string Rows(const At& at = {}) {
    lake_.CreateView(*session_, "silver.ratings", at);
    return RowsOf("select * from silver.ratings order by all");
  }

  TempDir dir_;
  ManualClock clock_{kStartMs};
  Engine engine_{EngineOptions{}};
  std::unique_ptr<Session> session_ = engine_.NewSession();
  Lake lake_{dir_.path(), clock_};
};

TEST_F(LakeTest, WrittenRowsAreRead) {
  const WriteResult written = Write("select i as id, 'film' || i as title from range(3) r(i)");
  EXPECT_EQ(written.version, 0);
  EXPECT_EQ(written.rows, 3);
  EXPECT_EQ(Rows(), "0,film0 1,film1 2,film2");
}

}  // namespace
}  // namespace marquee::lake
