// For tests: a real S3 server, where a script that starts one is beside the project. MARQUEE_S3
// names it; by default it is that of versitygw (MARQUEE_SHARED, default ../shared), where it is
// installed already.
#pragma once

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>

#include "base/clock.h"
#include "base/files.h"
#include "base/test_tool.h"
#include "base/text.h"
#include "storage/s3_client.h"

namespace marquee::storage {

class S3Server {
 public:
  static bool IsThere() {
    return std::getenv("MARQUEE_S3") != nullptr ||
           (std::filesystem::exists(Script()) && std::filesystem::exists(Installed()));
  }
  // Of tests that take longer than a test of a module may: `./run compat s3` runs them.
  static bool IsMeantForLongTests() { return std::getenv("MARQUEE_S3") != nullptr; }

  // With a bucket "films".
  S3Server() {
    Start();
    S3Client(Options(""), clock_).Call({.method = "PUT"});
  }
  ~S3Server() { Run("stop"); }
  S3Server(const S3Server&) = delete;
  S3Server& operator=(const S3Server&) = delete;

  S3Options Options(const std::string& prefix) const {
    return {.bucket = "films",
            .prefix = prefix,
            .endpoint = facts_.at("S3_ENDPOINT"),
            .region = facts_.at("S3_REGION"),
            .credentials = {.access_key_id = facts_.at("S3_ACCESS_KEY"),
                            .secret_access_key = facts_.at("S3_SECRET_KEY")}};
  }
  const Clock& clock() const { return clock_; }

  // The same data, at the same port, after a Crash.
  void Start() {
    const std::string endpoint = facts_.empty() ? "" : facts_.at("S3_ENDPOINT");
    const std::string answer = Run("start", endpoint.substr(endpoint.rfind(':') + 1));
    for (const std::string_view line : Split(answer, "\n")) {
      const size_t equals = line.find('=');
      if (equals == std::string_view::npos) continue;
      facts_[std::string(line.substr(0, equals))] = line.substr(equals + 1);
    }
    if (facts_.empty()) throw std::runtime_error("no S3: " + answer);
  }
  // Ends it at once, as a loss of power would.
  void Crash() {
    const std::string name = Script().filename().string();
    kill(static_cast<pid_t>(std::stol(ReadFile(folder_.path() / (name + ".pid")))), SIGKILL);
    Run("stop");
  }

 private:
  static std::filesystem::path Script() {
    if (const char* const script = std::getenv("MARQUEE_S3")) return script;
    return ToolScript("versitygw");
  }
  static std::filesystem::path Installed() {
    const char* const tools = std::getenv("MARQUEE_TOOLS");
    const char* const home = std::getenv("HOME");
    const std::filesystem::path folder =
        tools != nullptr ? tools : StrCat(home == nullptr ? "" : home, "/.cache/marquee-tools");
    return folder / "versitygw/versitygw";
  }
  // What it prints.
  std::string Run(const std::string& verb, const std::string& port = {}) {
    return RunTool(Script(), verb, folder_.path(), port);
  }

  const SystemClock clock_;
  TempDir folder_;
  std::map<std::string, std::string> facts_;
};

}  // namespace marquee::storage
