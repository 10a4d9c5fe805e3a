// A socket that never blocks, with or without TLS on it.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace marquee::http {

// Each call does what can be done at once and says what to wait for. So a connection that waits
// has no buffer: it waits for the socket, and then reads. Not thread-safe.
class Stream {
 public:
  // `tls_context`: an SSL_CTX, or null for none.
  Stream(boost::asio::ip::tcp::socket socket, const std::shared_ptr<void>& tls_context);

  enum class Next { kGoOn, kWaitToRead, kWaitToWrite, kEnd };
  struct Result {
    Next next;
    size_t bytes = 0;  // with kGoOn
  };
  // Until it says kGoOn nothing else may be called. Says so at once without TLS.
  Result Handshake();
  Result Read(char* space, size_t size);
  // Part of `head`, then of `body`; once it said to wait, give it the same again.
  Result Write(std::string_view head, std::string_view body);
  // Tells the client that no more comes.
  void FinishSending();
  // Bytes that came in already, so that the socket need not say a word.
  bool has_pending() const { return tls_ != nullptr && SSL_pending(tls_.get()) > 0; }

  boost::asio::ip::tcp::socket& socket() { return socket_; }

 private:
  struct Free {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };
  Result Translate(int result);

  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<SSL, Free> tls_;
  std::string block_;  // what TLS is to make one record of
};

}  // namespace marquee::http
