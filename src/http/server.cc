#include "http/server.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "http/dispatcher.h"
#include "http/wire.h"

namespace marquee::http {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

// Failure is a return value: on a network it is expected to happen.
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

constexpr milliseconds kLingerTime{1000};
constexpr milliseconds kDrainTick{10};
constexpr milliseconds kAcceptPause{20};

// Bytes that have come in and are not used yet.
class ReceiveBuffer {
 public:
  std::string_view unused() const { return {bytes_.data() + begin_, end_ - begin_}; }
  void Consume(size_t n) {
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Space for more. It grows only while nothing is consumed, which the parser's limits bound.
  asio::mutable_buffer Space() {
    if (begin_ > 0) {
      std::copy(bytes_.begin() + static_cast<ptrdiff_t>(begin_),
                bytes_.begin() + static_cast<ptrdiff_t>(end_), bytes_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == bytes_.size()) bytes_.resize(std::max<size_t>(4096, bytes_.size() * 2));
    return asio::buffer(bytes_.data() + end_, bytes_.size() - end_);
  }
  void Commit(size_t n) { end_ += n; }

 private:
  std::vector<char> bytes_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

class Connection;

// One thread's share of the server. Only that thread touches it, but for `open`.
struct Loop {
  asio::io_context context{1};
  asio::steady_timer sweep{context};
  std::set<Connection*> connections;
  std::string date;
  std::atomic<int> open{0};
};

// What connections share.
struct Shared {
  const ServerOptions options;
  const Dispatcher dispatcher;
  Probe& probe;
  asio::thread_pool workers;
  std::atomic<int> open{0};
  std::atomic<bool> draining{false};

  bool full() const { return open.load() >= options.max_connections; }
};

// Counts a connection from accept to close, wherever its coroutine ends.
class OpenCount {
 public:
  OpenCount(Shared& shared, Loop& loop) : shared_(&shared), loop_(&loop) {
    ++shared.open;
    ++loop.open;
    shared.probe.OnConnectionOpened();
  }
  OpenCount(OpenCount&& other) noexcept
      : shared_(std::exchange(other.shared_, nullptr)), loop_(other.loop_) {}
  ~OpenCount() {
    if (shared_ == nullptr) return;
    --shared_->open;
    --loop_->open;
    shared_->probe.OnConnectionClosed();
  }
  OpenCount& operator=(OpenCount&&) = delete;

 private:
  Shared* shared_;
  Loop* loop_;
};

class Connection {
 public:
  Connection(tcp::socket socket, Loop& loop, Shared& shared)
      : socket_(std::move(socket)), loop_(loop), shared_(shared) {
    boost::system::error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    const tcp::endpoint remote = socket_.remote_endpoint(ignored);
    remote_address_ = remote.address().to_string();
    loop_.connections.insert(this);
  }
  ~Connection() { loop_.connections.erase(this); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Answers requests until the connection is to be closed.
  awaitable<void> Serve();

  // The loop's sweep calls these, between two steps of Serve.
  void Expire(SteadyClock::time_point now) {
    if (now < wait_until_) return;
    expired_ = true;
    socket_.cancel();
  }
  void CloseIfIdle() {
    if (waiting_for_ == WaitingFor::kRequest) socket_.cancel();
  }
  void Cut() { socket_.close(); }

 private:
  enum class WaitingFor { kRequest, kHead, kBody, kHandler, kWrite, kEnd };
  enum class Received { kRequest, kRefused, kNothing };

  void Await(WaitingFor what, milliseconds time) {
    waiting_for_ = what;
    wait_until_ = SteadyClock::now() + time;
  }
  void Await(WaitingFor what, int time_ms) { Await(what, milliseconds(time_ms)); }

  awaitable<Received> Receive(RequestParser& parser);
  void AwaitMore(const RequestParser& parser);
  Received Interrupted();
  awaitable<Response> Answer(RequestParser& parser, Received received);
  awaitable<bool> Send(const Response& response, bool keep_alive);
  awaitable<void> Linger();

  tcp::socket socket_;
  Loop& loop_;
  Shared& shared_;
  std::string remote_address_;
  ReceiveBuffer buffer_;
  bool first_ = true;
  std::optional<StatusError> refusal_;

  WaitingFor waiting_for_ = WaitingFor::kRequest;
  SteadyClock::time_point wait_until_ = SteadyClock::time_point::max();
  SteadyClock::time_point request_deadline_;
  bool expired_ = false;
};

awaitable<void> Connection::Serve() {
  bool keep_alive = true;
  while (keep_alive) {
    RequestParser parser(shared_.options);
    const Received received = co_await Receive(parser);
    if (received == Received::kNothing) co_return;
    // With all places taken, one is given up after each answer for those who wait.
    keep_alive = received == Received::kRequest && parser.keep_alive() && !shared_.full();
    const Response response = co_await Answer(parser, received);
    keep_alive = keep_alive && !shared_.draining;
    if (!co_await Send(response, keep_alive)) co_return;
    first_ = false;
  }
  co_await Linger();
}

awaitable<Connection::Received> Connection::Receive(RequestParser& parser) {
  const ServerOptions& options = shared_.options;
  Await(WaitingFor::kRequest, first_ ? options.header_timeout_ms : options.idle_timeout_ms);
  bool told_to_continue = false;
  while (true) {
    if (!buffer_.unused().empty()) {
      buffer_.Consume(parser.Feed(buffer_.unused()));
      AwaitMore(parser);
      if (parser.state() == RequestParser::State::kDone) co_return Received::kRequest;
      if (parser.state() == RequestParser::State::kRefused) {
        refusal_ = parser.refusal();
        co_return Received::kRefused;
      }
    }
    if (parser.wants_continue() && !told_to_continue) {
      told_to_continue = true;
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(socket_, asio::buffer(kContinue), kAwait);
    }
    const auto [error, size] = co_await socket_.async_read_some(buffer_.Space(), kAwait);
    if (error) co_return Interrupted();
    buffer_.Commit(size);
  }
}

// The time of each part runs from its start, however slowly bytes drip in.
void Connection::AwaitMore(const RequestParser& parser) {
  const ServerOptions& options = shared_.options;
  if (parser.state() == RequestParser::State::kHead) {
    if (waiting_for_ == WaitingFor::kRequest) Await(WaitingFor::kHead, options.header_timeout_ms);
  } else if (waiting_for_ != WaitingFor::kBody) {
    Await(WaitingFor::kBody, options.request_timeout_ms);
    request_deadline_ = wait_until_;
  }
}

Connection::Received Connection::Interrupted() {
  if (!std::exchange(expired_, false)) return Received::kNothing;
  if (waiting_for_ == WaitingFor::kRequest) return Received::kNothing;
  const bool head = waiting_for_ == WaitingFor::kHead;
  const int limit_ms =
      head ? shared_.options.header_timeout_ms : shared_.options.request_timeout_ms;
  refusal_.emplace(
      408, Code::kDeadlineExceeded,
      StrCat("the ", head ? "header" : "body", " did not come within ", limit_ms, " ms"),
      "send it faster, or in smaller requests");
  return Received::kRefused;
}

awaitable<Response> Connection::Answer(RequestParser& parser, Received received) {
  Request request = received == Received::kRequest ? parser.Take() : parser.TakeRefused();
  request.remote_address = remote_address_;
  request.deadline = request_deadline_;
  const Dispatcher& dispatcher = shared_.dispatcher;
  if (received == Received::kRefused) co_return dispatcher.Refuse(request, *refusal_);
  const Dispatcher::Found found = dispatcher.Find(request);
  if (!found.waits()) co_return dispatcher.Handle(request, found);
  waiting_for_ = WaitingFor::kHandler;
  wait_until_ = SteadyClock::time_point::max();
  co_return co_await asio::co_spawn(
      shared_.workers,
      [&]() -> awaitable<Response> { co_return dispatcher.Handle(request, found); },
      asio::use_awaitable);
}

awaitable<bool> Connection::Send(const Response& response, bool keep_alive) {
  Await(WaitingFor::kWrite, shared_.options.write_timeout_ms);
  const std::string head = ResponseHead(response, keep_alive, loop_.date);
  const std::string_view body = response.body_left_out ? std::string_view() : response.body;
  const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head), asio::buffer(body)};
  const auto [error, size] = co_await asio::async_write(socket_, buffers, kAwait);
  co_return !error;
}

// A close with bytes unread makes the kernel reset the connection, and the client would lose the
// answer: so say that no more comes, and read on until the client closes, for a short time.
awaitable<void> Connection::Linger() {
  boost::system::error_code error;
  socket_.shutdown(tcp::socket::shutdown_send, error);
  Await(WaitingFor::kEnd, kLingerTime);
  expired_ = false;
  while (!error && !expired_) {
    buffer_.Consume(buffer_.unused().size());
    const auto [failed, size] = co_await socket_.async_read_some(buffer_.Space(), kAwait);
    error = failed;
  }
}

awaitable<void> ServeConnection(tcp::socket socket, OpenCount, Loop& loop, Shared& shared) {
  Connection connection(std::move(socket), loop, shared);
  co_await connection.Serve();
}

void LogIfThrown(const std::exception_ptr& thrown) {
  if (!thrown) return;
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& failure) {
    LogError(StrCat("http: a connection ended with ", failure.what()));
  }
}

Error CannotListen(const ServerOptions& options, const boost::system::error_code& error) {
  std::string hint = "choose another host or port";
  if (error == asio::error::address_in_use) {
    hint = StrCat("another program uses port ", options.port, ": stop it, or choose another port");
  } else if (error == asio::error::access_denied) {
    hint = "ports below 1024 need special rights: choose one from 1024 up";
  }
  return Error(
      Code::kUnavailable,
      StrCat("http: cannot listen on ", options.host, ":", options.port, ": ", error.message()),
      hint);
}

// Throws what Server::Start throws.
void Listen(const ServerOptions& options, tcp::acceptor& acceptor) {
  boost::system::error_code error;
  const auto found = tcp::resolver(acceptor.get_executor())
                         .resolve(options.host, std::to_string(options.port),
                                  tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error || found.empty()) {
    throw Error(Code::kInvalidArgument,
                StrCat("http: host '", options.host, "' is unknown: ", error.message()),
                "use 127.0.0.1 for this machine only, 0.0.0.0 for all networks");
  }
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) throw CannotListen(options, error);
}

int NumLoops(const ServerOptions& options) {
  return options.io_threads > 0 ? options.io_threads : AvailableCores();
}

// Often enough that a timeout is late by a quarter at most.
milliseconds SweepTick(const ServerOptions& options) {
  const int shortest_ms = std::min({options.header_timeout_ms, options.request_timeout_ms,
                                    options.idle_timeout_ms, options.write_timeout_ms});
  return milliseconds(std::clamp(shortest_ms / 4, 5, 250));
}

}  // namespace

