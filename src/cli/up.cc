// marquee up: the main job, from raw files to an API that answers.
#include <CLI/CLI.hpp>
#include <memory>

#include "app/flow.h"
#include "app/open_event_log.h"
#include "app/security.h"
#include "app/serving.h"
#include "app/tracking.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/alias.h"
#include "cli/context.h"
#include "cli/load.h"
#include "cli/serving_loop.h"
#include "cli/show.h"
#include "pipelines/main_job.h"

namespace marquee::cli {
namespace {

constexpr int kShownUsers = 3;
constexpr int kShownItems = 5;

struct UpFlags {
  DataFlags data;
  ListenFlags listen;
};

MainJobResult TrainAndPublish(Context& context) {
  Environment& environment = context.environment();
  ModelStore store(environment.home().models(), environment.clock());
  const auto session = environment.engine().NewSession();
  const MainJobOptions options{.threads = environment.threads(),
                               .seed = 1,
                               .min_rating = environment.min_rating(),
                               .report = environment.home().reports() / "main_job.json"};
  MainJobResult result = RunMainJob({*session, environment.lake(), store, context.recording()},
                                    options, context.progress, context.cancel);
  // Otherwise the alias may have been moved since, which serving follows.
  if (!result.was_up_to_date) PointAlias(context, store);
  return result;
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

void Up(Context& context, const UpFlags& flags) {
  Environment& environment = context.environment();
  http::RaiseOpenFileLimit();
  const http::ServerOptions options = ReadServerOptions(environment.config(), flags.listen);
  Security security(environment, options.host);
  ListenWith([&] { http::RequireCanListen(options); });
  ReadChannels(environment);
  LoadIfNeeded(context, flags.data);
  LearnRecords(context);
  const MainJobResult result = TrainAndPublish(context);
  ModelStore store(environment.home().models(), environment.clock());
  const auto log = OpenEventLog(environment);
  RecordStore records(environment.home().records(), environment.clock());
  Tracking tracking(environment);
  tracking.BeginSweep();
  Flow flow(environment);
  const auto serving =
      MakeServing(context, {store, *log, records, security, &tracking.services(), &flow.service()},
                  options, "");
  ListenWith([&] { serving->Start(); });
  const FlowRunner runner(flow, environment, serving->metrics());
  ShowOutcome(result, serving->engine());
  if (security.demanded()) context.Note("Requests need a key: marquee keys create --role viewer");
  ServeUntilTold(
      context, *serving,
      StrCat("\nServing on ", BaseUrl(options, serving->port()), "   try /recommend/",
             serving->engine().bundle()->interactions.users().Name(0), "?k=5   Ctrl-C ends it\n"));
}

}  // namespace

void AddUp(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<UpFlags>();
  CLI::App* up = root.add_subcommand(
      "up", "The main job: load data, train, evaluate, publish, serve until Ctrl-C");
  AddDataFlags(*up, flags->data);
  AddListenFlags(*up, flags->listen, "8000");
  up->callback([&context, flags] { Up(context, *flags); });
}

}  // namespace marquee::cli
