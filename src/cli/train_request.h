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
  std::string settings_file;
  uint64_t seed = 1;

  // Settings of the file, then those of --set, which win. Throws invalid_argument for a file that
  // holds none, or those of another model; the errors of files.
  TrainRequest Request(const Environment& environment) const;
};

// --model NAME --set key=value ... --settings FILE --seed N
void AddModelFlags(CLI::App& command, ModelFlags& flags);

}  // namespace marquee::cli
