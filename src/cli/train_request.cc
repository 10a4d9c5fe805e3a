#include "cli/train_request.h"

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/key_values.h"

namespace marquee::cli {

TrainRequest ModelFlags::Request(const Environment& environment) const {
  return {.type = model,
          .settings = ParseKeyValues("--set", set),
          .seed = seed,
          .threads = environment.threads()};
}

void AddModelFlags(CLI::App& command, ModelFlags& flags) {
  std::vector<std::string> lines;
  for (const ModelType& type : ModelTypes()) {
    lines.push_back(StrCat("  ", type.name, ": ", type.doc));
    for (const SettingSpec& option : type.options) {
      lines.push_back(StrCat("      ", option.key, " = ", option.fallback, "  ", option.doc));
    }
  }
  command.footer("Models and their settings:\n" + Join(lines, "\n"));
  command.add_option("--model", flags.model, "Which model; the list is below")->required();
  command.add_option("--set", flags.set, "A setting of the model, key=value; may be repeated");
  command.add_option("--seed", flags.seed, "Seed of all that is random")->capture_default_str();
}

}  // namespace marquee::cli
