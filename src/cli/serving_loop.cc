#include "cli/serving_loop.h"

#include <malloc.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <thread>
#include <utility>

#include "app/erasure.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/thread_pool.h"

namespace marquee::cli {
namespace {

void GiveBackFreedMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace

// glibc gives threads arenas of their own, up to eight a core, and each keeps what was freed in it:
// 40 MiB after six minutes of 270 requests a second. So there are few, given back now and then. The
// buffers of uploads and downloads stay out of them, where each would leave 16 MiB behind.
void KeepLittleFreedMemory() {
#ifdef __GLIBC__
  constexpr int kLargeBytes = 4 << 20;
  mallopt(M_ARENA_MAX, 2 * AvailableCores());
  mallopt(M_MMAP_THRESHOLD, kLargeBytes);
  mallopt(M_TRIM_THRESHOLD, 2 * kLargeBytes);
#endif
}

void AddListenFlags(CLI::App& command, ListenFlags& flags, const std::string& default_port) {
  command
      .add_option("--port", flags.port,
                  StrCat("Port to listen on; 0 is a free one (default ", default_port, ")"))
      ->check(CLI::Range(0, 65535));
  command.add_option("--host", flags.host, "Address to listen on (default 127.0.0.1)");
}

void ListenWith(const std::function<void()>& listen) {
  try {
    listen();
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), error.hint() + " with --port N");
  }
}

std::string BaseUrl(const http::ServerOptions& options, uint16_t port) {
  return StrCat(options.tls_certificate.empty() ? "http://" : "https://",
                options.host == "127.0.0.1" ? "localhost" : options.host, ":", port);
}

std::unique_ptr<Serving> MakeServing(Context& context, const ServingParts& parts,
                                     http::ServerOptions options, const std::string& service) {
  KeepLittleFreedMemory();
  Environment& environment = context.environment();
  const Config& config = environment.config();
  const Home& home = environment.home();
  context.progress.Update("load the models", -1, "");
  ApplyRetention(environment, parts.log, context.progress, context.cancel);
  const auto eraser = std::make_shared<Eraser>(environment, parts.log, parts.records);
  eraser->FinishAll(context.progress, context.cancel);
  const auto erase = [eraser, &context](const std::string& user_id) {
    NoProgress progress;
    return eraser->Erase(user_id, progress, context.cancel).ToJson(user_id);
  };
  const bool kafka = config.Text("events.log") == "kafka";
  auto serving = std::make_unique<Serving>(
      Serving::Parts{environment.engine(), environment.lake(), parts.store, parts.log,
                     parts.records, parts.security, parts.tracking, parts.flow,
                     environment.clock()},
      Serving::Options{
          .server = std::move(options),
          .events = {.accept_unknown_items = config.Text("events.unknown_items") == "accept"},
          .service = service,
          .log_file = kafka ? home.events_view() : home.events(),
          .rules = environment.rules(),
          .deadline_ms = static_cast<int>(config.Int("recommend.deadline_ms")),
          .max_live_entries = static_cast<int>(config.Int("events.max_per_user")),
          .poll = std::chrono::milliseconds(config.Int("events.poll_ms")),
          .impressions = config.Bool("events.impressions"),
          .models = {.min_rating = environment.min_rating(),
                     .probe = environment.probe_limits(),
                     .experiments = home.experiments(),
                     .recording = context.recording()},
          .erase = erase});
  serving->Replay(context.progress, context.cancel);
  context.progress.Finish();
  return serving;
}

void WaitUntilTold(Context& context, const std::function<void()>& poll,
                   const std::function<void()>& drain) {
  constexpr std::chrono::milliseconds kTick{50};
  constexpr int kTicksAMinute = 1200;
  std::fflush(stdout);
  for (int64_t tick = 1; !context.cancel.requested(); ++tick) {
    poll();
    if (tick % kTicksAMinute == 0) GiveBackFreedMemory();
    std::this_thread::sleep_for(kTick);
  }
  if (!ToldBySupervisor()) return;
  drain();
  std::this_thread::sleep_for(
      std::chrono::milliseconds(context.environment().config().Int("server.drain_ms")));
}

}  // namespace marquee::cli
