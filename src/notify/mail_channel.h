// Messages as mail.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/mailer.h"
#include "notify/channel.h"
#include "notify/text_template.h"

namespace marquee::notify {

struct MailSettings {
  http::MailerOptions server;
  std::string from;
  std::vector<std::string> to;
  TextTemplate subject;
  TextTemplate body;
  TextTemplate html;  // empty: text alone
};

class MailChannel : public Channel {
 public:
  // `clock` must outlive it. Throws what http::Mailer and http::ParseMailAddress throw.
  MailChannel(MailSettings settings, const Clock& clock);
  // An address that is refused for good is logged and passed over; when all are, so is the message.
  Delivery Send(const Message& message, const CancelToken& cancel) override;

 private:
  const MailSettings settings_;
  const Clock& clock_;
  http::Mailer mailer_;
  std::string under_way_;          // what the message that failed for some looked like
  std::set<std::string> reached_;  // who had it, or never will
};

}  // namespace marquee::notify
