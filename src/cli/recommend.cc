// marquee recommend: what a user should see next, and why.
#include <CLI/CLI.hpp>
#include <limits>
#include <memory>

#include "app/open_event_log.h"
#include "base/text.h"
#include "base/text_table.h"
#include "cli/context.h"
#include "cli/show.h"
#include "pipelines/main_job.h"
#include "recommend/rules_file.h"
#include "services/live_catalog.h"
#include "services/render.h"

namespace marquee::cli {
namespace {

struct RecommendFlags {
  std::string user;
  int k = 10;
};

void Recommend(Context& context, const RecommendFlags& flags) {
  Environment& environment = context.loaded_environment();
  ModelStore store(environment.home().models(), environment.clock());
  const auto session = environment.engine().NewSession();
  const auto max_entries = static_cast<int>(environment.config().Int("events.max_per_user"));
  RecommendEngine engine(LoadPublished({*session, environment.lake(), store},
                                       environment.min_rating(), environment.clock()),
                         max_entries);
  if (std::filesystem::exists(environment.home().records())) {
    RecordStore records(environment.home().records(), environment.clock());
    LiveCatalog(engine, records).Refresh();
  }
  if (HasEventLog(environment)) {
    const auto newest = std::numeric_limits<int64_t>::max();
    const auto log = OpenEventLog(environment);
    for (const StoredEvent& stored : log->ReadUser(flags.user, newest, max_entries)) {
      engine.Observe(stored.event);
    }
  }
  RulesFile(environment.rules(), engine).Load(environment.clock().NowMs());
  const Recommendation recommendation = engine.Recommend(flags.user, flags.k);
  context.json ? PrintJson(Json::Parse(RenderRecommendation(recommendation)))
               : Print(RecommendationText(recommendation));
}

}  // namespace

void AddRecommend(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<RecommendFlags>();
  CLI::App* recommend =
      root.add_subcommand("recommend", "Recommendations for a user, with reasons");
  recommend->add_option("--user", flags->user, "The user's id; an unknown one gets what is popular")
      ->required();
  recommend->add_option("-k", flags->k, "How many")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  recommend->add_flag("--json", context.json, "One JSON document instead of text");
  recommend->callback([&context, flags] { Recommend(context, *flags); });
}

}  // namespace marquee::cli
