// One suite for every database.
#include "database/database.h"

#include <gmock/gmock.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <cmath>
#include <limits>
#include <thread>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/ids.h"
#include "database/test_postgres.h"

namespace marquee::database {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::array kVersions = {
    "create table films (id {identity}, title {text} unique, x double precision, n bigint, "
    "bytes {blob}); create table tags (film bigint not null, tag {text} not null, "
    "primary key (film, tag)) {without_rowid};",
    "alter table films add column year bigint not null default 1895;",
    "create index films_by_year on films (year);"};

class DatabaseFixture {
 public:
  virtual ~DatabaseFixture() = default;
  // Of a database without tables in `schema`.
  virtual std::string url() const = 0;
  virtual std::string schema() const { return "films"; }
};

class SqliteFixture : public DatabaseFixture {
 public:
  std::string url() const override { return "sqlite:" + (folder_.path() / "new/a.db").string(); }

 private:
  TempDir folder_;
};

// One server for all tests of the program.
std::unique_ptr<PostgresServer> postgres_server;

class PostgresEnvironment : public ::testing::Environment {
 public:
  void TearDown() override { postgres_server.reset(); }
};
const auto* const postgres_environment =
    ::testing::AddGlobalTestEnvironment(new PostgresEnvironment);

class PostgresFixture : public DatabaseFixture {
 public:
  PostgresFixture() {
    if (postgres_server == nullptr) postgres_server = std::make_unique<PostgresServer>();
  }
  std::string url() const override { return postgres_server->url(); }
  std::string schema() const override { return schema_; }

 private:
  const std::string schema_ = "films_" + NewRunId();
};

struct Maker {
  const char* name;
  bool is_there;
  std::function<std::unique_ptr<DatabaseFixture>()> make;
};

class DatabaseContract : public ::testing::TestWithParam<Maker> {
 protected:
  void SetUp() override {
    if (!GetParam().is_there) GTEST_SKIP() << "no tools/postgres: set MARQUEE_SHARED";
    UseEmptyDatabase();
  }
  void UseEmptyDatabase() {
    fixture_ = GetParam().make();
    schema_name_ = fixture_->schema();
    options_.url = fixture_->url();
  }
  Schema SchemaOf(std::span<const char* const> versions) {
    return {schema_name_, 0x46696c6d, versions};
  }
  Database Open(const Schema& schema) { return Database(options_, schema); }
  Database Open(size_t version = kVersions.size()) {
    return Open(SchemaOf({kVersions.data(), version}));
  }
  int64_t Count(Database& database) {
    return database.Read([](Session& session) {
      Rows rows = session.Query("select count(*) from films");
      rows.Next();
      return rows.Int(0);
    });
  }

