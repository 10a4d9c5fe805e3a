#include "http/mail.h"

#include "base/error_matchers.h"
#include "http/mailer.h"
#include "http/test_smtp.h"

namespace marquee::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using MailOutcome = MailResult::Outcome;

Mail SmallMail() {
  return {.from = "Marquee <marquee@example.org>",
          .to = {"Ada <ada@example.org>", "bob@example.org"},
          .subject = "nightly.load failed",
          .text = "It failed.\n.\nA line with a dot alone is above.\n",
          .time_ms = 1'769'853'600'000};
}

TEST(MailHeaders, AreThoseOfAMessage) {
  const std::vector<std::string> headers = MailHeaders(SmallMail(), "one");
  EXPECT_THAT(headers, testing::ElementsAre(
                           "From: Marquee <marquee@example.org>",
                           "To: Ada <ada@example.org>,\r\n <bob@example.org>",
                           "Subject: nightly.load failed", "Date: Sat, 31 Jan 2026 10:00:00 +0000",
                           "Message-ID: <one@example.org>", "Auto-Submitted: auto-generated"));
}

TEST(MailHeaders, NoTextBreaksOutOfItsHeader) {
  EXPECT_EQ(EncodeMailWords("a\r\nBcc: eve@example.org"), "a  Bcc: eve@example.org");
  EXPECT_THAT([] { ParseMailAddress("ada@example.org\r\nBcc: eve@example.org"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("is no mail address")));
  EXPECT_THAT([] { ParseMailAddress("A\nB <ada@example.org>"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("is no mail address")));
}

TEST(MailHeaders, NamesWhatIsNoAddress) {
  for (const char* const text : {"", "ada", "@example.org", "ada@", "a da@example.org", "a@b@c",
                                 "ada@example.org>", "<ada@example.org> x"}) {
    EXPECT_THAT([&] { ParseMailAddress(text); },
                ThrowsError(Code::kInvalidArgument, StrCat("'", text, "' is no mail address")));
  }
  EXPECT_EQ(ParseMailAddress(" Ada L. <ada@example.org> ").name, "Ada L.");
}

TEST(MailHeaders, OtherTextsAreEncodedInWordsOfWholeCharacters) {
  EXPECT_EQ(EncodeMailWords("Prüfung"), "=?UTF-8?B?UHLDvGZ1bmc=?=");
  std::string many;
  for (int i = 0; i < 40; ++i) many += "aü";
  const std::string words = EncodeMailWords(many);
  for (const std::string_view word : Split(words, "\r\n ")) EXPECT_LE(word.size(), 75U);
  EXPECT_THAT(Split(words, "\r\n "), SizeIs(3));
}

class MailerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (SmtpServer::IsThere()) server_ = std::make_unique<SmtpServer>();
  }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override {
    if (!server_) GTEST_SKIP() << "no tools/smtp: set MARQUEE_SHARED";
    options_ = {.url = server_->url(),
                .user = "marquee",
                .password = "marquee",
                .ca_file = server_->ca_file()};
  }
  MailResult Send(const Mail& mail, const std::string& recipient = "ada@example.org") {
    return Mailer(options_).Send(mail, recipient, nullptr);
  }

  static inline std::unique_ptr<SmtpServer> server_;
  MailerOptions options_;
};

TEST_F(MailerTest, BringsAMailOverTlsWithALogin) {
  Mail mail = SmallMail();
  mail.subject = "Prüfung";
  mail.html = "<b>It failed.</b>";
  Mailer mailer(options_);
  for (const std::string& to : mail.to) {
    const MailResult result = mailer.Send(mail, to, nullptr);
    EXPECT_EQ(result.outcome, MailOutcome::kTaken) << result.reason;
  }
  const std::vector<std::string> mails = server_->Mails();
  ASSERT_GE(mails.size(), 2U);
  EXPECT_THAT(mails[mails.size() - 2], HasSubstr("X-RcptTo: ada@example.org"));
  EXPECT_THAT(mails.back(),
              AllOf(HasSubstr("X-RcptTo: bob@example.org"), HasSubstr("X-MailFrom: marquee@"),
                    HasSubstr("Subject: =?UTF-8?B?UHLDvGZ1bmc=?="),
                    HasSubstr("multipart/alternative"), HasSubstr("text/plain; charset=utf-8"),
                    HasSubstr("\n.\nA line"), HasSubstr("<b>It failed.</b>")));
}

TEST_F(MailerTest, AMailWithoutHtmlIsText) {
  EXPECT_EQ(Send(SmallMail()).outcome, MailOutcome::kTaken);
  EXPECT_THAT(server_->Mails().back(), Not(HasSubstr("text/html")));
}

TEST_F(MailerTest, GoesWithoutTlsOnlyWhereThatIsSaid) {
  options_.use_tls = false;
  options_.user.clear();
  EXPECT_EQ(Send(SmallMail()).outcome, MailOutcome::kTaken);
}

TEST_F(MailerTest, AWrongPasswordMayBePutRight) {
  options_.password = "wrong";
  const MailResult result = Send(SmallMail());
  EXPECT_EQ(result.outcome, MailOutcome::kFailed);
  EXPECT_THAT(result.reason, AllOf(HasSubstr("535"), Not(HasSubstr("wrong"))));
}

TEST_F(MailerTest, AServerThatNobodyVouchesForIsNotTrusted) {
  options_.ca_file.clear();
  const MailResult result = Send(SmallMail());
  EXPECT_EQ(result.outcome, MailOutcome::kFailed);
  EXPECT_THAT(result.reason, HasSubstr("certificate"));
}

TEST_F(MailerTest, AnAddressIsRefusedForGood) {
  const MailResult result = Send(SmallMail(), "ada@example..org");
  EXPECT_EQ(result.outcome, MailOutcome::kRefused) << result.reason;
  EXPECT_THAT(result.reason, HasSubstr("553"));
}

TEST_F(MailerTest, AServerThatIsDownMayComeBack) {
  server_->Stop();
  const MailResult down = Send(SmallMail());
  EXPECT_EQ(down.outcome, MailOutcome::kFailed);
  EXPECT_THAT(down.reason, HasSubstr("connect"));
  server_->Start();
  EXPECT_EQ(Send(SmallMail()).outcome, MailOutcome::kTaken);
}

TEST_F(MailerTest, EndsWhenItIsCancelled) {
  CancelToken cancel;
  cancel.Request();
  EXPECT_THAT([&] { Mailer(options_).Send(SmallMail(), "ada@example.org", &cancel); },
              ThrowsError(Code::kCancelled, HasSubstr("a mail")));
}

TEST(Mailer, NamesWhatIsNoServer) {
  EXPECT_THAT(
      [] { Mailer mailer({.url = "http://localhost"}); },
      ThrowsError(Code::kInvalidArgument, HasSubstr("'http://localhost' is no mail server")));
}

}  // namespace
}  // namespace marquee::http
