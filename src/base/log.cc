#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>

#include "base/error.h"
#include "base/text.h"

namespace marquee {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames = {"debug", "info", "warning", "error",
                                                         "off"};
constexpr std::array<spdlog::level::level_enum, 5> kSpdlogLevels = {
    spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err,
    spdlog::level::off};

spdlog::logger& Logger() {
  static const auto logger = [] {
    auto made = spdlog::stderr_logger_mt("marquee");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    return made;
  }();
  return *logger;
}

}  // namespace

LogLevel ParseLogLevel(std::string_view level) {
  for (size_t i = 0; i < kLevelNames.size(); ++i) {
    if (level == kLevelNames[i]) return static_cast<LogLevel>(i);
  }
  throw Error(Code::kInvalidArgument, StrCat("log level is '", level, "'"),
              "use debug, info, warning, error or off");
}

void SetLogLevel(LogLevel level) { Logger().set_level(kSpdlogLevels[static_cast<size_t>(level)]); }

bool LogEnabled(LogLevel level) {
  return Logger().should_log(kSpdlogLevels[static_cast<size_t>(level)]);
}

void LogDebug(std::string_view message) { Logger().debug("{}", message); }
void LogInfo(std::string_view message) { Logger().info("{}", message); }
void LogWarning(std::string_view message) { Logger().warn("{}", message); }
void LogError(std::string_view message) { Logger().error("{}", message); }

}  // namespace marquee
