// What the flags before the command say, and what every command shares.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/environment.h"
#include "app/run_recording.h"
#include "base/cancel.h"
#include "base/json.h"
#include "cli/terminal.h"

namespace CLI {
class App;
}

namespace marquee::cli {

class Context {
 public:
  explicit Context(CancelToken& cancel_token) : cancel(cancel_token) {}

  std::string home = "marquee-home";
  std::vector<std::string> settings;  // --config section.key=value
  bool json = false;
  std::string command;  // "data show", for messages
  CancelToken& cancel;
  TerminalProgress progress;

  // Opened when a command first asks for it.
  Environment& environment();
  // Opened when a command first asks for it.
  const Recording& recording();
  // A line for the person, on standard error: standard output holds results only.
  void Note(std::string_view line);
  // Throws not_found with the command that makes it, when the home has no lake.
  Environment& loaded_environment();

 private:
  std::unique_ptr<Environment> environment_;
  std::unique_ptr<RunRecording> recording_;
};

// Prints `json` to standard output, one document.
void PrintJson(const Json& json);
void Print(std::string_view text);

// One function a command: declares it, with its flags, below `root`.
void AddUp(CLI::App& root, Context& context);
void AddServe(CLI::App& root, Context& context);
void AddImport(CLI::App& root, Context& context);
void AddSteps(CLI::App& root, Context& context);
void AddTrain(CLI::App& root, Context& context);
void AddEvaluate(CLI::App& root, Context& context);
void AddTune(CLI::App& root, Context& context);
void AddUsers(CLI::App& root, Context& context);
void AddRecommend(CLI::App& root, Context& context);
void AddRules(CLI::App& root, Context& context);
void AddModels(CLI::App& root, Context& context);
void AddRuns(CLI::App& root, Context& context);
void AddData(CLI::App& root, Context& context);
void AddKeys(CLI::App& root, Context& context);
void AddErase(CLI::App& root, Context& context);
void AddAudit(CLI::App& root, Context& context);
void AddSimulate(CLI::App& root, Context& context);
void AddEvents(CLI::App& root, Context& context);
void AddExperiments(CLI::App& root, Context& context);
void AddFlow(CLI::App& root, Context& context);
void AddDownload(CLI::App& root, Context& context);
void AddTask(CLI::App& root, Context& context);
void AddDoctor(CLI::App& root, Context& context);

}  // namespace marquee::cli
