#include "database/sqlite.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"
#include "base/files.h"

namespace marquee::sqlite {
namespace {

using ::testing::HasSubstr;

constexpr const char* kVersions[] = {
    "create table films (id integer primary key, title text, x real)",
    "alter table films add column year integer not null default 0"};
constexpr Schema kFirst = {7, {kVersions, 1}};
constexpr Schema kSecond = {7, kVersions};

TEST(Sqlite, ValuesComeBackAsTheyWereBound) {
  TempDir folder;
  Connection connection = Open(folder.path() / "new" / "a.db", kFirst);
  Statement(connection, "insert into films values (?1, ?2, ?3)")
      .Bind(1, int64_t{1} << 60)
      .Bind(2, std::string_view("a\0b", 3))
      .Bind(3, std::nan(""))
      .Run();
  EXPECT_EQ(connection.last_rowid(), int64_t{1} << 60);
  Statement all(connection, "select * from films");
  ASSERT_TRUE(all.Step());
  EXPECT_EQ(all.Int(0), int64_t{1} << 60);
  EXPECT_EQ(all.Text(1), std::string("a\0b", 3));
  EXPECT_TRUE(std::isnan(all.Double(2)));
  EXPECT_FALSE(all.Step());
}

TEST(Sqlite, ABlobComesBackByteForByte) {
  TempDir folder;
  Connection connection = Open(folder.path() / "a.db", kFirst);
  const std::string bytes("\xff\0\x80", 3);
  Statement(connection, "insert into films (title) values (?1)").BindBlob(1, bytes).Run();
  Statement(connection, "insert into films (title) values (?1)").BindBlob(1, "").Run();
  Statement all(connection, "select title, x from films order by id");
  ASSERT_TRUE(all.Step());
  EXPECT_EQ(all.Bytes(0), bytes);
  EXPECT_FALSE(all.IsNull(0));
  EXPECT_TRUE(all.IsNull(1));
  ASSERT_TRUE(all.Step());
  EXPECT_EQ(all.Bytes(0), "");
  EXPECT_FALSE(all.IsNull(0));
}

TEST(Sqlite, ATransactionThatThrowsChangesNothing) {
  TempDir folder;
  Connection connection = Open(folder.path() / "a.db", kFirst);
  EXPECT_THROW(Transaction(connection,
                           [&] {
                             connection.Run("insert into films values (1, 'a', 0)");
                             throw Error(Code::kCancelled, "enough");
                           }),
               Error);
  EXPECT_EQ(connection.Int("select count(*) from films"), 0);
  EXPECT_FALSE(connection.in_transaction());
}

TEST(Sqlite, AnOlderFileIsBroughtToTheNewestVersionAndKeepsItsRows) {
  TempDir folder;
  const auto path = folder.path() / "a.db";
  Open(path, kFirst).Run("insert into films values (1, 'a', 0)");
  Connection connection = Open(path, kSecond);
  EXPECT_EQ(connection.Int("select year from films where id = 1"), 0);
  EXPECT_EQ(connection.Int("pragma user_version"), 2);
  EXPECT_THAT([&] { Open(path, kFirst); },
              ThrowsError(Code::kFailedPrecondition,
                          HasSubstr("a.db has version 2; this program knows 1")));
}

TEST(Sqlite, AVersionThatFailsLeavesTheOldOne) {
  TempDir folder;
  const auto path = folder.path() / "a.db";
  Open(path, kFirst);
  const char* broken[] = {kVersions[0], "create table more (a); create table more (b)"};
  EXPECT_THAT([&] { Open(path, {7, broken}); }, ThrowsError(Code::kInternal, HasSubstr("more")));
  EXPECT_EQ(Open(path, kSecond).Int("pragma user_version"), 2);
}

TEST(Sqlite, RefusesFilesOfAnotherKind) {
  TempDir folder;
  const auto path = folder.path() / "a.db";
  Connection(path).Run("create table films (id integer)");
  EXPECT_THAT([&] { Open(path, kFirst); },
              ThrowsError(Code::kDataLoss, HasSubstr("a.db is a database of something else")));
  WriteFileAtomic(path, std::string(5000, 'x'));
  EXPECT_THAT([&] { Open(path, kFirst); }, ThrowsError(Code::kDataLoss, HasSubstr("a.db")));
  EXPECT_THAT([&] { Open(path / "b.db", kFirst); },
              ThrowsError(Code::kUnavailable, HasSubstr("cannot make")));
}

}  // namespace
}  // namespace marquee::sqlite
