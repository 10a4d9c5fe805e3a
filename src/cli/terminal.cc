#include "cli/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "base/clock.h"
#include "base/text.h"

namespace marquee::cli {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr double kLineSeconds = 5;  // between lines of a stage where nothing can be redrawn
constexpr int kBarCells = 24;

std::string Bar(double fraction) {
  const int full = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * kBarCells);
  std::string bar;
  for (int i = 0; i < kBarCells; ++i) bar += i < full ? "━" : "┄";
  return bar;
}

std::string Padded(std::string_view text, size_t width) {
  std::string padded(text);
  const size_t shown = DisplayWidth(text);
  if (shown < width) padded.append(width - shown, ' ');
  return padded;
}

CancelToken* cancel_on_signal = nullptr;
volatile std::sig_atomic_t first_signal = 0;

void OnSignal(int signal) {
  if (cancel_on_signal->requested()) _exit(130);
  first_signal = signal;
  cancel_on_signal->Request();
}

}  // namespace

TerminalProgress::TerminalProgress() : is_terminal_(isatty(STDERR_FILENO) == 1) {}

TerminalProgress::~TerminalProgress() { Finish(); }

void TerminalProgress::Update(std::string_view stage, double fraction, std::string_view detail) {
  const std::lock_guard lock(mutex_);
  const double now = SteadySeconds();
  if (stage != stage_) {
    EndStage();
    stage_ = stage;
    stage_start_ = now;
    last_draw_ = is_terminal_ ? 0 : now;
    if (!is_terminal_) std::fprintf(stderr, "%s ...\n", stage_.c_str());
  }
  last_detail_ = detail;
  if (is_terminal_ && (now - last_draw_ >= kRedrawSeconds || fraction >= 1)) {
    Draw(fraction, detail, now);
  } else if (!is_terminal_ && now - last_draw_ >= kLineSeconds) {
    const std::string share = fraction < 0 ? "" : Fixed(100 * fraction, 0) + " %  ";
    std::fprintf(stderr, "%s %s%s\n", stage_.c_str(), share.c_str(), last_detail_.c_str());
    last_draw_ = now;
  }
}

void TerminalProgress::Draw(double fraction, std::string_view detail, double now) {
  const std::string share = fraction < 0 ? "     " : Padded(Fixed(100 * fraction, 0) + " %", 5);
  std::fprintf(stderr, "\r\033[K%s %s %s %6.1f s  %s", Padded(stage_, 24).c_str(),
               Bar(fraction).c_str(), share.c_str(), now - stage_start_,
               std::string(detail).c_str());
  std::fflush(stderr);
  last_draw_ = now;
  line_open_ = true;
}

void TerminalProgress::EndStage() {
  if (stage_.empty()) return;
  const double now = SteadySeconds();
  if (is_terminal_) {
    Draw(1, last_detail_, now);
    std::fputc('\n', stderr);
  } else {
    std::fprintf(stderr, "%s done in %.1f s  %s\n", stage_.c_str(), now - stage_start_,
                 last_detail_.c_str());
  }
  line_open_ = false;
  stage_.clear();
}

void TerminalProgress::Finish() {
  const std::lock_guard lock(mutex_);
  EndStage();
}

void TerminalProgress::Abandon() {
  const std::lock_guard lock(mutex_);
  if (line_open_) std::fputc('\n', stderr);
  line_open_ = false;
  stage_.clear();
}

void CliTrainObserver::OnEpoch(const Epoch& epoch) {
  progress_.Update(stage_, static_cast<double>(epoch.epoch) / epoch.epochs,
                   StrCat("epoch ", epoch.epoch, "/", epoch.epochs));
}

void CancelOnSignals(CancelToken& cancel) {
  cancel_on_signal = &cancel;
  struct sigaction action {};
  action.sa_handler = OnSignal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool ToldBySupervisor() { return first_signal == SIGTERM; }

int PrintError(std::string_view command, const Error& error) {
  std::fprintf(stderr, "marquee%s%s: %s\n", command.empty() ? "" : " ",
               std::string(command).c_str(), error.what());
  if (!error.hint().empty()) std::fprintf(stderr, "  %s\n", error.hint().c_str());
  return error.code() == Code::kCancelled ? 130 : ExitCode(error.code());
}

}  // namespace marquee::cli
