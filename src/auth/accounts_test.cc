#include "auth/accounts.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/test_people.h"
#include "base/error_matchers.h"

namespace marquee::auth {
namespace {

using http::Role;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsNull;
using testing::Not;
using testing::NotNull;

class AccountsTest : public testing::Test {
 protected:
  TestPeople people_;
};

TEST_F(AccountsTest, AKeyIsFoundByItsWholeTextOnly) {
  const auto made = people_.MakeKey(Role::kOperator);
  const auto accounts = people_.accounts.Current();
  ASSERT_THAT(accounts->FindKey(made.key), NotNull());
  EXPECT_EQ(accounts->FindKey(made.key)->role, Role::kOperator);
  std::string other = made.key;
  other.back() = other.back() == '0' ? '1' : '0';
  for (const std::string& bad : {other, made.key.substr(0, made.key.size() - 1), made.key + "0",
                                 made.info.id, std::string("mq_"), std::string()}) {
    EXPECT_THAT(accounts->FindKey(bad), IsNull()) << bad;
  }
}

TEST_F(AccountsTest, NeitherKeysNorPasswordsAreOnTheDisk) {
  const auto made = people_.MakeKey(Role::kViewer);
  people_.accounts.CreateUser("ada", Role::kViewer, "correct horse battery");
  const std::string refresh = people_.refresh.Begin({"ada", 1, Role::kViewer});
  const std::string bytes = people_.FileBytes();
  EXPECT_THAT(bytes, HasSubstr(made.info.id));
  EXPECT_THAT(bytes, Not(HasSubstr(made.key.substr(made.key.rfind('_') + 1))));
  EXPECT_THAT(bytes, Not(HasSubstr("correct horse battery")));
  EXPECT_THAT(bytes, Not(HasSubstr(refresh)));
  EXPECT_THAT(bytes, HasSubstr("$argon2id$"));
}

TEST_F(AccountsTest, TheFilesAreTheirOwnersOnly) {
  for (const char* name : {"auth.db", "auth.db-wal", "auth.key"}) {
    struct stat facts {};
    ASSERT_EQ(::stat((people_.folder.path() / name).c_str(), &facts), 0) << name;
    EXPECT_EQ(facts.st_mode & 0777, 0600) << name;
  }
}

TEST_F(AccountsTest, AKeyEndsWhenItExpiresOrIsRevoked) {
  KeyInfo wanted;
  wanted.expires_ms = kTestNowMs + 1000;
  const auto made = people_.accounts.CreateKey(wanted);
  EXPECT_TRUE(made.info.ValidAt(kTestNowMs + 999));
  EXPECT_FALSE(made.info.ValidAt(kTestNowMs + 1000));
  people_.accounts.RevokeKey(made.info.id);
  EXPECT_THAT(people_.accounts.Current()->FindKey(made.key), IsNull());
  const int64_t revoked_ms = people_.accounts.ListKeys()[0].revoked_ms;
  people_.clock.Advance(5);
  people_.accounts.RevokeKey(made.info.id);
  EXPECT_EQ(people_.accounts.ListKeys()[0].revoked_ms, revoked_ms);
  EXPECT_THAT([&] { people_.accounts.RevokeKey("0123456789"); },
              ThrowsError(Code::kNotFound, HasSubstr("key '0123456789' is unknown")));
}

TEST_F(AccountsTest, WhatAnotherProcessChangesIsSeenWithinASecond) {
  EXPECT_TRUE(people_.accounts.Current()->empty());
  AccountStore other(people_.folder.path() / "auth.db", people_.clock, kCheap);
  const auto made = other.CreateKey({.role = Role::kViewer});
  people_.clock.Advance(250);
  EXPECT_THAT(people_.accounts.Current()->FindKey(made.key), NotNull());
  other.RevokeKey(made.info.id);
  people_.clock.Advance(250);
  EXPECT_THAT(people_.accounts.Current()->FindKey(made.key), IsNull());
}

// Without it another process that ends takes itself for the last, and deletes the log.
TEST_F(AccountsTest, OpeningTheFileAgainKeepsItsLock) {
  const AccountStore again(people_.folder.path() / "auth.db", people_.clock, kCheap);
  const std::string path = people_.folder.path() / "auth.db";
  const pid_t child = ::fork();
  if (child == 0) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    const int fd = ::open(path.c_str(), O_RDWR);
    const bool asked = fd >= 0 && ::fcntl(fd, F_GETLK, &lock) == 0;
    ::_exit(asked && lock.l_type != F_UNLCK ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(AccountsTest, KeysThatMakeNoSenseAreRefused) {
  const auto create = [&](KeyInfo wanted) {
    return [this, wanted] { people_.accounts.CreateKey(wanted); };
  };
  EXPECT_THAT(create({.role = Role::kPublic}),
              ThrowsError(Code::kInvalidArgument, HasSubstr("has to have a role")));
  EXPECT_THAT(create({.role = Role::kViewer, .expires_ms = kTestNowMs}),
              ThrowsError(Code::kInvalidArgument, HasSubstr("have expired already")));
  EXPECT_THAT(create({.role = Role::kViewer, .paths = {"recommend"}}),
              ThrowsError(Code::kInvalidArgument, HasSubstr("path 'recommend'")));
  EXPECT_THAT(create({.name = std::string(101, 'x'), .role = Role::kViewer}),
              ThrowsError(Code::kInvalidArgument, HasSubstr("100 bytes")));
}

TEST(CoversRoute, APathCoversItselfAndWhatIsBelowIt) {
  EXPECT_TRUE(CoversRoute({}, "/items"));
  EXPECT_TRUE(CoversRoute({"/x", "/items"}, "/items/{item_id}/similar"));
  EXPECT_TRUE(CoversRoute({"/items/"}, "/items"));
  EXPECT_TRUE(CoversRoute({"/"}, "/items"));
  EXPECT_FALSE(CoversRoute({"/items"}, "/itemsets"));
  EXPECT_FALSE(CoversRoute({"/items/{item_id}"}, "/items"));
}

TEST_F(AccountsTest, APasswordIsCheckedAgainstTheUsersOwn) {
  people_.accounts.CreateUser("ada", Role::kAdmin, "correct horse battery");
  people_.accounts.CreateUser("bob", Role::kViewer, "other words in a row");
  EXPECT_EQ(people_.accounts.CheckPassword("ada", "correct horse battery")->role, Role::kAdmin);
  EXPECT_FALSE(people_.accounts.CheckPassword("ada", "other words in a row"));
  EXPECT_FALSE(people_.accounts.CheckPassword("ada", ""));
  EXPECT_FALSE(people_.accounts.CheckPassword("eve", "correct horse battery"));
}

TEST_F(AccountsTest, AnotherPasswordIsAnotherGeneration) {
  const UserInfo user = people_.accounts.CreateUser("ada", Role::kAdmin, "correct horse battery");
  people_.accounts.SetPassword("ada", "words of another kind");
  EXPECT_FALSE(people_.accounts.CheckPassword("ada", "correct horse battery"));
  EXPECT_NE(people_.accounts.CheckPassword("ada", "words of another kind")->generation,
            user.generation);
  people_.accounts.RemoveUser("ada");
  EXPECT_FALSE(people_.accounts.CheckPassword("ada", "words of another kind"));
  EXPECT_THAT([&] { people_.accounts.SetPassword("ada", "long enough"); },
              ThrowsError(Code::kNotFound, HasSubstr("user 'ada' is unknown")));
}

TEST_F(AccountsTest, UsersThatMakeNoSenseAreRefused) {
  const auto create = [&](std::string name, std::string password) {
    return [this, name, password] { people_.accounts.CreateUser(name, Role::kViewer, password); };
  };
  EXPECT_THAT(create("a b", "long enough"),
              ThrowsError(Code::kInvalidArgument, HasSubstr("user name 'a b'")));
  EXPECT_THAT(create("ada", "1234567"),
              ThrowsError(Code::kInvalidArgument, "the password has 7 bytes: must be 8 to 1,024"));
  people_.accounts.CreateUser("ada", Role::kViewer, "12345678");
  EXPECT_THAT(create("ada", "12345678"),
              ThrowsError(Code::kAlreadyExists, HasSubstr("user 'ada' exists")));
}

TEST_F(AccountsTest, ADamagedFileIsDataLoss) {
  TempDir folder;
  WriteFileAtomic(folder.path() / "auth.db", std::string(4096, 'x'));
  EXPECT_THAT([&] { AccountStore(folder.path() / "auth.db", people_.clock, kCheap); },
              ThrowsError(Code::kDataLoss, HasSubstr("auth.db")));
  WriteFileAtomic(folder.path() / "auth.key", "{}");
  EXPECT_THAT([&] { AccessTokens(folder.path() / "auth.key", people_.clock, 900); },
              ThrowsError(Code::kDataLoss, HasSubstr("auth.key")));
}

TEST_F(AccountsTest, TheAuditLogPagesFromTheNewest) {
  for (int i = 0; i < 5; ++i) people_.audit.Append({.who = "key:1", .status = 200 + i});
  const auto statuses = [&](int64_t before, int64_t limit) {
    std::vector<int64_t> found;
    for (const AuditEntry& entry : people_.audit.Page(before, limit)) found.push_back(entry.status);
    return found;
  };
  EXPECT_THAT(statuses(0, 2), ElementsAre(204, 203));
  EXPECT_THAT(statuses(people_.audit.Page(0, 2).back().id, 10), ElementsAre(202, 201, 200));
}

TEST_F(AccountsTest, TheAuditLogForgetsAfterItsRetention) {
  people_.audit.Append({.who = "old"});
  people_.clock.Advance(86'400'000);
  people_.audit.Append({.who = "new"});
  AuditLog audit(people_.folder.path() / "auth.db", people_.clock, 3'600'000);
  ASSERT_EQ(audit.Page(0, 10).size(), 1);
  EXPECT_EQ(audit.Page(0, 10)[0].who, "new");
  people_.clock.Advance(86'400'000);
  audit.Append({.who = "newest"});
  ASSERT_EQ(audit.Page(0, 10).size(), 1);
  EXPECT_EQ(audit.Page(0, 10)[0].who, "newest");
}

}  // namespace
}  // namespace marquee::auth
