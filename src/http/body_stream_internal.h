// Internal: the body of a request, read by a handler while its client sends.
#pragma once

#include <string>
#include <string_view>

#include "http/connection_internal.h"

namespace marquee::http {

// Reads the socket of a connection whose coroutine waits for the handler: nobody else does then.
// The client has ServerOptions::request_timeout_ms for each 64 KiB.
class StreamedBody : public BodyReader {
 public:
  // What is passed in must outlive it. REQUIRES: parser.streams().
  StreamedBody(const ServerOptions& options, RequestParser& parser, ReceiveBuffer& buffer,
               Stream& stream);

  std::string_view Next() override;

 private:
  void Receive();
  void TellToContinue();
  void Wait(Stream::Next what);
  void BeginWindow();

  const ServerOptions& options_;
  RequestParser& parser_;
  ReceiveBuffer& buffer_;
  Stream& stream_;
  bool told_to_continue_ = false;
  std::string piece_;
  size_t window_bytes_ = 0;
  SteadyClock::time_point window_end_;
  SteadyClock::time_point given_at_;  // what the handler then does is not the client's time
};

}  // namespace marquee::http