struct Server::State {
  State(ServerOptions options, Router router, Probe& probe, std::vector<Middleware> guards)
      : shared{.options = std::move(options),
               .dispatcher = Dispatcher(
                   std::move(router), StandardMiddleware(probe, shared.options, std::move(guards))),
               .probe = probe,
               .workers{static_cast<size_t>(std::max(1, shared.options.worker_threads))}} {
    for (int i = 0; i < NumLoops(shared.options); ++i) loops.push_back(std::make_unique<Loop>());
    acceptor.emplace(loops.front()->context);
  }

  Loop& Emptiest();
  awaitable<void> Accept();
  awaitable<void> Sweep(Loop& loop);
  void WarnFull();

  Shared shared;
  std::vector<std::unique_ptr<Loop>> loops;
  std::optional<tcp::acceptor> acceptor;  // of the first loop
  SteadyClock::time_point drain_until;    // written before `draining` is set
  SteadyClock::time_point next_full_warning;
  std::vector<std::thread> threads;
};

Loop& Server::State::Emptiest() {
  return **std::ranges::min_element(loops, {}, [](const auto& loop) { return loop->open.load(); });
}

awaitable<void> Server::State::Accept() {
  asio::steady_timer pause(loops.front()->context);
  while (!shared.draining) {
    if (shared.full()) {
      WarnFull();
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kAwait);
      continue;
    }
    Loop& loop = Emptiest();
    tcp::socket socket(loop.context);
    const auto [error] = co_await acceptor->async_accept(socket, kAwait);
    if (shared.draining) co_return;
    if (!error) {
      asio::co_spawn(loop.context,
                     ServeConnection(std::move(socket), OpenCount(shared, loop), loop, shared),
                     LogIfThrown);
    } else if (error != asio::error::connection_aborted) {
      // Most likely no file descriptor is free; one will be when a connection closes.
      LogWarning(StrCat("http: cannot accept a connection: ", error.message()));
      pause.expires_after(kAcceptPause * 5);
      co_await pause.async_wait(kAwait);
    }
  }
}

