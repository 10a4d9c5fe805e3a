#include <poll.h>

#include <algorithm>

#include "base/text.h"
#include "http/body_stream_internal.h"

namespace marquee::http {
namespace {

constexpr size_t kReceiveBytes = 256 << 10;
constexpr size_t kLeastInTime = 64 << 10;

}  // namespace

StreamedBody::StreamedBody(const ServerOptions& options, RequestParser& parser,
                           ReceiveBuffer& buffer, Stream& stream)
    : options_(options), parser_(parser), buffer_(buffer), stream_(stream) {
  BeginWindow();
  given_at_ = SteadyClock::now();
}

std::string_view StreamedBody::Next() {
  window_end_ += SteadyClock::now() - given_at_;
  TellToContinue();
  while (true) {
    if (!buffer_.unused().empty()) buffer_.Consume(parser_.Feed(buffer_.unused()));
    if (parser_.refusal()) throw StatusError(*parser_.refusal());
    piece_ = parser_.TakePiece();
    if (!piece_.empty() || parser_.state() == RequestParser::State::kDone) break;
    Receive();
  }
  given_at_ = SteadyClock::now();
  return piece_;
}

void StreamedBody::Receive() {
  buffer_.MakeSpace(kReceiveBytes);
  while (true) {
    const Stream::Result result = stream_.Read(buffer_.space(), buffer_.space_size());
    if (result.next != Stream::Next::kGoOn) {
      Wait(result.next);
      continue;
    }
    buffer_.Commit(result.bytes);
    window_bytes_ += result.bytes;
    if (window_bytes_ >= kLeastInTime) BeginWindow();
    return;
  }
}

void StreamedBody::TellToContinue() {
  if (told_to_continue_ || !parser_.wants_continue()) return;
  told_to_continue_ = true;
  std::string_view line = "HTTP/1.1 100 Continue\r\n\r\n";
  while (!line.empty()) {
    const Stream::Result result = stream_.Write(line, {});
    result.next == Stream::Next::kGoOn ? line.remove_prefix(result.bytes) : Wait(result.next);
  }
}

void StreamedBody::Wait(Stream::Next what) {
  if (what == Stream::Next::kEnd) {
    throw Error(Code::kCancelled, "the client went away in the middle of its body");
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(window_end_ - SteadyClock::now());
  const short events = what == Stream::Next::kWaitToRead ? POLLIN : POLLOUT;
  pollfd socket{.fd = stream_.socket().native_handle(), .events = events, .revents = 0};
  if (left.count() > 0) ::poll(&socket, 1, static_cast<int>(left.count()));
  if (SteadyClock::now() < window_end_) return;
  throw StatusError(408, Code::kDeadlineExceeded,
                    StrCat("of the body, ", window_bytes_, " bytes came within ",
                           options_.request_timeout_ms, " ms"),
                    "send it faster");
}

void StreamedBody::BeginWindow() {
  window_bytes_ = 0;
  window_end_ = SteadyClock::now() + std::chrono::milliseconds(options_.request_timeout_ms);
}

}  // namespace marquee::http
