#include "http/wire.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/text.h"

namespace marquee::http {
namespace {

namespace beast_http = boost::beast::http;
using beast_http::field;

template <typename BeastString>
std::string_view View(const BeastString& text) {
  return {text.data(), text.size()};
}

bool IsTokenChar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
}

StatusError HeaderTooLarge(std::string message, std::string limit) {
  return StatusError(431, Code::kInvalidArgument, std::move(message),
                     StrCat("a header may have ", limit));
}

// A body as text, which grows as it comes: a length that is only claimed reserves little.
struct PieceBody {
  using value_type = std::string;
  class reader {
   public:
    template <bool is_request, typename Fields>
    reader(beast_http::header<is_request, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>& length, boost::system::error_code& error) {
      constexpr std::uint64_t kMostReserved = 1 << 20;
      if (length) body_.reserve(static_cast<size_t>(std::min(*length, kMostReserved)));
      error = {};
    }
    template <typename Buffers>
    size_t put(const Buffers& buffers, boost::system::error_code& error) {
      const size_t before = body_.size();
      for (auto it = boost::asio::buffer_sequence_begin(buffers);
           it != boost::asio::buffer_sequence_end(buffers); ++it) {
        const boost::asio::const_buffer buffer = *it;
        body_.append(static_cast<const char*>(buffer.data()), buffer.size());
      }
      error = {};
      return body_.size() - before;
    }
    void finish(boost::system::error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

StatusError BodyTooLarge(uint64_t limit_bytes) {
  const std::string limit = HumanBytes(static_cast<int64_t>(limit_bytes));
  return StatusError(413, Code::kInvalidArgument, StrCat("the body is larger than ", limit),
                     StrCat("send at most ", limit, " in one request"));
}

StatusError FromParser(const boost::system::error_code& error, const ServerOptions& options) {
  using Wrong = beast_http::error;
  const std::string header_limit = HumanBytes(static_cast<int64_t>(options.max_header_bytes));
  if (error == Wrong::header_limit) {
    return HeaderTooLarge(StrCat("the header is larger than ", header_limit), header_limit);
  }
  if (error == Wrong::bad_version) {
    return StatusError(505, Code::kInvalidArgument, "this is not HTTP/1.0 or HTTP/1.1",
                       "use HTTP/1.1");
  }
  return StatusError(400, Code::kInvalidArgument,
                     StrCat("the request is not HTTP: ", error.message()), "use HTTP/1.1");
}

// What is said in a response header must not end it.
void AppendHeader(std::string_view name, std::string_view value, std::string* out) {
  out->append(name).append(": ");
  for (const char c : value) out->push_back(c == '\r' || c == '\n' ? ' ' : c);
  out->append("\r\n");
}

}  // namespace

struct RequestParser::Impl {
  beast_http::request_parser<PieceBody> parser;
  uint64_t max_body_bytes = 0;

