// Mail and webhooks against real servers.
#include <gmock/gmock.h>

#include <mutex>

#include "base/error_matchers.h"
#include "base/hash.h"
#include "http/server.h"
#include "http/test_probe.h"
#include "http/test_smtp.h"
#include "notify/mail_channel.h"
#include "notify/test_notify.h"
#include "notify/webhook_channel.h"

namespace marquee::notify {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using DeliveryOutcome = Delivery::Outcome;

TEST(TextTemplate, NamesAMistakeWithWhatThereIs) {
  EXPECT_THAT([] { TextTemplate("{{ dagid }}", NamesForTests()); },
              ThrowsError(Code::kInvalidArgument,
                          HasSubstr("'{{ dagid }}' is not known; did you mean 'dag_id'?")));
  EXPECT_THAT([] { TextTemplate("a {{ dag_id", NamesForTests()); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("does not end")));
  EXPECT_THAT([] { ResolveSecrets("{{ env.PASSWORD }}", NamesForTests()); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("the environment has no PASSWORD")));
}

TEST(TextTemplate, PutsInWhatThereIsAndNothingForWhatIsNot) {
  const TextTemplate text("{{title}} ({{ try_number }}) {{ run_id }}{{ env.TOKEN }}",
                          NamesForTests());
  EXPECT_EQ(text.Render(Failure("d")), "d failed (2) s3cret");
}

TEST(JsonTemplate, KeepsTheTypeOfAValueThatStandsAlone) {
  const Json body = Json::Parse(
      R"({"n": "{{ try_number }}", "why": ["{{ reason }}"], "text": "try {{ try_number }}", "k": 3})");
  EXPECT_EQ(JsonTemplate(body, NamesForTests()).Render(Failure("d")).Dump(),
            R"({"n":2,"why":["exit \"1\"\n<b>"],"text":"try 2","k":3})");
}

TEST(SecretFile, IsReadWithoutItsLineEnd) {
  const TempDir folder;
  WriteFileAtomic(folder.path() / "password", "pass\n");
  EXPECT_EQ(ResolveSecrets(StrCat("{{ file.", (folder.path() / "password").string(), " }}"),
                           NamesForTests()),
            "pass");
}

class WebhookTest : public testing::Test {
 protected:
  void SetUp() override {
    http::Router router;
    router.Add("POST", "/hook", http::Role::kPublic, [this](const http::Request& request) {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      http::Response response = http::Html("answer");
      response.status = status_;
      if (status_ == 429) response.headers.push_back({"Retry-After", "7"});
      return response;
    });
    server_.emplace(http::ServerOptions{.io_threads = 1}, std::move(router), probe_);
    server_->Start();
    settings_.url = StrCat("http://127.0.0.1:", server_->port(), "/hook?key=s3cret");
  }
  Delivery Send() { return WebhookChannel(settings_).Send(Failure("d"), cancel_); }

  http::CountingProbe probe_;
  CancelToken cancel_;
  WebhookSettings settings_;
  std::mutex mutex_;
  std::vector<http::Request> requests_;  // guarded by mutex_
  std::atomic<int> status_{200};
  std::optional<http::Server> server_;
};

TEST_F(WebhookTest, PostsAllThatTheMessageSaysAndSignsIt) {
  settings_.secret = "key";
  settings_.headers = {{"Authorization", "Bearer t"}};
  EXPECT_EQ(Send().outcome, DeliveryOutcome::kDone);
  const http::Request& request = requests_.at(0);
  EXPECT_EQ(request.FindHeader("Content-Type"), "application/json");
  EXPECT_EQ(request.FindHeader("Authorization"), "Bearer t");
  EXPECT_EQ(request.FindHeader("X-Marquee-Signature"),
            StrCat("sha256=", ToHex(HmacSha256("key", request.body))));
  const Json body = Json::Parse(request.body);
  EXPECT_EQ(body.GetString("event"), "failure");
  EXPECT_EQ(body.GetString("title"), "d failed");
  EXPECT_EQ(body.GetInt("try_number"), 2);
}

