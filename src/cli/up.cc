// marquee up: the main job, from raw files to an API that answers.
#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "app/erasure.h"
#include "app/open_event_log.h"
#include "app/serving.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/load.h"
#include "cli/show.h"
#include "pipelines/main_job.h"

namespace marquee::cli {
namespace {

constexpr int kShownUsers = 3;
constexpr int kShownItems = 5;

struct UpFlags {
  DataFlags data;
  int port = -1;
  std::string host;
};

http::ServerOptions ServerOptionsOf(const Config& config, const UpFlags& flags) {
  http::ServerOptions options;
  options.host = flags.host.empty() ? config.Text("server.host") : flags.host;
  options.port = static_cast<uint16_t>(flags.port < 0 ? config.Int("server.port") : flags.port);
  options.io_threads = static_cast<int>(config.Int("server.threads"));
  return options;
}

MainJobResult TrainAndPublish(Context& context) {
  Environment& environment = context.environment();
  ModelStore store(environment.home().models(), environment.clock());
  const auto session = environment.engine().NewSession();
  const MainJobOptions options{.threads = environment.threads(),
                               .seed = 1,
                               .min_rating = environment.min_rating(),
                               .report = environment.home().reports() / "main_job.json"};
  return RunMainJob({*session, environment.lake(), store}, options, context.progress,
                    context.cancel);
}

// Three users over the whole range of activity, so that a person can judge the answers.
void ShowUsers(const RecommendEngine& engine) {
  const auto bundle = engine.bundle();
  const int32_t users = bundle->interactions.num_users();
  for (int32_t i = 0; i < std::min(users, kShownUsers); ++i) {
    const int32_t row = static_cast<int32_t>(int64_t{users} * (2 * i + 1) / (2 * kShownUsers));
    const std::string& user_id = bundle->interactions.users().Name(row);
    Print("\n" + RecommendationText(engine.Recommend(user_id, kShownItems)));
  }
}

void ShowOutcome(const MainJobResult& result, const RecommendEngine& engine) {
  if (result.comparison.size() == 0) {
    Print(StrCat("Too few users to compare models: ", result.published.champion.name(),
                 " answers.\n"));
  } else {
    Print(StrCat(result.was_up_to_date ? "Nothing changed since the last run: "
                                       : "Strong generalization, users held out from training: ",
                 result.published.champion.name(), " answers.\n",
                 ComparisonText(result.comparison, result.published.champion.type)));
  }
  ShowUsers(engine);
}

void Serve(Context& context, Serving& serving, const std::string& host) {
  Print(StrCat("\nServing on http://", host == "127.0.0.1" ? "localhost" : host, ":",
               serving.port(), "   try /recommend/",
               serving.engine().bundle()->interactions.users().Name(0), "?k=5   Ctrl-C ends it\n"));
  std::fflush(stdout);
  while (!context.cancel.requested()) {
    serving.Poll();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  serving.Stop();
  Print("Stopped.\n");
}

// Runs `listen`; what it throws says how to choose another port.
void ListenWith(const std::function<void()>& listen) {
  try {
    listen();
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), error.hint() + " with --port N");
  }
}

void Up(Context& context, const UpFlags& flags) {
  Environment& environment = context.environment();
  const http::ServerOptions options = ServerOptionsOf(environment.config(), flags);
  ListenWith([&] { http::RequireCanListen(options); });
  LoadIfNeeded(context, flags.data);
  LearnRecords(context);
  const MainJobResult result = TrainAndPublish(context);
  context.progress.Update("load the models", -1, "");
  ModelStore store(environment.home().models(), environment.clock());
  const auto log = OpenEventLog(environment);
  ApplyRetention(environment, *log);
  const Config& config = environment.config();
  RecordStore records(environment.home().records(), environment.clock());
  Eraser eraser(environment, *log, records);
  const auto erase = [&](const std::string& user_id) {
    NoProgress progress;
    return eraser.Erase(user_id, progress, context.cancel).ToJson(user_id);
  };
  Serving serving(
      {environment.engine(), environment.lake(), store, *log, records, environment.clock()},
      {.server = options,
       .events = {.accept_unknown_items = config.Text("events.unknown_items") == "accept"},
       .rules = environment.rules(),
       .deadline_ms = static_cast<int>(config.Int("recommend.deadline_ms")),
       .max_live_entries = static_cast<int>(config.Int("events.max_per_user")),
       .poll = std::chrono::milliseconds(config.Int("events.poll_ms")),
       .impressions = config.Bool("events.impressions"),
       .models = {.min_rating = environment.min_rating(),
                  .probe = {.users = static_cast<int>(config.Int("models.probe_users")),
                            .min_overlap = config.Number("models.min_overlap"),
                            .max_ms = config.Number("models.max_ms")},
                  .experiments = environment.home().experiments()},
       .erase = erase});
  serving.Replay(context.progress, context.cancel);
  context.progress.Finish();
  ListenWith([&] { serving.Start(); });
  ShowOutcome(result, serving.engine());
  Serve(context, serving, options.host);
}

}  // namespace

void AddUp(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<UpFlags>();
  CLI::App* up = root.add_subcommand(
      "up", "The main job: load data, train, evaluate, publish, serve until Ctrl-C");
  AddDataFlags(*up, flags->data);
  up->add_option("--port", flags->port, "Port to listen on; 0 is a free one (default 8000)")
      ->check(CLI::Range(0, 65535));
  up->add_option("--host", flags->host, "Address to listen on (default 127.0.0.1)");
  up->callback([&context, flags] { Up(context, *flags); });
}

}  // namespace marquee::cli
