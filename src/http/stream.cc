#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <utility>

#include "http/stream_internal.h"

namespace marquee::http {
namespace {

using boost::asio::ip::tcp;

constexpr size_t kRecordBytes = 16 << 10;

Stream::Result ResultOf(const boost::system::error_code& error, size_t bytes, Stream::Next wait) {
  if (!error) return {Stream::Next::kGoOn, bytes};
  const bool later =
      error == boost::asio::error::would_block || error == boost::asio::error::interrupted;
  return {later ? wait : Stream::Next::kEnd};
}

}  // namespace

Stream::Stream(tcp::socket socket, const std::shared_ptr<void>& tls_context)
    : socket_(std::move(socket)) {
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  if (tls_context == nullptr) return;
  tls_.reset(SSL_new(static_cast<SSL_CTX*>(tls_context.get())));
  if (tls_ == nullptr) throw std::bad_alloc();
  SSL_set_fd(tls_.get(), socket_.native_handle());
}

Stream::Result Stream::Handshake() {
  if (tls_ == nullptr) return {Next::kGoOn};
  ERR_clear_error();
  return Translate(SSL_accept(tls_.get()));
}

Stream::Result Stream::Read(char* space, size_t size) {
  if (tls_ == nullptr) {
    boost::system::error_code error;
    const size_t bytes = socket_.read_some(boost::asio::buffer(space, size), error);
    return ResultOf(error, bytes, Next::kWaitToRead);
  }
  ERR_clear_error();
  return Translate(SSL_read(tls_.get(), space, static_cast<int>(size)));
}

Stream::Result Stream::Write(std::string_view head, std::string_view body) {
  if (tls_ == nullptr) {
    const std::array<boost::asio::const_buffer, 2> buffers = {boost::asio::buffer(head),
                                                              boost::asio::buffer(body)};
    boost::system::error_code error;
    const size_t bytes = socket_.write_some(buffers, error);
    return ResultOf(error, bytes, Next::kWaitToWrite);
  }
  block_.assign(head.substr(0, kRecordBytes));
  block_.append(body.substr(0, kRecordBytes - block_.size()));
  ERR_clear_error();
  const Result result =
      Translate(SSL_write(tls_.get(), block_.data(), static_cast<int>(block_.size())));
  if (result.next == Next::kGoOn) std::string().swap(block_);
  return result;
}

Stream::Result Stream::Translate(int result) {
  if (result > 0) return {Next::kGoOn, static_cast<size_t>(result)};
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {Next::kWaitToRead};
    case SSL_ERROR_WANT_WRITE:
      return {Next::kWaitToWrite};
    default:
      return {Next::kEnd};
  }
}

void Stream::FinishSending() {
  if (tls_ != nullptr && SSL_is_init_finished(tls_.get())) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());
    ERR_clear_error();
  }
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace marquee::http
