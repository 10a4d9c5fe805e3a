// What up and serve share: listening, and serving until told to end.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/server_settings.h"
#include "app/serving.h"
#include "cli/context.h"

namespace CLI {
class App;
}

namespace marquee::cli {

// --host and --port
void AddListenFlags(CLI::App& command, ListenFlags& flags, const std::string& default_port);

// Runs `listen`; what it throws says how to choose another port.
void ListenWith(const std::function<void()>& listen);

// "https://localhost:8000"
std::string BaseUrl(const http::ServerOptions& options, uint16_t port);

// The API over what a home has published: all of it, or one service alone. Does not listen yet.
// `log` must outlive it.
std::unique_ptr<Serving> MakeServing(Context& context, EventLog& log, http::ServerOptions options,
                                     const std::string& service);

// Waits until the process is told to end; when a supervisor said so, calls `drain` and waits for
// server.drain_ms more.
void WaitUntilTold(Context& context, const std::function<void()>& drain);

// Prints `greeting`, waits until the process is told to end, and stops `server`: at once after
// Ctrl-C, and after a time of not being ready when a supervisor said so.
template <typename Server>
void ServeUntilTold(Context& context, Server& server, const std::string& greeting) {
  Print(greeting);
  WaitUntilTold(context, [&server] { server.Drain(); });
  server.Stop();
  Print("Stopped.\n");
}

}  // namespace marquee::cli
