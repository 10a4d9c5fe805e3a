// The same server with a handler that computes nothing: what the network, the parser and the
// middleware cost by themselves.
//
//   http_bench_echo BYTES [PORT]   answers GET /recommend with BYTES bytes of JSON until a signal
#include <csignal>
#include <cstdio>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "http/server.h"

namespace marquee {
namespace {

int64_t Argument(const char* text, const char* name, int64_t max) {
  const std::optional<int64_t> value = ParseInt(text);
  if (!value || *value < 0 || *value > max) {
    throw Error(Code::kInvalidArgument, StrCat(name, " is '", text, "': must be 0 to ", max));
  }
  return *value;
}

void Run(int argc, char** argv) {
  if (argc < 2) throw Error(Code::kInvalidArgument, "usage: http_bench_echo BYTES [PORT]");
  const auto size = static_cast<size_t>(Argument(argv[1], "BYTES", 1 << 30));
  const auto port = static_cast<uint16_t>(argc > 2 ? Argument(argv[2], "PORT", 65535) : 0);

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);

  const std::string body = StrCat("\"", std::string(size > 2 ? size - 2 : 0, 'x'), "\"");
  http::Router router;
  router.Add("GET", "/recommend", http::Role::kPublic,
             [&body](const http::Request&) { return http::JsonText(body); });
  http::NoProbe probe;
  http::Server server({.port = port}, std::move(router), probe);
  server.Start();
  std::printf("http://127.0.0.1:%d\n", server.port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  server.Stop();
}

}  // namespace
}  // namespace marquee

int main(int argc, char** argv) {
  try {
    marquee::Run(argc, argv);
    return 0;
  } catch (const marquee::Error& error) {
    std::fprintf(stderr, "http_bench_echo: %s\n", error.what());
    return marquee::ExitCode(error.code());
  }
}
