#include "notify/mail_channel.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace marquee::notify {
namespace {

using Outcome = Delivery::Outcome;

}  // namespace

MailChannel::MailChannel(MailSettings settings, const Clock& clock)
    : settings_(std::move(settings)), clock_(clock), mailer_(settings_.server) {
  http::ParseMailAddress(settings_.from);
  for (const std::string& each : settings_.to) http::ParseMailAddress(each);
}

Delivery MailChannel::Send(const Message& message, const CancelToken& cancel) {
  const http::Mail mail{.from = settings_.from,
                        .to = settings_.to,
                        .subject = settings_.subject.Render(message),
                        .text = settings_.body.Render(message),
                        .html = settings_.html.RenderHtml(message),
                        .time_ms = clock_.NowMs()};
  std::string whole = StrCat(mail.subject, "\n", message.time_ms, "\n", mail.text);
  if (whole != under_way_) reached_.clear();
  under_way_ = std::move(whole);
  Delivery last;
  size_t refused = 0;
  for (const std::string& recipient : settings_.to) {
    if (reached_.contains(recipient)) continue;
    const http::MailResult result = mailer_.Send(mail, recipient, &cancel);
    if (result.outcome == http::MailResult::Outcome::kFailed) {
      return {Outcome::kFailed, StrCat(settings_.server.url, ": ", result.reason)};
    }
    reached_.insert(recipient);
    if (result.outcome == http::MailResult::Outcome::kTaken) continue;
    ++refused;
    last = {Outcome::kRefused,
            StrCat(settings_.server.url, " refuses mail for ", recipient, ": ", result.reason)};
    if (settings_.to.size() > 1) LogWarning(StrCat("notify: ", last.reason));
  }
  under_way_.clear();
  reached_.clear();
  return refused == settings_.to.size() ? last : Delivery{};
}

}  // namespace marquee::notify
