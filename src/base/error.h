// The one exception type of Marquee. What is expected to happen is a return value; an Error ends a
// request, a task or a command.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace marquee {

enum class Code {
  kInvalidArgument,
  kNotFound,
  kAlreadyExists,
  kFailedPrecondition,
  kUnauthenticated,
  kPermissionDenied,
  kResourceExhausted,
  kUnavailable,
  kDeadlineExceeded,
  kCancelled,
  kDataLoss,
  kUnimplemented,
  kInternal,
};

// "invalid_argument", ...: the name used in JSON and logs.
std::string_view CodeName(Code code);
// The HTTP status of a code: invalid_argument is 400, not_found is 404, ...
int HttpStatus(Code code);
// The exit code of the program: 2 for wrong usage (invalid_argument), otherwise 1.
int ExitCode(Code code);

class Error : public std::runtime_error {
 public:
  // `message` starts with the context and names the offending value; `hint` says what to do about
  // it.
  Error(Code code, std::string message, std::string hint = {});

  Code code() const { return code_; }
  std::string message() const { return what(); }
  const std::string& hint() const { return hint_; }

  // The same error with "`context`: " before its message.
  Error WithContext(std::string_view context) const;

 private:
  Code code_;
  std::string hint_;
};

}  // namespace marquee
