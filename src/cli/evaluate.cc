// marquee evaluate: a number with its protocol.
#include "evaluation/evaluate.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.h"
#include "cli/context.h"
#include "cli/train_request.h"
#include "pipelines/gold_reader.h"

namespace marquee::cli {
namespace {

struct EvaluateFlags {
  ModelFlags model;
  EvaluateRequest request;
};

Interactions Data(Context& context, const EvaluateRequest& request) {
  if (request.protocol == "ncf-leave-one-out")
    return InteractionsBuilder().Build();  // its files hold all
  Environment& environment = context.loaded_environment();
  const auto session = environment.engine().NewSession();
  context.progress.Update("read gold", -1, "");
  return ReadGold(*session, environment.lake(), GoldVersions(environment.lake())).interactions;
}

void RunEvaluate(Context& context, const EvaluateFlags& flags) {
  EvaluateRequest request = flags.request;
  request.train = flags.model.Request(context.environment());
  ResolveSettings(request.train);
  const Interactions data = Data(context, request);
  CliTrainObserver observer("train " + request.train.type, context.progress, context.cancel);
  const EvaluateResult result = Evaluate(data, request, observer, context.progress);
  context.progress.Finish();
  context.json ? PrintJson(result.ToJson()) : Print(result.ToText());
}

}  // namespace

void AddEvaluate(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<EvaluateFlags>();
  CLI::App* evaluate = root.add_subcommand("evaluate", "Measure a model under a protocol");
  evaluate
      ->add_option("--protocol", flags->request.protocol, "One of: " + Join(ProtocolNames(), ", "))
      ->required();
  AddModelFlags(*evaluate, flags->model);
  evaluate
      ->add_option("--segment", flags->request.segment,
                   "test, or validation: choose settings on validation only")
      ->capture_default_str();
  evaluate
      ->add_option("--min-rating", flags->request.min_rating,
                   "Ranking protocols keep ratings above it")
      ->capture_default_str();
  evaluate->add_option("--heldout-users", flags->request.heldout_users,
                       "strong-generalization: users held out for each of validation and test; 0 "
                       "is a tenth, 10,000 from 100,000 users on");
  evaluate->add_option("--split-files", flags->request.split_files,
                       "Folder with a published split: ncf-leave-one-out, rating-holdout");
  evaluate->add_flag("--json", context.json, "One JSON document instead of text");
  evaluate->callback([&context, flags] { RunEvaluate(context, *flags); });
}

}  // namespace marquee::cli
