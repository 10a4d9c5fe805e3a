// For tests: small data by hand, and an evaluation in one call.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "evaluation/evaluate.h"
#include "interactions/interactions.h"

namespace marquee {

struct RatingLine {
  std::string user;
  std::string item;
  float value;
  int64_t time_s;
};

inline Interactions FromLines(const std::vector<RatingLine>& lines) {
  InteractionsBuilder builder;
  for (const RatingLine& line : lines) {
    const int32_t user = builder.AddUser(line.user);
    builder.Add(user, builder.AddItem(line.item), line.value, line.time_s);
  }
  return builder.Build();
}

inline EvaluateRequest RequestFor(std::string protocol, std::string model = "most-popular") {
  EvaluateRequest request;
  request.protocol = std::move(protocol);
  request.train.type = std::move(model);
  return request;
}

inline EvaluateResult Evaluate(const Interactions& data, const EvaluateRequest& request) {
  NoTrainObserver observer;
  NoProgress progress;
  return Evaluate(data, request, observer, progress);
}

// Real data stands beside the project, or nowhere.
inline std::filesystem::path SharedData(const std::string& name) {
  const char* shared = std::getenv("MARQUEE_SHARED");
  return std::filesystem::path(shared == nullptr ? "../shared" : shared) / "data" / name;
}

}  // namespace marquee
