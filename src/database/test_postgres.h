// For tests: a real PostgreSQL, where the script that starts one is beside the project
// (MARQUEE_SHARED, default ../shared).
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/files.h"
#include "base/test_tool.h"
#include "base/text.h"

namespace marquee::database {

class PostgresServer {
 public:
  static bool IsThere() { return std::filesystem::exists(Script()); }

  PostgresServer() { Start(); }
  ~PostgresServer() { Run("stop"); }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  const std::string& url() const { return url_; }
  // The same data, at the same port, after a Crash.
  void Start() {
    const size_t colon = url_.rfind(':');
    const std::string port =
        url_.empty() ? "" : url_.substr(colon + 1, url_.rfind('/') - colon - 1);
    const std::string answer = Run("start", port);
    const size_t url = answer.find("postgresql://");
    if (url == std::string::npos) throw std::runtime_error("no PostgreSQL: " + answer);
    url_ = Trim(answer.substr(url));
  }
  // Ends it at once, as a loss of power would.
  void Crash() {
    kill(static_cast<pid_t>(std::stol(ReadFile(folder_.path() / "postgres.pid"))), SIGQUIT);
    Run("stop");
  }

 private:
  static std::filesystem::path Script() { return ToolScript("postgres"); }
  // What it prints.
  std::string Run(const std::string& verb, const std::string& port = {}) {
    return RunTool(Script(), verb, folder_.path(), port);
  }

  TempDir folder_;
  std::string url_;
};

// Of one PostgreSQL for all tests of the program, started when it is first asked for.
inline const std::string& SharedPostgresUrl() {
  struct Shared : testing::Environment {
    void TearDown() override { server.reset(); }
    std::unique_ptr<PostgresServer> server;
  };
  static auto* const shared = static_cast<Shared*>(testing::AddGlobalTestEnvironment(new Shared));
  if (shared->server == nullptr) shared->server = std::make_unique<PostgresServer>();
  return shared->server->url();
}

}  // namespace marquee::database
