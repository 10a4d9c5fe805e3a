// marquee experiments: what is compared, and what came of it.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "app/open_event_log.h"
#include "base/text.h"
#include "base/text_table.h"
#include "base/toml.h"
#include "cli/context.h"
#include "experiments/results.h"

namespace marquee::cli {
namespace {

Experiments ReadExperiments(Environment& environment) {
  const auto file = environment.home().experiments();
  return std::filesystem::exists(file) ? Experiments::FromJson(ReadTomlFile(file)) : Experiments();
}

void Check(Context& context) {
  Environment& environment = context.loaded_environment();
  const Experiments experiments = ReadExperiments(environment);
  TextTable table({"experiment", "share", "arms", "running"});
  for (const Experiment& experiment : experiments.all()) {
    std::vector<std::string> arms;
    for (const Arm& arm : experiment.arms)
      arms.push_back(arm.model.empty() ? arm.name : StrCat(arm.name, " (", arm.model, ")"));
    table.Add({experiment.name, StrCat(experiment.share), Join(arms, ", "),
               experiment.running(environment.clock().NowMs()) ? "yes" : "no"});
  }
  Print(experiments.all().empty()
            ? StrCat("No experiments: declare them in ", environment.home().experiments().string(),
                     " (docs/experiments.md)\n")
            : table.ToText(0, 80));
}

std::string Percent(double share) { return StrCat(Fixed(share * 100, 2), " %"); }

std::string Span(const Interval& interval) {
  return StrCat("[", Fixed(interval.low, 4), ", ", Fixed(interval.high, 4), "]");
}

void Results(Context& context, const std::string& name) {
  Environment& environment = context.loaded_environment();
  const Experiments experiments = ReadExperiments(environment);
  const Experiment& experiment = experiments.Named(name);
  const auto log = OpenEventLog(environment);
  const ExperimentResults results =
      ReadResults(*log, experiment, environment.min_rating(), environment.clock().NowMs());
  if (context.json) return PrintJson(ToJson(experiment, results));
  TextTable arms({"arm", "users", "lists", "conversion", "liked a user"});
  for (const ArmResult& arm : results.arms) {
    arms.Add({arm.arm, WithThousands(arm.positives.count()), WithThousands(arm.lists),
              Percent(arm.conversion.mean()), Fixed(arm.positives.mean(), 3)});
  }
  Print(arms.ToText(0, 80) + "\n");
  TextTable comparisons(
      {"against " + experiment.arms[0].name, "difference", "at all looks", "p", "decided"});
  for (const ArmComparison& comparison : results.comparisons) {
    comparisons.Add(
        {comparison.arm, Fixed(comparison.difference.value, 4), Span(comparison.difference.always),
         Fixed(comparison.difference.always_p_value, 4), comparison.decided ? "yes" : "not yet"});
  }
  Print(comparisons.ToText(0, 80));
  if (results.sample_ratio_p_value < .001) {
    Print(StrCat("\nThe arms have other numbers of users than their weights say (p = ",
                 results.sample_ratio_p_value, "): do not believe these results.\n"));
  }
}

}  // namespace

void AddExperiments(CLI::App& root, Context& context) {
  CLI::App* experiments =
      root.add_subcommand("experiments", "What is compared on people, and what came of it");
  experiments->require_subcommand(1);
  experiments->add_subcommand("check", "Read experiments.toml and say what it declares")
      ->callback([&context] { Check(context); });
  const auto name = std::make_shared<std::string>();
  CLI::App* results = experiments->add_subcommand("results", "What the event log says so far");
  results->add_option("name", *name, "Of the experiment")->required();
  results->add_flag("--json", context.json, "One JSON document instead of text");
  results->callback([&context, name] { Results(context, *name); });
}

}  // namespace marquee::cli
