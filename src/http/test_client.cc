#include "http/test_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "base/text.h"

namespace marquee::http {
namespace {

[[noreturn]] void ThrowSocketError(std::string_view what) {
  throw Error(Code::kUnavailable, StrCat("test client: ", what, ": ", std::strerror(errno)));
}

}  // namespace

std::string TestResponse::HeaderValue(std::string_view name) const {
  for (const Header& header : headers) {
    if (AsciiLower(header.name) == AsciiLower(name)) return header.value;
  }
  return {};
}

TestClient::TestClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (socket_ < 0) ThrowSocketError("no socket");
  const timeval timeout{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    ThrowSocketError(StrCat("cannot connect to port ", port));
  }
}

TestClient::~TestClient() { ::close(socket_); }

bool TestClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return false;
    if (sent < 0) ThrowSocketError("cannot send");
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void TestClient::FinishSending() { ::shutdown(socket_, SHUT_WR); }

bool TestClient::Fill() {
  char block[16384];
  const ssize_t size = ::recv(socket_, block, sizeof block, 0);
  if (size < 0 && errno == ECONNRESET) return false;
  if (size < 0) ThrowSocketError("cannot receive");
  unread_.append(block, static_cast<size_t>(size));
  return size > 0;
}

TestResponse TestClient::Receive(bool head) {
  const auto need_more = [this] {
    if (Fill()) return;
    throw Error(Code::kUnavailable, StrCat("test client: the server closed after '", unread_, "'"));
  };
  while (unread_.find("\r\n\r\n") == std::string::npos) need_more();
  const size_t end = unread_.find("\r\n\r\n");
  TestResponse response;
  const std::string header_text = unread_.substr(0, end);
  const std::vector<std::string_view> lines = Split(header_text, "\r\n");
  response.status = static_cast<int>(ParseInt(lines.front().substr(9, 3)).value_or(0));
  for (size_t i = 1; i < lines.size(); ++i) {
    const size_t colon = lines[i].find(": ");
    response.headers.push_back(
        {std::string(lines[i].substr(0, colon)), std::string(lines[i].substr(colon + 2))});
  }
  unread_.erase(0, end + 4);
  const auto length =
      static_cast<size_t>(ParseInt(response.HeaderValue("Content-Length")).value_or(0));
  if (head) return response;
  while (unread_.size() < length) need_more();
  response.body = unread_.substr(0, length);
  unread_.erase(0, length);
  return response;
}

bool TestClient::HasAnswer(int wait_ms) {
  pollfd wanted{.fd = socket_, .events = POLLIN, .revents = 0};
  return ::poll(&wanted, 1, wait_ms) > 0;
}

bool TestClient::WaitForClose() {
  while (Fill()) {
  }
  return unread_.empty();
}

TestResponse TestClient::Get(std::string_view target, const std::vector<Header>& headers) {
  std::string request = StrCat("GET ", target, " HTTP/1.1\r\nHost: test\r\n");
  for (const Header& header : headers) request += StrCat(header.name, ": ", header.value, "\r\n");
  Send(request + "\r\n");
  return Receive();
}

TestResponse TestClient::Post(std::string_view target, std::string_view body) {
  Send(StrCat("POST ", target, " HTTP/1.1\r\nHost: test\r\nContent-Length: ", body.size(),
              "\r\n\r\n", body));
  return Receive();
}

TestResponse Fetch(uint16_t port, std::string_view target, const std::vector<Header>& headers) {
  return TestClient(port).Get(target, headers);
}

}  // namespace marquee::http
