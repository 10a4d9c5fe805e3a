#include "cli/train_request.h"

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/key_values.h"

namespace marquee::cli {

namespace {

std::map<std::string, std::string> ReadSettings(const std::string& path, const std::string& model) {
  const auto refuse = [&](const std::string& why) {
    throw Error(Code::kInvalidArgument, StrCat("--settings ", path, ": ", why),
                "give a file that marquee tune wrote, or {\"settings\": {\"key\": value}}");
  };
  std::map<std::string, std::string> settings;
  try {
    const Json file = Json::Parse(ReadFile(path));
    const std::string found = file.GetString("model", model);
    if (found != model) refuse(StrCat("these are settings of ", found, ", not of ", model));
    for (const auto& [key, value] : file.At("settings").AsObject())
      settings[key] = value.is_string() ? value.AsString() : value.Dump();
  } catch (const Error& error) {
    if (error.code() != Code::kInvalidArgument || !error.hint().empty()) throw;
    refuse(error.message());
  }
  return settings;
}

}  // namespace

TrainRequest ModelFlags::Request(const Environment& environment) const {
  std::map<std::string, std::string> settings = ParseKeyValues("--set", set);
  if (!settings_file.empty()) settings.merge(ReadSettings(settings_file, model));
  return {.type = model,
          .settings = std::move(settings),
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
  command.add_option("--settings", flags.settings_file,
                     "A file of settings, as marquee tune writes it; --set goes before it");
  command.add_option("--seed", flags.seed, "Seed of all that is random")->capture_default_str();
}

}  // namespace marquee::cli
