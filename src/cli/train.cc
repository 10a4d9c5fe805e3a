// marquee train: one model on everything liked, saved as a new version.
#include <CLI/CLI.hpp>
#include <memory>

#include "base/clock.h"
#include "base/text.h"
#include "cli/alias.h"
#include "cli/context.h"
#include "cli/train_request.h"
#include "pipelines/main_job.h"

namespace marquee::cli {
namespace {

// A home's first model answers at once; most-popular stands behind it for users without history.
bool PublishIfFirst(Context& context, const ModelWork& work, const ModelVersion& id) {
  if (work.store.ReadPublished()) return false;
  ModelVersion fallback = id;
  if (id.type != "most-popular") {
    Environment& environment = context.environment();
    CliTrainObserver observer("train most-popular", context.progress, context.cancel);
    const TrainRequest request{
        .type = "most-popular", .settings = {}, .seed = 1, .threads = environment.threads()};
    fallback = TrainAndSave(work, request, environment.min_rating(), observer).id;
  }
  work.store.Publish(id, fallback);
  PointAlias(context, work.store);
  return true;
}

void Train(Context& context, const ModelFlags& flags) {
  Environment& environment = context.loaded_environment();
  const TrainRequest request = flags.Request(environment);
  ModelStore store(environment.home().models(), environment.clock());
  const auto session = environment.engine().NewSession();
  CliTrainObserver observer("train " + request.type, context.progress, context.cancel);
  const double start = SteadySeconds();
  const ModelWork work{*session, environment.lake(), store, context.recording()};
  const ModelManifest manifest = TrainAndSave(work, request, environment.min_rating(), observer);
  const double seconds = SteadySeconds() - start;
  const bool answers = PublishIfFirst(context, work, manifest.id);
  context.progress.Finish();
  if (context.json) {
    return PrintJson(Json::MakeObject({{"model", manifest.id.type},
                                       {"version", manifest.id.version},
                                       {"settings", manifest.settings},
                                       {"run_id", manifest.run_id},
                                       {"seconds", seconds}}));
  }
  Print(StrCat(manifest.id.name(), "  trained in ", Fixed(seconds, 1), " s  ",
               manifest.settings.Dump(), "\n"));
  Print(answers ? "It is the first, so it answers: marquee recommend --user ID\n"
                : StrCat("let it answer with:  marquee models publish ", manifest.id.type,
                         " --version ", manifest.id.version, "\n"));
}

}  // namespace

void AddTrain(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<ModelFlags>();
  CLI::App* train = root.add_subcommand("train", "Train a model on the gold tables");
  AddModelFlags(*train, *flags);
  train->add_flag("--json", context.json, "One JSON document instead of text");
  train->callback([&context, flags] { Train(context, *flags); });
}

}  // namespace marquee::cli
