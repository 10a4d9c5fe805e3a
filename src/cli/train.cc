// marquee train: one model on everything liked, saved as a new version.
#include <CLI/CLI.hpp>
#include <memory>

#include "base/clock.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/train_request.h"
#include "pipelines/main_job.h"

namespace marquee::cli {
namespace {

void Train(Context& context, const ModelFlags& flags) {
  Environment& environment = context.loaded_environment();
  const TrainRequest request = flags.Request(environment);
  ModelStore store(environment.home().models(), environment.clock());
  const auto session = environment.engine().NewSession();
  CliTrainObserver observer("train " + request.type, context.progress, context.cancel);
  const double start = SteadySeconds();
  const ModelManifest manifest = TrainAndSave({*session, environment.lake(), store}, request,
                                              environment.min_rating(), observer);
  const double seconds = SteadySeconds() - start;
  const bool first = !store.ReadPublished() && request.type == "most-popular";
  if (first) store.Publish(manifest.id, manifest.id);
  context.progress.Finish();
  if (context.json) {
    return PrintJson(Json::MakeObject({{"model", manifest.id.type},
                                       {"version", manifest.id.version},
                                       {"settings", manifest.settings},
                                       {"seconds", seconds}}));
  }
  Print(StrCat(manifest.id.name(), "  trained in ", Fixed(seconds, 1), " s  ",
               manifest.settings.Dump(), "\n"));
  Print(StrCat("let it answer with:  marquee models publish ", manifest.id.type, " --version ",
               manifest.id.version, "\n"));
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