void Server::State::WarnFull() {
  const auto now = SteadyClock::now();
  if (now < next_full_warning) return;
  next_full_warning = now + std::chrono::minutes(1);
  LogWarning(StrCat("http: all ", shared.options.max_connections,
                    " connections are taken; new ones wait"));
}

// One timer a loop, not one a connection: a request costs no timer operations.
awaitable<void> Server::State::Sweep(Loop& loop) {
  const milliseconds tick = SweepTick(shared.options);
  while (true) {
    loop.date = HttpDate(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
    const auto now = SteadyClock::now();
    for (Connection* connection : loop.connections) connection->Expire(now);
    const bool draining = shared.draining;
    if (draining) {
      if (loop.connections.empty()) co_return;
      for (Connection* connection : loop.connections) {
        if (now < drain_until) {
          connection->CloseIfIdle();
        } else {
          connection->Cut();
        }
      }
    }
    loop.sweep.expires_after(draining ? kDrainTick : tick);
    co_await loop.sweep.async_wait(kAwait);
  }
}

Server::Server(ServerOptions options, Router router, Probe& probe, std::vector<Middleware> guards)
    : state_(std::make_unique<State>(std::move(options), std::move(router), probe,
                                     std::move(guards))) {}

Server::~Server() { Stop(); }

void Server::Start() {
  Listen(state_->shared.options, *state_->acceptor);
  port_ = state_->acceptor->local_endpoint().port();
  asio::co_spawn(state_->loops.front()->context, state_->Accept(), LogIfThrown);
  for (const auto& loop : state_->loops) {
    asio::co_spawn(loop->context, state_->Sweep(*loop), LogIfThrown);
    state_->threads.emplace_back([&context = loop->context] { context.run(); });
  }
}

void RequireCanListen(const ServerOptions& options) {
  asio::io_context context;
  tcp::acceptor acceptor(context);
  Listen(options, acceptor);
}

void Server::Stop() {
  if (state_->threads.empty()) return;
  state_->drain_until = SteadyClock::now() + milliseconds(state_->shared.options.drain_timeout_ms);
  state_->shared.draining = true;
  // Here and now, not on the acceptor's loop, which a handler may hold up.
  ::shutdown(state_->acceptor->native_handle(), SHUT_RDWR);
  for (const auto& loop : state_->loops) {
    asio::post(loop->context, [&sweep = loop->sweep] { sweep.cancel(); });
  }
  asio::post(state_->loops.front()->context, [this] { state_->acceptor->close(); });
  for (std::thread& thread : state_->threads) thread.join();
  state_->threads.clear();
}

}  // namespace marquee::http
