// What up and serve share: listening, and serving until told to end.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/security.h"
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

// For a process that serves, before it does: what is freed goes back to the system.
void KeepLittleFreedMemory();

// "https://localhost:8000"
std::string BaseUrl(const http::ServerOptions& options, uint16_t port);

// What Serving works with beside the environment; must outlive it.
struct ServingParts {
  ModelStore& store;
  EventLog& log;
  RecordStore& records;
  Security& security;
  const TrackingServices* tracking = nullptr;  // null: another process has it
  const FlowService* flow = nullptr;           // likewise
};
// The API over what a home has published: all of it, or one service alone. Does not listen yet.
std::unique_ptr<Serving> MakeServing(Context& context, const ServingParts& parts,
                                     http::ServerOptions options, const std::string& service);

// Waits until the process is told to end, calling `poll` a few times a second; when a supervisor
// said so, calls `drain` and waits for server.drain_ms more.
void WaitUntilTold(Context& context, const std::function<void()>& poll,
                   const std::function<void()>& drain);

// Prints `greeting`, waits until the process is told to end, and stops `server`: at once after
// Ctrl-C, and after a time of not being ready when a supervisor said so.
template <typename Server>
void ServeUntilTold(Context& context, Server& server, const std::string& greeting) {
  Print(greeting);
  WaitUntilTold(
      context, [&server] { server.Poll(); }, [&server] { server.Drain(); });
  server.Stop();
  Print("Stopped.\n");
}

}  // namespace marquee::cli
