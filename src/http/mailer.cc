#include "http/mailer.h"

#include <utility>

#include "base/ids.h"
#include "base/text.h"
#include "http/curl_internal.h"

namespace marquee::http {
namespace {

using MailOutcome = MailResult::Outcome;

struct FreeMime {
  void operator()(curl_mime* mime) const { curl_mime_free(mime); }
};
using MimeParts = std::unique_ptr<curl_mime, FreeMime>;

void AddText(curl_mime* mime, const std::string& text, const char* type) {
  curl_mimepart* const part = curl_mime_addpart(mime);
  if (part == nullptr) throw std::bad_alloc();
  const std::string lines = ReplaceAll(ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n");
  RequireDone(curl_mime_data(part, lines.data(), lines.size()));
  RequireDone(curl_mime_type(part, type));
  RequireDone(curl_mime_encoder(part, "quoted-printable"));
}

// A 5xx that is about who we are may be put right; any other is about this mail.
bool IsRefusal(CURLcode code, long reply) {
  const bool is_login = reply == 530 || reply == 534 || reply == 535 || reply == 538;
  const bool in_mail = code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY ||
                       code == CURLE_RECV_ERROR || code == CURLE_UPLOAD_FAILED;
  return in_mail && reply >= 500 && reply < 600 && !is_login;
}

}  // namespace

struct Mailer::State {
  explicit State(MailerOptions wanted) : options(std::move(wanted)), handle(curl_easy_init()) {
    if (!handle) throw Error(Code::kInternal, "cannot start libcurl");
  }

  // Of the server, when it says no: "550 5.1.1 nobody of that name".
  static size_t OnReply(char* bytes, size_t one, size_t size, void* self) {
    const std::string_view line = Trim(std::string_view(bytes, one * size));
    if (line.starts_with('4') || line.starts_with('5')) static_cast<State*>(self)->last_no = line;
    return one * size;
  }
  static size_t OnBody(char*, size_t one, size_t size, void*) { return one * size; }
  static int OnReport(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const CancelToken* const cancel = static_cast<State*>(self)->cancel;
    return cancel != nullptr && cancel->requested() ? 1 : 0;
  }

  void SetServer();

  const MailerOptions options;
  CurlHandle handle;
  char error_text[CURL_ERROR_SIZE] = {};
  std::string last_no;
  const CancelToken* cancel = nullptr;
};

void Mailer::State::SetServer() {
  curl_easy_reset(handle.get());  // connections stay
  SetOption(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  SetOption(handle, CURLOPT_URL, options.url.c_str());
  SetOption(handle, CURLOPT_USE_SSL,
            static_cast<long>(options.use_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  SetOption(handle, CURLOPT_PROXY, "");
  SetOption(handle, CURLOPT_NOSIGNAL, 1L);
  SetOption(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout_ms));
  SetOption(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout_ms));
  SetOption(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT,
            static_cast<long>(options.timeout_ms / 1000 + 1));
  SetOption(handle, CURLOPT_ERRORBUFFER, error_text);
  if (!options.ca_file.empty()) SetOption(handle, CURLOPT_CAINFO, options.ca_file.c_str());
  if (!options.user.empty()) {
    SetOption(handle, CURLOPT_USERNAME, options.user.c_str());
    SetOption(handle, CURLOPT_PASSWORD, options.password.c_str());
  }
  SetOption(handle, CURLOPT_HEADERFUNCTION, &State::OnReply);
  SetOption(handle, CURLOPT_HEADERDATA, this);
  SetOption(handle, CURLOPT_WRITEFUNCTION, &State::OnBody);
  SetOption(handle, CURLOPT_XFERINFOFUNCTION, &State::OnReport);
  SetOption(handle, CURLOPT_XFERINFODATA, this);
  SetOption(handle, CURLOPT_NOPROGRESS, 0L);
}

Mailer::Mailer(MailerOptions options) {
  if (!options.url.starts_with("smtp://") && !options.url.starts_with("smtps://")) {
    throw Error(Code::kInvalidArgument, StrCat("'", options.url, "' is no mail server"),
                "write smtp://host:587, or smtps://host:465");
  }
  state_ = std::make_unique<State>(std::move(options));
}
Mailer::~Mailer() = default;

MailResult Mailer::Send(const Mail& mail, const std::string& recipient, const CancelToken* cancel) {
  State& state = *state_;
  state.cancel = cancel;
  state.error_text[0] = '\0';
  state.last_no.clear();
  HeaderList headers;
  for (const std::string& line : MailHeaders(mail, NewUuid())) Append(line, &headers);
  HeaderList recipients;
  Append(StrCat("<", ParseMailAddress(recipient).address, ">"), &recipients);
  const std::string from = StrCat("<", ParseMailAddress(mail.from).address, ">");
  const MimeParts mime(curl_mime_init(state.handle.get()));
  AddText(mime.get(), mail.text, "text/plain; charset=utf-8");
  if (!mail.html.empty()) {
    AddText(mime.get(), mail.html, "text/html; charset=utf-8");
    Append("Content-Type: multipart/alternative", &headers);
  }
  state.SetServer();
  SetOption(state.handle, CURLOPT_MAIL_FROM, from.c_str());
  SetOption(state.handle, CURLOPT_MAIL_RCPT, recipients.get());
  SetOption(state.handle, CURLOPT_HTTPHEADER, headers.get());
  SetOption(state.handle, CURLOPT_MIMEPOST, mime.get());
  const CURLcode code = curl_easy_perform(state.handle.get());
  long reply = 0;
  curl_easy_getinfo(state.handle.get(), CURLINFO_RESPONSE_CODE, &reply);
  curl_easy_setopt(state.handle.get(), CURLOPT_MIMEPOST, nullptr);  // it ends before the handle
  if (code == CURLE_ABORTED_BY_CALLBACK && cancel != nullptr) cancel->ThrowIfRequested("a mail");
  if (code == CURLE_OK) return {MailOutcome::kTaken, ""};
  if (IsRefusal(code, reply)) return {MailOutcome::kRefused, state.last_no};
  const std::string what =
      state.error_text[0] != '\0' ? state.error_text : curl_easy_strerror(code);
  const bool is_reply = reply >= 400 && !state.last_no.empty();
  return {MailOutcome::kFailed, is_reply ? StrCat(what, " (", state.last_no, ")") : what};
}

}  // namespace marquee::http
