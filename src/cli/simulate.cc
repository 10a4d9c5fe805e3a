// marquee simulate: writes an invented world to files.
#include "cli/simulate.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/key_values.h"

namespace marquee::cli {
namespace {

int64_t WholeNumber(const std::string& key, const std::string& text) {
  if (const std::optional<int64_t> value = ParseInt(text)) return *value;
  throw Error(Code::kInvalidArgument,
              StrCat("simulate: ", key, " is '", text, "': must be a whole number"));
}

double Number(const std::string& key, const std::string& text) {
  if (const std::optional<double> value = ParseDouble(text)) return *value;
  throw Error(Code::kInvalidArgument,
              StrCat("simulate: ", key, " is '", text, "': must be a number"));
}

void SetOption(const std::string& key, const std::string& text, SimulateOptions* options) {
  if (key == "users") {
    options->users = WholeNumber(key, text);
  } else if (key == "films") {
    options->films = WholeNumber(key, text);
  } else if (key == "ratings") {
    options->ratings = WholeNumber(key, text);
  } else if (key == "days") {
    options->days = static_cast<int>(WholeNumber(key, text));
  } else if (key == "communities") {
    options->communities = static_cast<int>(WholeNumber(key, text));
  } else if (key == "taste_strength") {
    options->taste_strength = Number(key, text);
  } else if (key == "seed") {
    options->seed = static_cast<uint64_t>(WholeNumber(key, text));
  } else {
    const std::vector<std::string> known = {"users",       "films",          "ratings", "days",
                                            "communities", "taste_strength", "seed"};
    throw Error(Code::kInvalidArgument,
                StrCat("simulate: unknown option '", key, "'", DidYouMean(key, known)),
                "simulate takes: " + Join(known, ", "));
  }
}

}  // namespace

SimulateOptions ParseSimulateOptions(const std::vector<std::string>& texts) {
  SimulateOptions options;
  for (const auto& [key, text] : ParseKeyValues("--set", texts)) SetOption(key, text, &options);
  return options;
}

void AddSimulate(CLI::App& root, Context& context) {
  struct Flags {
    std::string output;
    std::vector<std::string> set;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* simulate = root.add_subcommand(
      "simulate", "Write an invented, seeded world of users, films and ratings to files");
  simulate->add_option("--output", flags->output, "Folder for ratings.csv and movies.csv")
      ->required();
  simulate->add_option("--set", flags->set, "users=, films=, ratings=, days=, seed=, ...");
  simulate->add_flag("--json", context.json, "One JSON document instead of text");
  simulate->callback([&context, flags] {
    const SimulatedFiles files = WriteSimulatedWorld(
        ParseSimulateOptions(flags->set), flags->output, context.progress, context.cancel);
    context.progress.Finish();
    if (context.json) {
      return PrintJson(Json::MakeObject({{"folder", files.folder.string()},
                                         {"users", files.users},
                                         {"films", files.films},
                                         {"ratings", files.ratings}}));
    }
    Print(StrCat(files.folder.string(), ": ", WithThousands(files.users), " users, ",
                 WithThousands(files.films), " films, ", WithThousands(files.ratings),
                 " ratings\n"));
  });
}

}  // namespace marquee::cli
