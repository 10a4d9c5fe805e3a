#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "base/text.h"
#include "http/body_stream_internal.h"
#include "http/connection_internal.h"

namespace marquee::http {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using std::chrono::milliseconds;

constexpr milliseconds kLingerTime{1000};
constexpr size_t kSendBytes = 256 << 10;

}  // namespace

void Loop::MakeRoom() {
  if (!idle.empty() && idle.front()->Evict()) return;
  for (Connection* connection : busy) {
    if (connection->Evict()) return;
  }
}

OpenCount::OpenCount(Shared& shared, Loop& loop, std::string address)
    : shared_(&shared), loop_(&loop), address_(std::move(address)) {
  ++shared.open;
  ++loop.open;
  shared.probe.OnConnectionOpened();
}

OpenCount::OpenCount(OpenCount&& other) noexcept
    : shared_(std::exchange(other.shared_, nullptr)),
      loop_(other.loop_),
      address_(std::move(other.address_)) {}

OpenCount::~OpenCount() {
  if (shared_ == nullptr) return;
  shared_->addresses.Leave(address_);
  --shared_->open;
  --loop_->open;
  shared_->probe.OnConnectionClosed();
}

void ReceiveBuffer::MakeSpace(size_t least) {
  if (begin_ > 0) {
    std::copy(bytes_.begin() + static_cast<ptrdiff_t>(begin_),
              bytes_.begin() + static_cast<ptrdiff_t>(end_), bytes_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == bytes_.size()) bytes_.resize(bytes_.size() * 2);
  if (bytes_.size() < least) bytes_.resize(least);
}

Connection::Connection(tcp::socket socket, const std::string& address, Loop& loop, Shared& shared)
    : stream_(std::move(socket), shared.tls ? shared.tls->context() : nullptr),
      remote_address_(address),
      loop_(loop),
      shared_(shared),
      place_(loop.busy.insert(loop.busy.end(), this)) {}

Connection::~Connection() { (is_idle() ? loop_.idle : loop_.busy).erase(place_); }

void Connection::Await(WaitingFor what, milliseconds time) {
  std::list<Connection*>& from = is_idle() ? loop_.idle : loop_.busy;
  waiting_for_ = what;
  std::list<Connection*>& to = is_idle() ? loop_.idle : loop_.busy;
  to.splice(to.end(), from, place_);
  wait_until_ = SteadyClock::now() + time;
}

void Connection::Expire(SteadyClock::time_point now) {
  if (now < wait_until_) return;
  expired_ = true;
  stream_.socket().cancel();
}

// A handler may be reading the socket: it must find it ended, and not another one in its place.
void Connection::Cut() {
  if (waiting_for_ == WaitingFor::kHandler) {
    ::shutdown(stream_.socket().native_handle(), SHUT_RDWR);
  } else {
    stream_.socket().close();
  }
}

void Connection::CloseIfIdle() {
  if (is_idle()) stream_.socket().cancel();
}

bool Connection::Evict() {
  if (evicted_ || waiting_for_ == WaitingFor::kHandler) return false;
  evicted_ = true;
  Await(WaitingFor::kEnd, kLingerTime);
  stream_.socket().cancel();
  return true;
}

awaitable<void> Connection::Serve() {
  if (!co_await Handshake()) co_return;
  bool keep_alive = true;
  while (keep_alive) {
    RequestParser parser(shared_.options, [this](Request head) {
      return shared_.dispatcher.RuleFor(std::move(head));
    });
    const Received received = co_await Receive(parser);
    if (received == Received::kNothing) co_return;
    // When new ones have to wait, one is given up after each answer.
    keep_alive = received == Received::kRequest && parser.keep_alive() && !shared_.full();
    const Response response = co_await Answer(parser, received);
    // What is left of a body that the handler did not want cannot be told from the next request.
    const bool unread = parser.streams() && parser.state() != RequestParser::State::kDone;
    keep_alive = keep_alive && !unread && !shared_.draining;
    if (!co_await Send(response, keep_alive)) co_return;
    if (unread) co_return co_await Linger(milliseconds(shared_.options.request_timeout_ms));
    first_ = false;
  }
  co_await Linger(kLingerTime);
}

awaitable<bool> Connection::Handshake() {
  Await(WaitingFor::kHead, shared_.options.header_timeout_ms);
  while (true) {
    const Stream::Result result = stream_.Handshake();
    if (result.next == Stream::Next::kGoOn) co_return true;
    if (!co_await Ready(result.next)) co_return false;
  }
}

// Waits until the socket may be read or written; false when it is no use any more.
awaitable<bool> Connection::Ready(Stream::Next next) {
  if (next == Stream::Next::kEnd) co_return false;
  const auto what =
      next == Stream::Next::kWaitToRead ? tcp::socket::wait_read : tcp::socket::wait_write;
  const auto [error] = co_await stream_.socket().async_wait(what, kAwait);
  co_return !error && !evicted_;
}

awaitable<Connection::Received> Connection::Receive(RequestParser& parser) {
  const ServerOptions& options = shared_.options;
  Await(WaitingFor::kRequest, first_ ? options.header_timeout_ms : options.idle_timeout_ms);
  bool told_to_continue = false;
  while (true) {
    if (!buffer_.unused().empty()) {
      buffer_.Consume(parser.Feed(buffer_.unused()));
      AwaitMore(parser);
      if (parser.state() == RequestParser::State::kDone || parser.streams()) {
        co_return Received::kRequest;
      }
      if (parser.state() == RequestParser::State::kRefused) {
        refusal_ = parser.refusal();
        co_return Received::kRefused;
      }
    }
    if (parser.wants_continue() && !told_to_continue) {
      told_to_continue = true;
      if (!co_await Write("HTTP/1.1 100 Continue\r\n\r\n", {})) co_return Interrupted();
    }
    // An idle connection has no buffer while it waits.
    if (is_idle() && !stream_.has_pending()) {
      buffer_.Release();
      if (!co_await Ready(Stream::Next::kWaitToRead)) co_return Interrupted();
    }
    buffer_.MakeSpace();
    const Stream::Result result = stream_.Read(buffer_.space(), buffer_.space_size());
    if (result.next == Stream::Next::kGoOn) {
      buffer_.Commit(result.bytes);
    } else if (!co_await Ready(result.next)) {
      co_return Interrupted();
    }
  }
}

// The time of each part runs from its start, however slowly bytes drip in.
void Connection::AwaitMore(const RequestParser& parser) {
  const ServerOptions& options = shared_.options;
  if (parser.state() == RequestParser::State::kHead) {
    if (is_idle()) Await(WaitingFor::kHead, options.header_timeout_ms);
  } else if (waiting_for_ != WaitingFor::kBody) {
    Await(WaitingFor::kBody, options.request_timeout_ms);
    request_deadline_ = wait_until_;
  }
}

Connection::Received Connection::Interrupted() {
  if (!std::exchange(expired_, false) || evicted_) return Received::kNothing;
  if (is_idle()) return Received::kNothing;
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
  Request request = received == Received::kRefused ? parser.TakeRefused()
                    : parser.streams()             ? parser.TakeHead()
                                                   : parser.Take();
  request.remote_address = remote_address_;
  request.deadline = request_deadline_;
  const Dispatcher& dispatcher = shared_.dispatcher;
  if (received == Received::kRefused) co_return dispatcher.Refuse(request, *refusal_);
  const Dispatcher::Found found = dispatcher.Find(request);
  if (found.runs() == Runs::kOnLoop) co_return dispatcher.Handle(request, found);
  if (found.runs() == Runs::kOnWorker) co_return co_await Handle(request, shared_.workers, found);
  request.deadline = SteadyClock::time_point::max();
  std::optional<StreamedBody> body;
  if (parser.streams()) {
    request.reader = &body.emplace(shared_.options, parser, buffer_, stream_);
  }
  co_return co_await Handle(request, shared_.transfers, found);
}

awaitable<Response> Connection::Handle(Request& request, asio::thread_pool& threads,
                                       const Dispatcher::Found& found) {
  AwaitHandler();
  co_return co_await asio::co_spawn(
      threads,
      [&]() -> awaitable<Response> { co_return shared_.dispatcher.Handle(request, found); },
      asio::use_awaitable);
}

void Connection::AwaitHandler() {
  Await(WaitingFor::kHandler, 0);
  wait_until_ = SteadyClock::time_point::max();
}

awaitable<bool> Connection::Send(const Response& response, bool keep_alive) {
  Await(WaitingFor::kWrite, shared_.options.write_timeout_ms);
  const std::string head = ResponseHead(response, keep_alive, loop_.date);
  const std::string_view body = response.body_left_out ? std::string_view() : response.body;
  if (!co_await Write(head, body)) co_return false;
  if (response.source == nullptr || response.body_left_out) co_return true;
  co_return co_await SendSource(*response.source);
}

// A block is made on another thread: making one may wait, and a client that takes them slowly holds
// up no thread.
awaitable<bool> Connection::SendSource(BodySource& source) {
  for (uint64_t left = source.size_bytes(); left > 0;) {
    AwaitHandler();
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(left, kSendBytes));
    const std::string block = co_await asio::co_spawn(
        shared_.transfers, [&]() -> awaitable<std::string> { co_return source.Next(wanted); },
        asio::use_awaitable);
    if (block.empty() || block.size() > wanted) {
      throw Error(Code::kInternal, StrCat("an answer's source gave ", block.size(), " bytes of ",
                                          wanted, " with ", left, " left"));
    }
    Await(WaitingFor::kWrite, shared_.options.write_timeout_ms);
    if (!co_await Write(block, {})) co_return false;
    left -= block.size();
  }
  co_return true;
}

awaitable<bool> Connection::Write(std::string_view head, std::string_view body) {
  while (!head.empty() || !body.empty()) {
    const Stream::Result result = stream_.Write(head, body);
    if (result.next != Stream::Next::kGoOn) {
      if (!co_await Ready(result.next)) co_return false;
      continue;
    }
    const size_t of_head = std::min(result.bytes, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(result.bytes - of_head);
  }
  co_return true;
}

// A close with bytes unread makes the kernel reset the connection, and the client would lose the
// answer: so say that no more comes, and read on until the client closes, for a short time.
awaitable<void> Connection::Linger(milliseconds time) {
  Await(WaitingFor::kEnd, time);
  stream_.FinishSending();
  expired_ = false;
  while (!expired_ && !evicted_) {
    buffer_.Consume(buffer_.unused().size());
    buffer_.MakeSpace();
    boost::system::error_code error;
    stream_.socket().read_some(asio::buffer(buffer_.space(), buffer_.space_size()), error);
    if (error == asio::error::would_block) {
      if (!co_await Ready(Stream::Next::kWaitToRead)) co_return;
    } else if (error) {
      co_return;
    }
  }
}

}  // namespace marquee::http
