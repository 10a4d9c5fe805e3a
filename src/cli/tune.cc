// marquee tune: a search for good settings, on validation only.
#include "tuning/tune.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "base/files.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/protocol_flags.h"

namespace marquee::cli {
namespace {

struct TuneFlags {
  ProtocolFlags protocol;
  TuneRequest request;
  std::string search = "tpe";
  std::string time;
  std::string name;
  std::vector<std::string> ranges;
};

// "90s", "10m", "1.5h" or plain seconds.
double ParseSeconds(const std::string& text) {
  if (text.empty()) return 0;
  double unit = 1;
  std::string_view number = text;
  const size_t last = std::string_view("smh").find(text.back());
  if (last != std::string_view::npos) {
    unit = last == 0 ? 1 : last == 1 ? 60 : 3600;
    number.remove_suffix(1);
  }
  const std::optional<double> value = ParseDouble(number);
  if (value && *value > 0) return *value * unit;
  throw Error(Code::kInvalidArgument, StrCat("--time is '", text, "': must be a time above 0"),
              "for example 90s, 10m or 2h");
}

TuneRequest RequestOf(Context& context, const TuneFlags& flags) {
  TuneRequest request = flags.request;
  request.evaluate = flags.protocol.Request(context);
  const TrainRequest& train = request.evaluate.train;
  request.kind = ParseSearchKind(flags.search);
  request.seconds = ParseSeconds(flags.time);
  request.seed = train.seed;
  request.space = BuildSearchSpace(FindModelType(train.type), train.settings, flags.ranges);
  const std::string name = flags.name.empty() ? StrCat(train.type, "-", request.evaluate.protocol,
                                                       "-", flags.search, "-", train.seed)
                                              : flags.name;
  if (name.find('/') != std::string::npos || name.starts_with("."))
    throw Error(Code::kInvalidArgument, StrCat("--name is '", name, "': it names a file"),
                "use letters, digits and dashes");
  request.journal = context.environment().home().reports() / "tune" / (name + ".jsonl");
  return request;
}

// The search is a run, and each trial a run below it.
TuneResult TuneRecorded(Context& context, const Interactions& data, TuneRequest request) {
  const Recording& recording = context.recording();
  const TrainRequest& train = request.evaluate.train;
  if (request.metric.empty()) request.metric = DefaultMetric(request.evaluate.protocol);
  TuneResult result;
  RecordCommand(recording, "tune", train.type, [&](RunRecorder& run) {
    run.AddParams(Json::MakeObject({{"model", train.type},
                                    {"protocol", request.evaluate.protocol},
                                    {"metric", request.metric},
                                    {"search", SearchKindName(request.kind)},
                                    {"seed", request.seed},
                                    {"trials", request.trials}}));
    for (const auto& [key, text] : train.settings) run.AddParams(Json::MakeObject({{key, text}}));
    RecordProtocolData(context, request.evaluate, run);
    request.on_trial = [&](const Json& trial) {
      RecordTrial(recording, run, request.metric, trial);
    };
    result = Tune(data, request, context.cancel, context.progress);
    run.AddMetric("best", result.best_value);
    run.AddMetric("best_trial", result.best_trial);
    run.AddText("best.json", result.best.Pretty());
  });
  return result;
}

void RunTune(Context& context, const TuneFlags& flags) {
  const TuneRequest request = RequestOf(context, flags);
  const Interactions data = ProtocolData(context, request.evaluate);
  const TuneResult result = TuneRecorded(context, data, request);
  context.progress.Finish();
  std::filesystem::path best = request.journal;
  best.replace_extension(".best.json");
  WriteFileAtomic(best, result.best.Pretty() + "\n");
  if (context.json) {
    Json json = result.best;
    json["trial"] = result.best_trial;
    json["finished"] = result.finished;
    json["pruned"] = result.pruned;
    json["failed"] = result.failed;
    json["out_of_time"] = result.out_of_time;
    json["file"] = best.string();
    return PrintJson(json);
  }
  Print(StrCat("best of ", result.finished + result.pruned + result.failed, " trials (",
               result.pruned, " given up early, ", result.failed, " failed): trial ",
               result.best_trial, ", validation ", result.best.GetString("metric"), " ",
               Fixed(result.best_value, 4), " ± ", Fixed(result.best_stderr, 4), "\n  ",
               result.best.At("settings").Dump(), "\n"));
  if (result.out_of_time) Print("The time is over; the same command with more --time goes on.\n");
  Print(StrCat("train it with:  marquee train --model ", request.evaluate.train.type,
               " --settings ", best.string(), "\n"));
}

}  // namespace

void AddTune(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<TuneFlags>();
  CLI::App* tune =
      root.add_subcommand("tune", "Search good settings of a model, on validation only");
  AddProtocolFlags(*tune, flags->protocol);
  tune->add_option("--trials", flags->request.trials, "How many, those of earlier calls included")
      ->capture_default_str();
  tune->add_option("--time", flags->time, "No work after so long: 90s, 10m, 2h; none: no limit");
  tune->add_option("--search", flags->search, "tpe, or random")->capture_default_str();
  tune->add_option("--range", flags->ranges,
                   "key=lo:hi or key=lo:hi:log, in place of what the model declares; may be "
                   "repeated");
  tune->add_option("--metric", flags->request.metric,
                   "What to optimize; none: NDCG at the protocol's length, RMSE for ratings");
  tune->add_option("--parallel", flags->request.parallel,
                   "Trials at a time, sharing the threads; raise it for models that use one")
      ->capture_default_str();
  tune->add_option(
          "--screen", flags->request.screen,
          "Try each trial on this share of the users first, and give up the worse half; 0: "
          "never")
      ->capture_default_str();
  tune->add_option("--name", flags->name,
                   "Of the journal below reports/tune; none: model, protocol, search and seed");
  tune->add_flag("--json", context.json, "One JSON document instead of text");
  tune->callback([&context, flags] { RunTune(context, *flags); });
}

}  // namespace marquee::cli
