// What a person sees: colours and bars on a terminal, plain lines elsewhere.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/error.h"
#include "base/progress.h"
#include "models/model.h"

namespace marquee::cli {

// Draws on standard error, so that standard output holds results only. On a terminal one line,
// redrawn at most ten times a second; elsewhere one line when a stage starts, one every
// five seconds, and one when it is done. Thread-safe.
class TerminalProgress : public Progress {
 public:
  TerminalProgress();
  ~TerminalProgress() override;
  void Update(std::string_view stage, double fraction, std::string_view detail) override;
  // Ends the current line: the next output starts on a fresh one.
  void Finish();
  // The same for a stage that failed: nothing says that it was done.
  void Abandon();

 private:
  void Draw(double fraction, std::string_view detail, double now);
  void EndStage();

  const bool is_terminal_;
  std::mutex mutex_;
  std::string stage_;
  std::string last_detail_;
  double stage_start_ = 0;
  double last_draw_ = 0;
  bool line_open_ = false;
};

// Epochs go to `progress` under the name `stage`; stops when `cancel` is requested.
class CliTrainObserver : public TrainObserver {
 public:
  CliTrainObserver(std::string stage, Progress& progress, const CancelToken& cancel)
      : stage_(std::move(stage)), progress_(progress), cancel_(cancel) {}
  void OnEpoch(const Epoch& epoch) override;
  bool ShouldStop() const override { return cancel_.requested(); }

 private:
  const std::string stage_;
  Progress& progress_;
  const CancelToken& cancel_;
};

// Ctrl-C and a request to end ask `cancel`; a second Ctrl-C ends the process at once with 130. Call
// once.
void CancelOnSignals(CancelToken& cancel);

// Whether the process was asked to end with SIGTERM, as supervisors do, and not with Ctrl-C.
bool ToldBySupervisor();

// "marquee <command>: <message>" and the hint below it, on standard error; returns the exit code.
int PrintError(std::string_view command, const Error& error);

}  // namespace marquee::cli
