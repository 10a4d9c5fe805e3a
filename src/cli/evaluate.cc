// marquee evaluate: a number with its protocol.
#include "evaluation/evaluate.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/context.h"
#include "cli/protocol_flags.h"

namespace marquee::cli {
namespace {

void RunEvaluate(Context& context, const ProtocolFlags& flags) {
  const EvaluateRequest request = flags.Request(context);
  const Interactions data = ProtocolData(context, request);
  CliTrainObserver observer("train " + request.train.type, context.progress, context.cancel);
  EvaluateResult result;
  RecordCommand(context.recording(), "evaluate", request.train.type, [&](RunRecorder& run) {
    RecordRequest(request.train, run);
    RecordProtocolData(context, request, run);
    RecordingObserver recorded(observer, run);
    result = Evaluate(data, request, recorded, context.progress);
    recorded.AddChart();
    RecordEvaluation(result.ToJson(), run);
  });
  context.progress.Finish();
  context.json ? PrintJson(result.ToJson()) : Print(result.ToText());
}

}  // namespace

void AddEvaluate(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<ProtocolFlags>();
  CLI::App* evaluate = root.add_subcommand("evaluate", "Measure a model under a protocol");
  AddProtocolFlags(*evaluate, *flags);
  evaluate
      ->add_option("--segment", flags->request.segment,
                   "test, or validation: choose settings on validation only")
      ->capture_default_str();
  evaluate->add_flag("--json", context.json, "One JSON document instead of text");
  evaluate->callback([&context, flags] { RunEvaluate(context, *flags); });
}

}  // namespace marquee::cli
