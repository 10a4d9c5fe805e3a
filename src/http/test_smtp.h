// For tests: a real mail server, where the script that starts one is beside the project
// (MARQUEE_SHARED, default ../shared).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/test_tool.h"
#include "base/text.h"

namespace marquee::http {

class SmtpServer {
 public:
  static bool IsThere() { return std::filesystem::exists(Script()); }

  SmtpServer() { Start(); }
  ~SmtpServer() { Stop(); }
  SmtpServer(const SmtpServer&) = delete;
  SmtpServer& operator=(const SmtpServer&) = delete;

  // At the same port as before.
  void Start() {
    const std::string answer = Run("start", port_);
    const auto value = [&](std::string_view key) -> std::string {
      const size_t at = answer.find(StrCat(key, "="));
      if (at == std::string::npos) throw std::runtime_error("no mail server: " + answer);
      const size_t begin = at + key.size() + 1;
      return answer.substr(begin, answer.find('\n', begin) - begin);
    };
    port_ = value("SMTP_PORT");
    ca_file_ = value("SMTP_CA_FILE");
    mails_ = value("SMTP_MAIL_DIR");
  }
  void Stop() { Run("stop"); }

  std::string url() const { return StrCat("smtp://localhost:", port_); }
  const std::string& ca_file() const { return ca_file_; }
  // What it has taken, as it came, in order.
  std::vector<std::string> Mails() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(mails_)) {
      files.push_back(entry.path());
    }
    std::ranges::sort(files);
    std::vector<std::string> mails;
    for (const auto& file : files) mails.push_back(ReadFile(file));
    return mails;
  }

 private:
  static std::filesystem::path Script() { return ToolScript("smtp"); }
  // What it prints.
  std::string Run(const std::string& verb, const std::string& port = {}) {
    return RunTool(Script(), verb, folder_.path(), port);
  }

  TempDir folder_;
  std::string port_;
  std::string ca_file_;
  std::filesystem::path mails_;
};

}  // namespace marquee::http
