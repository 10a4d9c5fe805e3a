// marquee rules: what a shop decides about its lists.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "base/text.h"
#include "cli/context.h"
#include "pipelines/gold_reader.h"
#include "recommend/rule_plan.h"

namespace marquee::cli {
namespace {

struct RulesFlags {
  std::string file;
};

Catalog CatalogOf(Environment& environment) {
  const auto session = environment.engine().NewSession();
  return Catalog(ReadGold(*session, environment.lake(), GoldVersions(environment.lake())).items);
}

void Check(Context& context, const RulesFlags& flags) {
  Environment& environment = context.environment();
  const std::filesystem::path file =
      flags.file.empty() ? environment.rules() : std::filesystem::path(flags.file);
  const auto rules = std::make_shared<Rules>(ReadRules(file));
  std::vector<std::string> warnings;
  const bool loaded = std::filesystem::exists(environment.home().lake());
  if (loaded) {
    warnings = RulePlan(rules, CatalogOf(environment), environment.clock().NowMs()).warnings();
  }
  if (context.json) {
    PrintJson(
        Json::MakeObject({{"file", file.string()},
                          {"checked_against_catalogue", loaded},
                          {"warnings", Json(Json::Array(warnings.begin(), warnings.end()))}}));
    return;
  }
  for (const std::string& warning : warnings) Print(StrCat("warning: ", warning, "\n"));
  if (!loaded) Print("No data is loaded: names of titles and genres were not looked up.\n");
  Print(StrCat(file.string(), " is in order\n"));
}

}  // namespace

void AddRules(CLI::App& root, Context& context) {
  const auto flags = std::make_shared<RulesFlags>();
  CLI::App* rules =
      root.add_subcommand("rules", "Rules for lists: what stands where, and what not");
  rules->require_subcommand(1);
  CLI::App* check = rules->add_subcommand("check", "Reads a file of rules and says what is wrong");
  check->add_option("file", flags->file, "The file; without it, that of the home");
  check->add_flag("--json", context.json, "One JSON document instead of text");
  check->callback([&context, flags] { Check(context, *flags); });
}

}  // namespace marquee::cli