  std::string_view Field(field name) const { return View(parser.get()[name]); }
};

RequestParser::RequestParser(const ServerOptions& options, RuleOf rule_of)
    : options_(options), rule_of_(std::move(rule_of)), impl_(std::make_unique<Impl>()) {
  impl_->parser.header_limit(static_cast<uint32_t>(options.max_header_bytes));
  impl_->parser.body_limit(boost::none);  // until the header tells
}

RequestParser::~RequestParser() = default;

size_t RequestParser::Feed(std::string_view bytes) {
  size_t used = 0;
  if (state_ == State::kHead) {
    // Blank lines before a request are forgiven (RFC 9112, 2.2).
    while (bytes.substr(used).starts_with("\r\n")) used += 2;
    const std::string_view rest = bytes.substr(used);
    if (rest.empty() || rest == "\r") return used;
    if (!IsTokenChar(rest.front())) {
      // Said at once to a client of another protocol, which may never send the end of a header.
      Refuse(StatusError(400, Code::kInvalidArgument,
                         "the request is not HTTP: no method at its start", "use HTTP/1.1"));
      return used;
    }
  }
  if (state_ == State::kHead) {
    used += Put(bytes.substr(used));
    if (state_ != State::kBody || streams_) return used;
  }
  return used + Put(bytes.substr(used));
}

// Up to the end of the header, or as much of the body as there is.
size_t RequestParser::Put(std::string_view bytes) {
  if (bytes.empty()) return 0;
  auto& parser = impl_->parser;
  boost::system::error_code error;
  const size_t parsed = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error == beast_http::error::need_more) error = {};
  if (error == beast_http::error::body_limit) {
    Refuse(BodyTooLarge(impl_->max_body_bytes));
  } else if (error) {
    Refuse(FromParser(error, options_));
  } else if (parser.is_header_done()) {
    const bool was_head = state_ == State::kHead;
    if (was_head) CheckHead();
    if (state_ == State::kRefused) return parsed;
    state_ = parser.is_done() ? State::kDone : State::kBody;
    if (was_head && state_ == State::kBody) {
      ApplyRule();
    } else if (state_ == State::kBody && parsed == 0 && bytes.size() > options_.max_header_bytes) {
      Refuse(HeaderTooLarge("a chunk's header or trailer is too large",
                            HumanBytes(static_cast<int64_t>(options_.max_header_bytes))));
    }
  }
  return parsed;
}

void RequestParser::ApplyRule() {
  auto& parser = impl_->parser;
  parser.eager(true);
  const BodyRule rule = rule_of_ ? rule_of_(TakeHead()) : BodyRule{};
  streams_ = rule.streams;
  if (streams_) return;
  impl_->max_body_bytes = rule.max_bytes.value_or(options_.max_body_bytes);
  const auto length = parser.content_length();
  if (length && *length > impl_->max_body_bytes) {
    return Refuse(BodyTooLarge(impl_->max_body_bytes));
  }
  parser.body_limit(impl_->max_body_bytes);
}

void RequestParser::CheckHead() {
  const auto& message = impl_->parser.get();
  const auto count = std::distance(message.begin(), message.end());
  if (count > options_.max_headers) {
    return Refuse(HeaderTooLarge(StrCat("the header has ", count, " fields"),
                                 StrCat(options_.max_headers, " fields")));
  }
  const auto hosts = message.count(field::host);
  if (hosts > 1 || (hosts == 0 && message.version() >= 11)) {
    return Refuse(StatusError(400, Code::kInvalidArgument,
                              StrCat("the request has ", hosts, " Host headers"), "send one"));
  }
  // Beast takes an unknown coding for "no body": what follows would be read as another request.
  if (message.count(field::transfer_encoding) > 0 &&
      AsciiLower(Trim(impl_->Field(field::transfer_encoding))) != "chunked") {
    return Refuse(StatusError(
        501, Code::kUnimplemented,
        StrCat("transfer encoding '", impl_->Field(field::transfer_encoding), "' is not known"),
        "send 'chunked', or a Content-Length"));
  }
  if (message.count(field::expect) > 0 &&
      AsciiLower(Trim(impl_->Field(field::expect))) != "100-continue") {
    return Refuse(
        StatusError(417, Code::kInvalidArgument,
                    StrCat("expectation '", impl_->Field(field::expect), "' is not known"),
                    "the only one is 100-continue"));
  }
}

void RequestParser::Refuse(StatusError why) {
  refusal_.emplace(std::move(why));
  state_ = State::kRefused;
}

bool RequestParser::wants_continue() const {
  return state_ == State::kBody && impl_->parser.get().version() >= 11 &&
         impl_->parser.get().count(field::expect) > 0;
}

bool RequestParser::keep_alive() const {
  const auto& message = impl_->parser.get();
  return message.version() >= 11 && message.keep_alive();
}

std::string RequestParser::TakePiece() { return std::exchange(impl_->parser.get().body(), {}); }

Request RequestParser::TakeHead() const {
  const auto& message = impl_->parser.get();
  Request request;
  request.method = View(message.method_string());
  request.target = View(message.target());
  request.headers.reserve(16);
  for (const auto& header : message) {
    request.headers.push_back(
        {std::string(View(header.name_string())), std::string(View(header.value()))});
  }
  return request;
}

Request RequestParser::Take() {
  Request request = TakeHead();
  request.body = TakePiece();
  return request;
}

Request RequestParser::TakeRefused() {
  const auto& message = impl_->parser.get();
  Request request;
  request.method = View(message.method_string());
  request.target = View(message.target());
  request.path = request.target.substr(0, request.target.find('?'));
  return request;
}

std::string ResponseHead(const Response& response, bool keep_alive, std::string_view date) {
  std::string head;
  head.reserve(320);
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(ReasonPhrase(response.status)).append("\r\n");
  AppendHeader("Date", date, &head);
  if (!response.content_type.empty()) AppendHeader("Content-Type", response.content_type, &head);
  // 204 and 304 have no body, so no length either (RFC 9110, 8.6).
  if (response.status != 204 && response.status != 304) {
    AppendHeader("Content-Length", std::to_string(response.body_bytes()), &head);
  }
  for (const Header& header : response.headers) AppendHeader(header.name, header.value, &head);
  if (!keep_alive) AppendHeader("Connection", "close", &head);
  head.append("\r\n");
  return head;
}

std::string HttpDate(int64_t seconds_since_1970) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = seconds_since_1970;
  std::tm utc{};
  gmtime_r(&time, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[utc.tm_wday],
                utc.tm_mday, kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                utc.tm_sec);
  return text;
}

std::optional<int64_t> ParseHttpDate(std::string_view text) {
  std::tm utc{};
  const std::string date(text);
  const char* const end = strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return timegm(&utc);
}

}  // namespace marquee::http
