#include "notify/notify_file.h"

#include "base/error_matchers.h"
#include "base/files.h"
#include "notify/test_notify.h"

namespace marquee::notify {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kMailOnly = R"(
on_retry = "ops"
[channels.ops]
type = "mail"
server = "smtp://mail.example.org:587"
user = "marquee"
password = "{{ env.TOKEN }}"
from = "Marquee <marquee@example.org>"
to = ["ada@example.org"]
)";

class NotifyFile : public testing::Test {
 protected:
  NotifySettings Read(const std::string& text) {
    WriteFileAtomic(folder_.path() / "notify.toml", text);
    return ReadNotifyFile(folder_.path() / "notify.toml", NamesForTests());
  }
  // What is wrong with the mail channel when `line` is added.
  auto ReadingWith(const std::string& line) {
    return [this, line] { Read(kMailOnly + line); };
  }

  TempDir folder_;
};

TEST_F(NotifyFile, WithoutOneFailuresGoToLogAndConsole) {
  const NotifySettings settings = ReadNotifyFile(folder_.path() / "none", NamesForTests());
  EXPECT_THAT(*settings.notices.on_failure, ElementsAre("log", "console"));
  EXPECT_THAT(*settings.notices.on_sla_miss, ElementsAre("log", "console"));
  EXPECT_FALSE(settings.notices.on_retry);
}

TEST_F(NotifyFile, HasChannelsAndWhoGetsWhat) {
  const NotifySettings settings = Read(StrCat(kMailOnly, R"(
max_per_hour = 5
[channels.chat]
type = "webhook"
url = "https://hooks.example.org/{{ env.TOKEN }}"
headers = { Authorization = "Bearer {{ env.TOKEN }}" }
[channels.chat.body]
text = "{{ title }}"
)"));
  EXPECT_THAT(*settings.notices.on_retry, ElementsAre("ops"));
  EXPECT_EQ(settings.Named("ops").per_hour, 5);
  EXPECT_EQ(settings.Named("chat").target, "https://hooks.example.org");
  EXPECT_THAT([&] { settings.Named("op"); },
              ThrowsError(Code::kNotFound, "no channel 'op'; did you mean 'ops'?"));
}

TEST_F(NotifyFile, NamesAMistakeWithItsLine) {
  EXPECT_THAT(ReadingWith("subject = '{{ titel }}'"),
              ThrowsError(Code::kInvalidArgument,
                          AllOf(HasSubstr("notify.toml line 10"),
                                HasSubstr("'{{ titel }}' is not known; did you mean 'title'?"))));
  EXPECT_THAT(ReadingWith("tsl = 'none'"),
              ThrowsError(Code::kInvalidArgument, HasSubstr("unknown key 'tsl' of a channel")));
  EXPECT_THAT(ReadingWith("max_per_hour = 0"),
              ThrowsError(Code::kInvalidArgument, HasSubstr("max_per_hour is 0: must be 1 to")));
  EXPECT_THAT(ReadingWith("tls = 'some'"),
              ThrowsError(Code::kInvalidArgument, HasSubstr("tls is 'some'")));
  EXPECT_THAT([&] { Read("on_failure = ['opps']"); },
              ThrowsError(Code::kInvalidArgument, AllOf(HasSubstr("line 1"), HasSubstr("'opps'"))));
  EXPECT_THAT([&] { Read("[channels.log]\ntype = 'mail'"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("the channel log is built in")));
}

TEST_F(NotifyFile, NoMistakeTellsASecret) {
  EXPECT_THAT([&] { Read("[channels.c]\ntype = 'webhook'\nurl = '{{ env.TOKEN }}'"); },
              ThrowsError(Code::kInvalidArgument,
                          AllOf(HasSubstr("begins with http"), Not(HasSubstr("s3cret")))));
}

}  // namespace
}  // namespace marquee::notify
