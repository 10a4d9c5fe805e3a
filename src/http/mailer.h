// Mail to a server, by SMTP.
#pragma once

#include <memory>
#include <string>

#include "base/cancel.h"
#include "http/mail.h"

namespace marquee::http {

struct MailerOptions {
  std::string url;        // "smtp://host:587": TLS by STARTTLS; "smtps://host:465": from the start
  bool use_tls = true;    // false: smtp:// as it is, where nobody can listen in
  std::string user = {};  // "": without a login
  std::string password = {};
  std::string ca_file =
      {};  // PEM: who may sign the server's certificate; "": whom the system trusts
  int connect_timeout_ms = 10'000;
  int timeout_ms = 30'000;  // of a mail
};

struct MailResult {
  enum class Outcome {
    kTaken,
    kRefused,  // for good, by a 5xx about this mail, its sender or its recipient
    kFailed,   // it may go well later, and nobody knows whether it was taken
  };
  Outcome outcome = Outcome::kFailed;
  std::string reason;  // for people; of a refusal in the server's words
};

// Keeps its connection between mails. Not thread-safe.
class Mailer {
 public:
  // Throws invalid_argument for a URL that is neither smtp:// nor smtps://.
  explicit Mailer(MailerOptions options);
  ~Mailer();
  Mailer(const Mailer&) = delete;
  Mailer& operator=(const Mailer&) = delete;

  // To `recipient` alone, whomever the header names, so that what becomes of each is known. Blocks.
  // Throws cancelled, and invalid_argument as ParseMailAddress does. `cancel` may be null; it is
  // looked at several times a second.
  MailResult Send(const Mail& mail, const std::string& recipient, const CancelToken* cancel);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace marquee::http
