#include "cli/context.h"

#include <cstdio>

#include "base/error.h"
#include "base/text.h"

namespace marquee::cli {

Environment& Context::environment() {
  if (!environment_) environment_ = std::make_unique<Environment>(home, settings);
  return *environment_;
}

const Recording& Context::recording() {
  if (!recording_) recording_ = std::make_unique<RunRecording>(environment());
  return recording_->recording();
}

Environment& Context::loaded_environment() {
  if (!std::filesystem::exists(environment().home().lake())) {
    throw Error(Code::kNotFound, StrCat("home '", home, "' holds no data"),
                "load some with: marquee import PATH, or marquee up");
  }
  return environment();
}

void Context::Note(std::string_view line) {
  progress.Finish();
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

void PrintJson(const Json& json) { Print(json.Pretty() + "\n"); }

void Print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace marquee::cli
