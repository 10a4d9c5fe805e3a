#include "cli/protocol_flags.h"

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "pipelines/gold_reader.h"

namespace marquee::cli {

EvaluateRequest ProtocolFlags::Request(Context& context) const {
  EvaluateRequest complete = request;
  complete.train = model.Request(context.environment());
  ResolveSettings(complete.train);
  return complete;
}

void AddProtocolFlags(CLI::App& command, ProtocolFlags& flags) {
  command
      .add_option("--protocol", flags.request.protocol, "One of: " + Join(ProtocolNames(), ", "))
      ->required();
  AddModelFlags(command, flags.model);
  command
      .add_option("--min-rating", flags.request.min_rating,
                  "Ranking protocols keep ratings above it")
      ->capture_default_str();
  command.add_option("--heldout-users", flags.request.heldout_users,
                     "strong-generalization: users held out for each of validation and test; 0 "
                     "is a tenth, 10,000 from 100,000 users on");
  command.add_option("--split-files", flags.request.split_files,
                     "Folder with a published split: ncf-leave-one-out, rating-holdout (u1, or "
                     "FOLDER/u2 for that pair)");
  command.add_option("--folds", flags.request.folds,
                     "rating-holdout: random90 leaves out a tenth; given runs u1 to u5 of "
                     "--split-files and pools the errors");
  command.add_option("--split-seed", flags.request.split_seed, "Seed of the random splits")
      ->capture_default_str();
  command
      .add_option("--test-share", flags.request.test_share,
                  "global-time-split: the last part of the events, in (0, 1)")
      ->capture_default_str();
}

Interactions ProtocolData(Context& context, const EvaluateRequest& request) {
  if (request.protocol == "ncf-leave-one-out") return InteractionsBuilder().Build();
  Environment& environment = context.loaded_environment();
  const auto session = environment.engine().NewSession();
  context.progress.Update("read gold", -1, "");
  return ReadGold(*session, environment.lake(), GoldVersions(environment.lake())).interactions;
}

void RecordProtocolData(Context& context, const EvaluateRequest& request, RunRecorder& run) {
  run.AddParams(
      Json::MakeObject({{"min_rating", request.min_rating}, {"split_seed", request.split_seed}}));
  if (!request.split_files.empty()) {
    const std::string folder = std::filesystem::absolute(request.split_files).string();
    run.AddParams(Json::MakeObject({{"split_files", folder}, {"folds", request.folds}}));
  }
  if (request.protocol == "ncf-leave-one-out") return;
  const lake::Lake& lake = context.environment().lake();
  RecordData(lake, GoldVersions(lake), run);
}

}  // namespace marquee::cli
