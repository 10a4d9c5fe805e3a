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

namespace marquee::cli {
namespace {

// Nobody's id is kept for it, so that only who asked can ask again.
void WarnOfUnfinishedErasures(const RecordStore& records) {
  for (const Erasure& erasure : records.Erasures()) {
    if (erasure.done_ms > 0) continue;
    LogWarning(StrCat("the erasure of somebody, begun ", FormatUtc(erasure.requested_ms),
                      ", is under way or was cut off: no answer knows them, but their data may "
                      "still be on the disk; repeat it (DELETE /users/ID, marquee erase ID)"));
  }
}

// What glibc keeps of freed memory in each thread's arena grows for long otherwise: by 40 MiB in
// six minutes of 270 requests a second.
void GiveBackFreedMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace

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
  Environment& environment = context.environment();
  const Config& config = environment.config();
  const Home& home = environment.home();
  context.progress.Update("load the models", -1, "");
  ApplyRetention(environment, parts.log);
  const auto eraser = std::make_shared<Eraser>(environment, parts.log, parts.records);
  const auto erase = [eraser, &context](const std::string& user_id) {
    NoProgress progress;
    return eraser->Erase(user_id, progress, context.cancel).ToJson(user_id);
  };
  const bool kafka = config.Text("events.log") == "kafka";
  auto serving = std::make_unique<Serving>(
      Serving::Parts{environment.engine(), environment.lake(), parts.store, parts.log,
                     parts.records, parts.security, parts.tracking, environment.clock()},
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
                     .probe = {.users = static_cast<int>(config.Int("models.probe_users")),
                               .min_overlap = config.Number("models.min_overlap"),
                               .max_ms = config.Number("models.max_ms")},
                     .experiments = home.experiments()},
          .erase = erase});
  serving->Replay(context.progress, context.cancel);
  context.progress.Finish();
  WarnOfUnfinishedErasures(parts.records);
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
