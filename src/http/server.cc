#include "http/server.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "base/log.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "http/connection_internal.h"

namespace marquee::http {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using std::chrono::milliseconds;

constexpr milliseconds kDrainTick{10};
constexpr milliseconds kAcceptPause{20};
constexpr std::chrono::seconds kCertificateTick{1};
constexpr std::chrono::minutes kWarningTick{1};

// What the log, the lake, the event log and clients of ours may need beside connections.
constexpr int64_t kOtherFiles = 256;
constexpr int64_t kMostConnections = 100'000;

awaitable<void> ServeConnection(tcp::socket socket, OpenCount open, Loop& loop, Shared& shared) {
  if (shared.beyond_bound()) loop.MakeRoom();
  Connection connection(std::move(socket), open.address(), loop, shared);
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

int MaxConnections(const ServerOptions& options) {
  if (options.max_connections > 0) return options.max_connections;
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  const auto free = static_cast<int64_t>(std::min<rlim_t>(files.rlim_cur, 1 << 30)) - kOtherFiles;
  return static_cast<int>(std::clamp<int64_t>(free, 64, kMostConnections));
}

// A client that goes away while TLS writes to it ends a connection, not the program.
void BlockSigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

// Often enough that a timeout is late by a quarter at most.
milliseconds SweepTick(const ServerOptions& options) {
  const int shortest_ms = std::min({options.header_timeout_ms, options.request_timeout_ms,
                                    options.idle_timeout_ms, options.write_timeout_ms});
  return milliseconds(std::clamp(shortest_ms / 4, 5, 250));
}

}  // namespace

Shared::Shared(ServerOptions server_options, Router router, Probe& server_probe,
               std::vector<Middleware> guards)
    : options(std::move(server_options)),
      max_connections(MaxConnections(options)),
      dispatcher(std::move(router), StandardMiddleware(server_probe, options, std::move(guards))),
      tls(MakeTlsIdentity(options)),
      probe(server_probe),
      addresses(options.max_connections_per_address),
      workers(static_cast<size_t>(std::max(1, options.worker_threads))),
      transfers(static_cast<size_t>(std::max(1, options.transfer_threads))) {}

struct Server::State {
  State(ServerOptions options, Router router, Probe& probe, std::vector<Middleware> guards)
      : shared(std::move(options), std::move(router), probe, std::move(guards)) {
    for (int i = 0; i < NumLoops(shared.options); ++i) loops.push_back(std::make_unique<Loop>());
    acceptor.emplace(loops.front()->context);
  }

  Loop& Emptiest();
  awaitable<void> Accept();
  void Take(tcp::socket socket, Loop& loop);
  awaitable<void> Sweep(Loop& loop);
  void Expire(Loop& loop);
  void Drain(Loop& loop);
  void Warn(std::string_view message);

  Shared shared;
  std::vector<std::unique_ptr<Loop>> loops;
  std::optional<tcp::acceptor> acceptor;  // of the first loop
  SteadyClock::time_point drain_until;    // written before `draining` is set
  SteadyClock::time_point next_warning;
  SteadyClock::time_point next_certificate;
  std::vector<std::thread> threads;
};

Loop& Server::State::Emptiest() {
  return **std::ranges::min_element(loops, {}, [](const auto& loop) { return loop->open.load(); });
}

awaitable<void> Server::State::Accept() {
  asio::steady_timer pause(loops.front()->context);
  while (!shared.draining) {
    if (shared.full()) {
      Warn(StrCat("all ", shared.max_connections, " connections are taken; new ones wait"));
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kAwait);
      continue;
    }
    Loop& loop = Emptiest();
    tcp::socket socket(loop.context);
    const auto [error] = co_await acceptor->async_accept(socket, kAwait);
    if (shared.draining) co_return;
    if (!error) {
      Take(std::move(socket), loop);
    } else if (error != asio::error::connection_aborted) {
      // Most likely no file descriptor is free; one will be when a connection closes.
      LogWarning(StrCat("http: cannot accept a connection: ", error.message()));
      pause.expires_after(kAcceptPause * 5);
      co_await pause.async_wait(kAwait);
    }
  }
}

void Server::State::Take(tcp::socket socket, Loop& loop) {
  boost::system::error_code gone;
  std::string address = socket.remote_endpoint(gone).address().to_string();
  if (gone) return;
  if (!shared.addresses.Enter(address)) {
    return Warn(StrCat(address, " has ", shared.options.max_connections_per_address,
                       " connections: one more is closed"));
  }
  OpenCount open(shared, loop, std::move(address));
  asio::co_spawn(loop.context, ServeConnection(std::move(socket), std::move(open), loop, shared),
                 LogIfThrown);
}

// Once a minute: a flood must not fill the log too.
void Server::State::Warn(std::string_view message) {
  const auto now = SteadyClock::now();
  if (now < next_warning) return;
  next_warning = now + kWarningTick;
  LogWarning(StrCat("http: ", message));
}

// One timer a loop, not one a connection: a request costs no timer operations.
awaitable<void> Server::State::Sweep(Loop& loop) {
  const milliseconds tick = SweepTick(shared.options);
  while (true) {
    loop.date = HttpDate(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
    Expire(loop);
    const bool draining = shared.draining;
    if (draining) {
      if (loop.idle.empty() && loop.busy.empty()) co_return;
      Drain(loop);
    }
    loop.sweep.expires_after(draining ? kDrainTick : tick);
    co_await loop.sweep.async_wait(kAwait);
  }
}

void Server::State::Expire(Loop& loop) {
  const auto now = SteadyClock::now();
  for (Connection* connection : loop.idle) connection->Expire(now);
  for (Connection* connection : loop.busy) connection->Expire(now);
  if (shared.tls == nullptr || &loop != loops.front().get() || now < next_certificate) return;
  shared.tls->ReloadIfChanged();
  next_certificate = now + kCertificateTick;
}

void Server::State::Drain(Loop& loop) {
  const bool late = SteadyClock::now() >= drain_until;
  for (const auto* connections : {&loop.idle, &loop.busy}) {
    for (Connection* connection : *connections) {
      late ? connection->Cut() : connection->CloseIfIdle();
    }
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
    state_->threads.emplace_back([&context = loop->context] {
      BlockSigpipe();
      context.run();
    });
  }
}

int64_t RaiseOpenFileLimit() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  getrlimit(RLIMIT_NOFILE, &files);
  return static_cast<int64_t>(std::min<rlim_t>(files.rlim_cur, INT64_MAX));
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
