// One client's connection, and what the connections of a thread and of the server share.
#pragma once

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/address_limit.h"
#include "http/dispatcher.h"
#include "http/stream_internal.h"
#include "http/tls.h"
#include "http/wire.h"

namespace marquee::http {

using SteadyClock = std::chrono::steady_clock;

// Failure is a return value: on a network it is expected to happen.
constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);

class Connection;

// One thread's share of the server. Only that thread touches it, but for `open`.
struct Loop {
  boost::asio::io_context context{1};
  boost::asio::steady_timer sweep{context};
  // Each by when its present wait began, the earliest first.
  std::list<Connection*> idle;  // between two requests, or before the first
  std::list<Connection*> busy;
  std::string date;
  std::atomic<int> open{0};

  // Closes the connection that has been idle the longest; when none is, the one whose client has
  // kept it waiting the longest. One whose handler runs is left alone.
  void MakeRoom();
};

// What connections share.
struct Shared {
  Shared(ServerOptions server_options, Router router, Probe& server_probe,
         std::vector<Middleware> guards);

  const ServerOptions options;
  const int max_connections;
  const Dispatcher dispatcher;
  const std::unique_ptr<TlsIdentity> tls;  // null: plain
  Probe& probe;
  AddressLimit addresses;
  boost::asio::thread_pool workers;
  boost::asio::thread_pool transfers;
  std::atomic<int> open{0};
  std::atomic<bool> draining{false};

  // A connection accepted beyond the bound makes another one close. A few may be under way so;
  // after that, new ones wait.
  bool beyond_bound() const { return open.load() > max_connections; }
  bool full() const { return open.load() >= max_connections + kBeyond; }
  static constexpr int kBeyond = 16;
};

// Counts a connection from accept to close, wherever its coroutine ends. REQUIRES: its address has
// entered shared.addresses.
class OpenCount {
 public:
  OpenCount(Shared& shared, Loop& loop, std::string address);
  OpenCount(OpenCount&& other) noexcept;
  ~OpenCount();
  OpenCount& operator=(OpenCount&&) = delete;
  const std::string& address() const { return address_; }

 private:
  Shared* shared_;
  Loop* loop_;
  std::string address_;
};

// Bytes that have come in and are not used yet.
class ReceiveBuffer {
 public:
  std::string_view unused() const { return {bytes_.data() + begin_, end_ - begin_}; }
  void Consume(size_t n) {
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Makes space for more, of `least` bytes in all. It grows only while nothing is consumed, which
  // the parser's limits bound.
  void MakeSpace(size_t least = 4096);
  char* space() { return bytes_.data() + end_; }
  size_t space_size() const { return bytes_.size() - end_; }
  void Commit(size_t n) { end_ += n; }
  // REQUIRES: nothing is unused.
  void Release() { std::vector<char>().swap(bytes_); }

 private:
  std::vector<char> bytes_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

class Connection {
 public:
  Connection(boost::asio::ip::tcp::socket socket, const std::string& address, Loop& loop,
             Shared& shared);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Answers requests until the connection is to be closed.
  boost::asio::awaitable<void> Serve();

  // The loop calls these, between two steps of Serve.
  void Expire(SteadyClock::time_point now);
  void CloseIfIdle();
  void Cut();
  // False when its handler runs, or it was evicted before.
  bool Evict();

 private:
  enum class WaitingFor { kRequest, kHead, kBody, kHandler, kWrite, kEnd };
  enum class Received { kRequest, kRefused, kNothing };

  void Await(WaitingFor what, std::chrono::milliseconds time);
  void Await(WaitingFor what, int time_ms) { Await(what, std::chrono::milliseconds(time_ms)); }
  bool is_idle() const { return waiting_for_ == WaitingFor::kRequest; }

  boost::asio::awaitable<bool> Handshake();
  boost::asio::awaitable<Received> Receive(RequestParser& parser);
  boost::asio::awaitable<bool> Ready(Stream::Next next);
  void AwaitMore(const RequestParser& parser);
  Received Interrupted();
  boost::asio::awaitable<Response> Answer(RequestParser& parser, Received received);
  boost::asio::awaitable<Response> Handle(Request& request, boost::asio::thread_pool& threads,
                                          const Dispatcher::Found& found);
  boost::asio::awaitable<bool> Send(const Response& response, bool keep_alive);
  boost::asio::awaitable<bool> SendSource(BodySource& source);
  boost::asio::awaitable<bool> Write(std::string_view head, std::string_view body);
  void AwaitHandler();
  boost::asio::awaitable<void> Linger(std::chrono::milliseconds time);

  Stream stream_;
  const std::string& remote_address_;
  Loop& loop_;
  Shared& shared_;
  ReceiveBuffer buffer_;
  bool first_ = true;
  std::optional<StatusError> refusal_;

  std::list<Connection*>::iterator place_;  // in loop_.idle or loop_.busy
  WaitingFor waiting_for_ = WaitingFor::kEnd;
  SteadyClock::time_point wait_until_ = SteadyClock::time_point::max();
  SteadyClock::time_point request_deadline_;
  bool expired_ = false;
  bool evicted_ = false;
};

}  // namespace marquee::http
