// The flags that name a model and its settings.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/environment.h"
#include "models/registry.h"

namespace CLI {
class App;
}

namespace marquee::cli {

struct ModelFlags {
  std::string model;
  std::vector<std::string> set;
  uint64_t seed = 1;

  TrainRequest Request(const Environment& environment) const;
};

// --model NAME --set key=value ... --seed N
void AddModelFlags(CLI::App& command, ModelFlags& flags);

}  // namespace marquee::cli
