#include "evaluation/evaluate.h"

#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "evaluation/protocols.h"

namespace marquee {
namespace {

struct Protocol {
  const char* name;
  void (*run)(const ProtocolRun& run, EvaluateResult& result);
};

constexpr Protocol kProtocols[] = {{"strong-generalization", StrongGeneralization},
                                   {"global-time-split", GlobalTimeSplit},
                                   {"rating-holdout", RatingHoldout},
                                   {"ncf-leave-one-out", NcfLeaveOneOut},
                                   {"leave-one-out-full", LeaveOneOutFull}};

const Protocol& FindProtocol(const std::string& name) {
  for (const Protocol& protocol : kProtocols) {
    if (protocol.name == name) return protocol;
  }
  const std::vector<std::string> names = ProtocolNames();
  throw Error(Code::kNotFound, StrCat("no protocol '", name, "'", DidYouMean(name, names)),
              "the protocols: " + Join(names, ", "));
}

void RequireSegment(const std::string& segment) {
  if (segment == "test" || segment == "validation") return;
  throw Error(Code::kInvalidArgument,
              StrCat("segment is '", segment, "': must be test or validation"),
              "choose settings on validation, report test");
}

// The result before the protocol has run; throws for what no protocol takes.
EvaluateResult Prepare(const EvaluateRequest& request) {
  RequireSegment(request.segment);
  EvaluateResult result;
  result.request = request;
  result.settings = ResolveSettings(request.train);
  return result;
}

}  // namespace

std::vector<std::string> ProtocolNames() {
  std::vector<std::string> names;
  for (const Protocol& protocol : kProtocols) names.emplace_back(protocol.name);
  return names;
}

EvaluateResult Evaluate(const Interactions& data, const EvaluateRequest& request,
                        TrainObserver& observer, Progress& progress) {
  const double start = SteadySeconds();
  const Protocol& protocol = FindProtocol(request.protocol);
  EvaluateResult result = Prepare(request);
  protocol.run({data, request, observer, progress}, result);
  result.seconds = SteadySeconds() - start;
  return result;
}

BothSegments EvaluateBoth(const Interactions& data, const EvaluateRequest& request,
                          TrainObserver& observer, Progress& progress) {
  const Protocol& protocol = FindProtocol(request.protocol);
  EvaluateRequest validation = request, test = request;
  validation.segment = "validation";
  test.segment = "test";
  if (protocol.run != StrongGeneralization) {
    return {Evaluate(data, validation, observer, progress),
            Evaluate(data, test, observer, progress)};
  }
  BothSegments results{Prepare(validation), Prepare(test)};
  StrongGeneralizationOfBoth({data, validation, observer, progress},
                             {data, test, observer, progress}, results);
  return results;
}

}  // namespace marquee