  std::unique_ptr<DatabaseFixture> fixture_;
  std::string schema_name_;
  DatabaseOptions options_;
};

constexpr char kInsert[] = "insert into films (title, x, n, bytes) values (?, ?, ?, ?)";

TEST_P(DatabaseContract, ValuesComeBackAsTheyWereBound) {
  Database database = Open();
  const std::string bytes("\xff\0'\\\x80", 5);
  const std::string text = "Amélie 🎬 'a' \"b\" \\ ? $1\n";
  database.Write([&](Session& session) {
    EXPECT_EQ(session.Run(kInsert, {text, 0.1, int64_t{1} << 60, Blob{bytes}}), 1);
    session.Run(kInsert, {"", {}, {}, Blob{}});
    session.Run(kInsert, {{}, std::nan(""), {}, {}});
  });
  database.Read([&](Session& session) {
    Rows rows = session.Query("select title, x, n, bytes from films order by id");
    ASSERT_TRUE(rows.Next());
    EXPECT_EQ(rows.Text(0), text);
    EXPECT_EQ(rows.Double(1), 0.1);
    EXPECT_EQ(rows.Int(2), int64_t{1} << 60);
    EXPECT_EQ(rows.Bytes(3), bytes);
    ASSERT_TRUE(rows.Next());
    EXPECT_FALSE(rows.IsNull(0));
    EXPECT_EQ(rows.Text(0), "");
    EXPECT_FALSE(rows.IsNull(3));
    EXPECT_EQ(rows.Bytes(3), "");
    ASSERT_TRUE(rows.Next());
    for (int column = 0; column < 4; ++column) EXPECT_TRUE(rows.IsNull(column)) << column;
    EXPECT_TRUE(std::isnan(rows.Double(1)));
    EXPECT_EQ(rows.Int(2), 0);
    EXPECT_EQ(rows.Text(0), "");
    EXPECT_FALSE(rows.Next());
    EXPECT_FALSE(rows.Next());
  });
}

TEST_P(DatabaseContract, KeepsTheLimitsOfNumbers) {
  using Real = std::numeric_limits<double>;
  using Whole = std::numeric_limits<int64_t>;
  const std::vector<double> reals = {Real::infinity(), -Real::infinity(),  -0.0,     1e308,
                                     -Real::max(),     Real::denorm_min(), 1.0 / 3.0};
  const std::vector<int64_t> wholes = {Whole::max(), Whole::min(), -1};
  Database database = Open();
  database.Write([&](Session& session) {
    for (const double x : reals) session.Run("insert into films (x) values (?)", {x});
    for (const int64_t n : wholes) session.Run("insert into films (n) values (?)", {n});
  });
  database.Read([&](Session& session) {
    Rows rows = session.Query("select x, n from films order by id");
    for (const double x : reals) {
      ASSERT_TRUE(rows.Next());
      EXPECT_EQ(rows.Double(0), x);
    }
    for (const int64_t n : wholes) {
      ASSERT_TRUE(rows.Next());
      EXPECT_EQ(rows.Int(1), n);
    }
  });
}

TEST_P(DatabaseContract, RefusesTextThatDatabasesChange) {
  Database database = Open();
  const auto insert = [&](const std::string& title) {
    database.Write(
        [&](Session& session) { session.Run("insert into films (title) values (?)", {title}); });
  };
  EXPECT_THAT([&] { insert(std::string("a\0b", 3)); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("a text has a NUL byte")));
  EXPECT_THAT([&] { insert("a\xff"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("a text is not UTF-8")));
}

TEST_P(DatabaseContract, AQuestionMarkInQuotesOrACommentIsNoPlace) {
  Database database = Open();
  database.Read([](Session& session) {
    Rows rows = session.Query(
        "select '?' || 'it''s ?', ?, n as \"?\" -- ?\n from (select 7 as n) as t where n = ?",
        {"x", int64_t{7}});
    ASSERT_TRUE(rows.Next());
    EXPECT_EQ(rows.Text(0), "?it's ?");
    EXPECT_EQ(rows.Text(1), "x");
    EXPECT_EQ(rows.Int(2), 7);
  });
  EXPECT_THAT([&] { database.Read([](Session& session) { session.Query("select ?", {}); }); },
              ThrowsError(Code::kInternal, HasSubstr("0 values for the 1 places of: select ?")));
}

TEST_P(DatabaseContract, AnInsertReturnsItsRows) {
  Database database = Open();
  const int64_t id = database.Write([](Session& session) {
    Rows rows = session.Query("insert into films (title) values (?) returning id", {"a"});
    return rows.Next() ? rows.Int(0) : 0;
  });
  EXPECT_EQ(id, 1);
  database.Write([](Session& session) { session.Query("insert into films (n) values (1)"); });
  EXPECT_EQ(Count(database), 2);
}

TEST_P(DatabaseContract, StatementsMayRunWhileRowsAreRead) {
  Database database = Open();
  constexpr char kTitles[] = "select title from films where n >= ? order by title";
  database.Write([&](Session& session) {
    for (const char* title : {"a", "b", "c"}) session.Run(kInsert, {title, {}, int64_t{1}, {}});
    Rows rows = session.Query(kTitles, {int64_t{0}});
    std::string seen;
    while (rows.Next()) {
      Rows same = session.Query(kTitles, {int64_t{1}});
      same.Next();
      seen += rows.Text(0) + same.Text(0);
      session.Run("update films set n = n + 1 where title = ?", {rows.Text(0)});
    }
    EXPECT_EQ(seen, "aabaca");
  });
}

TEST_P(DatabaseContract, ATransactionThatThrowsChangesNothing) {
  Database database = Open();
  EXPECT_THAT(
      [&] {
        database.Write([](Session& session) {
          session.Run("insert into films (title) values (?)", {"a"});
          throw Error(Code::kCancelled, "enough");
        });
      },
      ThrowsError(Code::kCancelled, "enough"));
  EXPECT_EQ(Count(database), 0);
}

TEST_P(DatabaseContract, AnErrorThatIsKeptQuietIsNotCommitted) {
  Database database = Open();
  const auto write = [](Session& session) {
    session.Run("insert into films (title) values ('a')");
    try {
      session.Run("insert into films (title) values ('a')");
    } catch (const Error&) {
    }
  };
  EXPECT_THAT([&] { database.Write(write); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("after an error in it")));
  EXPECT_EQ(Count(database), 0);
}

TEST_P(DatabaseContract, AKeyThatIsThereAlreadyExists) {
  Database database = Open();
  const auto insert = [&](const char* sql) {
    database.Write([&](Session& session) { session.Run(sql); });
  };
  insert("insert into films (id, title) values (7, 'a'); ");
  EXPECT_THAT([&] { insert("insert into films (title) values ('a')"); },
              ThrowsError(Code::kAlreadyExists, HasSubstr(database.name())));
  EXPECT_THAT([&] { insert("insert into films (id) values (7)"); },
              ThrowsError(Code::kAlreadyExists, HasSubstr("films")));
  EXPECT_THAT([&] { insert("insert into tags (film, tag) values (1, null)"); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("tags")));
  EXPECT_THAT([&] { insert("insert into none values (1)"); },
              ThrowsError(Code::kInternal, HasSubstr("none")));
}

TEST_P(DatabaseContract, TextIsOrderedByItsBytes) {
  Database database = Open();
  std::string titles;
  database.Write([&](Session& session) {
    for (const char* title : {"b", "a", "B", "é", "_"}) session.Run(kInsert, {title, {}, {}, {}});
    Rows rows = session.Query("select title from films order by title");
    while (rows.Next()) titles += rows.Text(0);
  });
  EXPECT_EQ(titles, "B_abé");
}

TEST_P(DatabaseContract, ManyRowsGoInAtOnceAndAreReadOneByOne) {
  Database database = Open();
  constexpr int64_t kRows = 20'000;
  std::vector<SqlValues> rows;
  for (int64_t i = 0; i < kRows; ++i) rows.push_back({i / 2, i % 4 == 0 ? "a" : "b"});
  const int64_t added = database.Write([&](Session& session) {
    return session.RunMany("insert into tags (film, tag) values (?, ?) on conflict do nothing",
                           rows);
  });
  EXPECT_EQ(added, kRows * 3 / 4);
  const int64_t read = database.Read([](Session& session) {
    Rows all = session.Query("select film from tags order by film, tag");
    int64_t count = 0;
    while (all.Next()) ++count;
    return count;
  });
  EXPECT_EQ(read, added);
}

TEST_P(DatabaseContract, AMillionRowsAreReadInTheMemoryOfAFew) {
  Database database = Open();
  size_t most_bytes = 0;
  const size_t before_bytes = mallinfo2().uordblks;
  const int64_t read = database.Read([&](Session& session) {
    Rows rows = session.Query(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 1000000) "
        "select i, 'a text of some length that would add up' from n");
    int64_t count = 0;
    while (rows.Next()) {
      if (++count % 10'000 == 0) most_bytes = std::max(most_bytes, mallinfo2().uordblks);
    }
    return count;
  });
  EXPECT_EQ(read, 1'000'000);
  // As a whole they take more than 50 MB. Sanitizers have an allocator of their own: 0 then.
  EXPECT_LT(most_bytes, before_bytes + 5'000'000);
}

TEST_P(DatabaseContract, ARowOfManyThatFailsIsNamedByItsError) {
  Database database = Open();
  const std::vector<SqlValues> rows = {{"a", 1.0}, {"b", {}}, {"a", 2.0}, {"c", 2.0}};
  EXPECT_THAT(
      [&] {
        database.Write([&](Session& session) {
          session.RunMany("insert into films (title, x) values (?, ?)", rows);
        });
      },
      ThrowsError(Code::kAlreadyExists, HasSubstr("title")));
  EXPECT_EQ(Count(database), 0);
}

TEST_P(DatabaseContract, ReadersSeeOneMoment) {
  Database database = Open();
  database.Read([&](Session& session) {
    const auto count = [&] {
      Rows rows = session.Query("select count(*) from films");
      rows.Next();
      return rows.Int(0);
    };
    EXPECT_EQ(count(), 0);
    std::thread([&] {
      database.Write([](Session& other) { other.Run("insert into films (n) values (1)"); });
    }).join();
    EXPECT_EQ(count(), 0);
  });
  EXPECT_EQ(Count(database), 1);
}

TEST_P(DatabaseContract, FiftyThreadsLoseNothing) {
  Database database = Open();
  constexpr int64_t kThreads = 50;
  constexpr int64_t kEach = 20;
  database.Write([](Session& session) { session.Run("insert into films (n) values (0)"); });
  std::vector<std::thread> writers;
  for (int64_t i = 0; i < kThreads; ++i) {
    writers.emplace_back([&] {
      for (int64_t k = 0; k < kEach; ++k) {
        database.Write([](Session& session) {
          session.Run("insert into films (title) values (null)");
          session.Run("update films set n = n + 1 where id = 1");
        });
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(Count(database), kThreads * kEach + 1);
  database.Read([&](Session& session) {
    Rows rows = session.Query("select n from films where id = 1");
    ASSERT_TRUE(rows.Next());
    EXPECT_EQ(rows.Int(0), kThreads * kEach);
  });
}

TEST_P(DatabaseContract, AStatementPastItsLimitIsStopped) {
  options_.statement_timeout_ms = 50;
  Database database = Open();
  EXPECT_THAT(
      [&] {
        database.Read([](Session& session) {
          session.Query(
              "with recursive n (i) as (select 1 union all select i + 1 from n) "
              "select count(*) from n");
        });
      },
      ThrowsError(Code::kDeadlineExceeded, HasSubstr(database.name())));
  EXPECT_EQ(Count(database), 0);
}

TEST_P(DatabaseContract, WhoFindsNoFreeConnectionIsTold) {
  options_.max_connections = 1;
  options_.acquire_timeout_ms = 20;
  Database database = Open();
  database.Read([&](Session&) {
    std::thread([&] {
      EXPECT_THAT([&] { Count(database); },
                  ThrowsError(Code::kResourceExhausted, HasSubstr("all 1 connections")));
    }).join();
  });
  EXPECT_EQ(Count(database), 0);
}

TEST_P(DatabaseContract, EveryOlderVersionIsBroughtToTheNewest) {
  for (size_t version = 1; version <= kVersions.size(); ++version) {
    UseEmptyDatabase();
    Open(version).Write(
        [](Session& session) { session.Run("insert into films (title) values ('a')"); });
    Database database = Open();
    EXPECT_EQ(Count(database), 1);
    database.Read([](Session& session) {
      Rows rows = session.Query("select year from films");
      ASSERT_TRUE(rows.Next());
      EXPECT_EQ(rows.Int(0), 1895);
    });
  }
}

TEST_P(DatabaseContract, RefusesWhatANewerProgramWrote) {
  Open();
  EXPECT_THAT([&] { Open(1); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("version 3; this program knows 1")));
}

TEST_P(DatabaseContract, RefusesTablesOfSomethingElse) {
  Open();
  Schema other = SchemaOf(kVersions);
  other.application_id = 7;
  EXPECT_THAT([&] { Open(other); }, ThrowsError(Code::kDataLoss, HasSubstr("something else")));
}

TEST_P(DatabaseContract, AVersionThatFailsLeavesTheOldOne) {
  Open(1);
  const std::array broken = {kVersions[0], "create table more (a bigint); oops;"};
  EXPECT_THAT([&] { Open(SchemaOf(broken)); }, ThrowsError(Code::kInternal, HasSubstr("oops")));
  const std::array good = {kVersions[0], "create table more (a bigint);"};
  Open(SchemaOf(good));
}

TEST_P(DatabaseContract, ManyMayMigrateAtOnce) {
  std::vector<std::thread> starters;
  for (int i = 0; i < 8; ++i) {
    starters.emplace_back([&] {
      Open().Write([](Session& session) { session.Run("insert into films (n) values (1)"); });
    });
  }
  for (std::thread& starter : starters) starter.join();
  Database database = Open();
  EXPECT_EQ(Count(database), 8);
}

std::vector<Maker> Databases() {
  return {
      {"sqlite", true, [] { return std::make_unique<SqliteFixture>(); }},
      {"postgres", PostgresServer::IsThere(), [] { return std::make_unique<PostgresFixture>(); }}};
}

INSTANTIATE_TEST_SUITE_P(Databases, DatabaseContract, ::testing::ValuesIn(Databases()),
                         [](const auto& database) { return database.param.name; });

TEST(DatabaseUrl, OtherKindsAreRefusedWithoutTheirPassword) {
  const auto open = [](const char* url) { Database({.url = url}, {"films", 7, kVersions}); };
  EXPECT_THAT([&] { open("mysql://me:hush@host/db"); },
              ThrowsError(Code::kInvalidArgument,
                          AllOf(HasSubstr("unknown kind, 'mysql'"), Not(HasSubstr("hush")))));
  EXPECT_THAT([&] { open("sqlite:"); }, ThrowsError(Code::kInvalidArgument, HasSubstr("is empty")));
  EXPECT_THAT([&] { open("postgresql://me:hu%sh@host/db"); },
              ThrowsError(Code::kInvalidArgument,
                          AllOf(HasSubstr("cannot be read"), Not(HasSubstr("hu%sh")))));
}

TEST(DatabaseUrl, AServerThatIsNotThereIsNamedWithoutItsPassword) {
  EXPECT_THAT(
      [] {
        Database({.url = "postgresql://me:hush@127.0.0.1:1/db"}, {"films", 7, kVersions});
      },
      ThrowsError(Code::kUnavailable,
                  AllOf(HasSubstr("postgresql://127.0.0.1:1/db"), Not(HasSubstr("hush")))));
}

// A server of its own, which must not disturb other tests.
TEST(PostgresDatabase, ConnectionsThatACrashEndedAreReplaced) {
  if (!PostgresServer::IsThere()) GTEST_SKIP() << "no tools/postgres: set MARQUEE_SHARED";
  PostgresServer server;
  Database database({.url = server.url()}, {"films", 7, kVersions});
  const auto add = [&](const std::function<void()>& meanwhile) {
    database.Write([&](Session& session) {
      session.Run("insert into films (n) values (1)");
      meanwhile();
      session.Run("insert into films (n) values (2)");
    });
  };
  add([] {});
  EXPECT_THAT([&] { add([&] { server.Crash(); }); },
              ThrowsError(Code::kUnavailable, HasSubstr(database.name())));
  EXPECT_THAT([&] { add([] {}); }, ThrowsError(Code::kUnavailable, HasSubstr("cannot connect")));
  server.Start();
  add([] {});
  server.Crash();
  server.Start();
  // The connection in the pool does not know yet.
  add([] {});
  database.Read([](Session& session) {
    Rows rows = session.Query("select count(*), max(id) from films");
    ASSERT_TRUE(rows.Next());
    EXPECT_EQ(rows.Int(0), 6);
  });
}

TEST(PostgresDatabase, ABodyRunsAgainAfterADeadlock) {
  if (!PostgresServer::IsThere()) GTEST_SKIP() << "no tools/postgres: set MARQUEE_SHARED";
  const PostgresFixture fixture;
  const std::string name = fixture.schema();
  Database database({.url = fixture.url()}, {name, 7, kVersions});
  database.Write(
      [](Session& session) { session.Run("insert into films (id, n) values (1, 0), (2, 0)"); });
  // Both hold one row when they ask for the other's.
  std::barrier both(2);
  std::atomic<int> runs = 0;
  const auto add = [&](int64_t first, int64_t second) {
    bool is_first_run = true;
    database.Write([&](Session& session) {
      ++runs;
      session.Run("update films set n = n + 1 where id = ?", {first});
      if (std::exchange(is_first_run, false)) both.arrive_and_wait();
      session.Run("update films set n = n + 1 where id = ?", {second});
    });
  };
  std::thread other([&] { add(2, 1); });
  add(1, 2);
  other.join();
  EXPECT_EQ(runs, 3);
  database.Read([](Session& session) {
    Rows rows = session.Query("select sum(n) from films");
    ASSERT_TRUE(rows.Next());
    EXPECT_EQ(rows.Int(0), 4);
  });
}

}  // namespace
}  // namespace marquee::database
