// marquee: the one program.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "base/text.h"
#include "base/version.h"
#include "cli/context.h"
#include "kernels/blas.h"

namespace marquee::cli {
namespace {

void DeclareCommands(CLI::App& app, Context& context) {
  app.add_option("--home", context.home, "Folder that holds all state")
      ->envname("MARQUEE_HOME")
      ->capture_default_str();
  app.add_option("--config", context.settings,
                 "A setting, section.key=value; may be repeated (marquee doctor lists them)")
      ->allow_extra_args(false);
  app.set_version_flag("--version", StrCat("marquee ", Version()));
  app.require_subcommand(1);
  AddUp(app, context);
  AddServe(app, context);
  AddImport(app, context);
  AddSteps(app, context);
  AddTrain(app, context);
  AddEvaluate(app, context);
  AddTune(app, context);
  AddUsers(app, context);
  AddRecommend(app, context);
  AddModels(app, context);
  AddRuns(app, context);
  AddRules(app, context);
  AddData(app, context);
  AddKeys(app, context);
  AddErase(app, context);
  AddAudit(app, context);
  AddSimulate(app, context);
  AddEvents(app, context);
  AddExperiments(app, context);
  AddFlow(app, context);
  AddDownload(app, context);
  AddTask(app, context);
  AddDoctor(app, context);
}

// The innermost command that was named: where to look for the word that was meant.
const CLI::App& Innermost(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

std::string CommandName(const CLI::App& app) {
  if (app.get_parent() == nullptr) return "";
  const std::string parent = CommandName(*app.get_parent());
  return parent.empty() ? app.get_name() : parent + " " + app.get_name();
}

// The words that could stand where `word` was found: commands, or flags.
std::vector<std::string> KnownWords(const CLI::App& app, std::string_view word) {
  std::vector<std::string> known;
  if (word.starts_with("-")) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
  } else {
    for (const CLI::App* command : app.get_subcommands({})) known.push_back(command->get_name());
  }
  return known;
}

int ReportWrongUsage(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& at = Innermost(app);
  const std::string name = CommandName(at);
  const std::string see = StrCat("see: marquee ", name, name.empty() ? "" : " ", "--help");
  const std::vector<std::string> extras = app.remaining(true);
  if (!extras.empty()) {
    return PrintError(
        name, Error(Code::kInvalidArgument,
                    StrCat("unknown ", extras[0].starts_with("-") ? "flag" : "word", " '",
                           extras[0], "'", DidYouMean(extras[0], KnownWords(at, extras[0]))),
                    see));
  }
  return PrintError(name, Error(Code::kInvalidArgument, error.what(), see));
}

int Run(int argc, char** argv) {
  CancelToken cancel;
  CancelOnSignals(cancel);
  Context context(cancel);
  CLI::App app("Marquee: raw ratings in, good recommendations out.", "marquee");
  DeclareCommands(app, context);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::Success& help_or_version) {
    return app.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    return ReportWrongUsage(app, error);
  } catch (const Error& error) {
    context.progress.Abandon();
    return PrintError(CommandName(Innermost(app)), error);
  } catch (const std::exception& error) {
    context.progress.Abandon();
    return PrintError(CommandName(Innermost(app)),
                      Error(Code::kInternal, error.what(), "this is a bug in marquee"));
  }
}

}  // namespace
}  // namespace marquee::cli

int main(int argc, char** argv) {
  marquee::kernels::ChooseBlasKernels();
  return marquee::cli::Run(argc, argv);
}
