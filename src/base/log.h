// The log: one line an event, on standard error (and a file where one is set). Never pass a secret.
#pragma once

#include <string>
#include <string_view>

namespace marquee {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

// Thread-safe. `level` by name: debug, info, warning, error, off; throws invalid_argument.
LogLevel ParseLogLevel(std::string_view level);
void SetLogLevel(LogLevel level);
// Whether a line of `level` would be written: asked before a costly line is put together.
bool LogEnabled(LogLevel level);
void LogDebug(std::string_view message);
void LogInfo(std::string_view message);
void LogWarning(std::string_view message);
void LogError(std::string_view message);

}  // namespace marquee