TEST_F(WebhookTest, ABodyOfItsOwnFitsOtherServices) {
  settings_.has_body = true;
  settings_.body =
      JsonTemplate(Json::MakeObject({{"text", "{{ title }}: {{ reason }}"}}), NamesForTests());
  EXPECT_EQ(Send().outcome, DeliveryOutcome::kDone);
  EXPECT_EQ(requests_.at(0).body, R"({"text":"d failed: exit \"1\"\n<b>"})");
}

TEST_F(WebhookTest, AStatusSaysWhetherToTryAgain) {
  status_ = 404;
  EXPECT_EQ(Send().outcome, DeliveryOutcome::kRefused);
  status_ = 503;
  EXPECT_EQ(Send().outcome, DeliveryOutcome::kFailed);
  status_ = 429;
  const Delivery later = Send();
  EXPECT_EQ(later.outcome, DeliveryOutcome::kFailed);
  EXPECT_EQ(later.retry_after_ms, 7'000);
  EXPECT_THAT(later.reason, AllOf(HasSubstr("answers 429"), Not(HasSubstr("s3cret"))));
}

TEST_F(WebhookTest, AServerThatIsGoneMayComeBack) {
  server_->Stop();
  const Delivery delivery = Send();
  EXPECT_EQ(delivery.outcome, DeliveryOutcome::kFailed);
  EXPECT_THAT(delivery.reason, AllOf(HasSubstr("127.0.0.1"), Not(HasSubstr("s3cret"))));
}

class MailChannelTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (http::SmtpServer::IsThere()) server_ = std::make_unique<http::SmtpServer>();
  }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override {
    if (!server_) GTEST_SKIP() << "no tools/smtp: set MARQUEE_SHARED";
    settings_.server = {.url = server_->url(),
                        .user = "marquee",
                        .password = "marquee",
                        .ca_file = server_->ca_file()};
    settings_.from = "marquee@example.org";
    settings_.to = {"ada@example.org", "bob@example.org"};
    settings_.subject = TextTemplate("{{ title }}", NamesForTests());
    settings_.body = TextTemplate("{{ text }}", NamesForTests());
  }

  static inline std::unique_ptr<http::SmtpServer> server_;
  MailSettings settings_;
  ManualClock clock_{1'769'853'600'000};
  CancelToken cancel_;
};

TEST_F(MailChannelTest, EachRecipientGetsItOnce) {
  settings_.html = TextTemplate("<p>{{ reason }}</p>", NamesForTests());
  MailChannel channel(settings_, clock_);
  const size_t before = server_->Mails().size();
  EXPECT_EQ(channel.Send(Failure("d"), cancel_).outcome, DeliveryOutcome::kDone);
  const std::vector<std::string> mails = server_->Mails();
  ASSERT_EQ(mails.size(), before + 2);
  EXPECT_THAT(mails.back(), AllOf(HasSubstr("X-RcptTo: bob@example.org"),
                                  HasSubstr("Subject: d failed"), HasSubstr("&lt;b&gt;")));
}

TEST_F(MailChannelTest, AnAddressThatIsRefusedHoldsUpNobodyElse) {
  settings_.to = {"ada@example..org", "bob@example.org"};
  const size_t before = server_->Mails().size();
  EXPECT_EQ(MailChannel(settings_, clock_).Send(Failure("d"), cancel_).outcome,
            DeliveryOutcome::kDone);
  EXPECT_THAT(server_->Mails(), SizeIs(before + 1));
  settings_.to = {"ada@example..org"};
  const Delivery refused = MailChannel(settings_, clock_).Send(Failure("d"), cancel_);
  EXPECT_EQ(refused.outcome, DeliveryOutcome::kRefused);
  EXPECT_THAT(refused.reason, HasSubstr("refuses mail for ada@example..org: 553"));
}

TEST_F(MailChannelTest, AWrongPasswordIsNamedWithoutIt) {
  settings_.server.password = "s3cret";
  const Delivery failed = MailChannel(settings_, clock_).Send(Failure("d"), cancel_);
  EXPECT_EQ(failed.outcome, DeliveryOutcome::kFailed);
  EXPECT_THAT(failed.reason, AllOf(HasSubstr("535"), Not(HasSubstr("s3cret"))));
}

}  // namespace
}  // namespace marquee::notify
