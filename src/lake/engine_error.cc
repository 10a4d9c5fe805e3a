#include "lake/engine_error.h"

#include <string>

namespace marquee::lake {
namespace {

struct Kind {
  std::string_view prefix;
  Code code;
};

constexpr Kind kKinds[] = {
    {"Parser Error", Code::kInvalidArgument},
    {"Syntax Error", Code::kInvalidArgument},
    {"Binder Error", Code::kInvalidArgument},
    {"Catalog Error", Code::kInvalidArgument},
    {"Conversion Error", Code::kInvalidArgument},
    {"Invalid Input Error", Code::kInvalidArgument},
    {"Invalid type Error", Code::kInvalidArgument},
    {"Mismatch Type Error", Code::kInvalidArgument},
    {"Out of Range Error", Code::kInvalidArgument},
    {"Constraint Error", Code::kInvalidArgument},
    {"Not implemented Error", Code::kInvalidArgument},
    {"Decimal Error", Code::kInvalidArgument},
    {"Divide by Zero Error", Code::kInvalidArgument},
    {"Parameter Not Resolved Error", Code::kInvalidArgument},
    {"Permission Error", Code::kPermissionDenied},
    {"Missing Extension Error", Code::kFailedPrecondition},
    {"Dependency Error", Code::kFailedPrecondition},
    {"TransactionContext Error", Code::kFailedPrecondition},
};

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Error OutOfMemory(std::string_view message) {
  if (Contains(message, "max_temp_directory_size") || Contains(message, "No space left")) {
    return Error(Code::kResourceExhausted, std::string(message),
                 "free space on the disk that holds the temporary folder");
  }
  return Error(Code::kResourceExhausted, std::string(message),
               "raise lake.memory_limit, or lower lake.threads");
}

Error InputOutput(std::string_view message) {
  if (Contains(message, "No space left on device")) {
    return Error(Code::kResourceExhausted, std::string(message), "free space on that disk");
  }
  if (Contains(message, "No such file or directory") || Contains(message, "No files found")) {
    return Error(Code::kNotFound, std::string(message));
  }
  if (Contains(message, "Permission denied")) {
    return Error(Code::kPermissionDenied, std::string(message));
  }
  return Error(Code::kInternal, std::string(message));
}

}  // namespace

Error EngineError(std::string_view message) {
  if (message.starts_with("INTERRUPT Error")) {
    return Error(Code::kCancelled, "SQL: interrupted");
  }
  if (message.starts_with("Out of Memory Error")) return OutOfMemory(message);
  if (message.starts_with("IO Error")) return InputOutput(message);
  for (const Kind& kind : kKinds) {
    if (message.starts_with(kind.prefix)) return Error(kind.code, std::string(message));
  }
  return Error(Code::kInternal, std::string(message));
}

}  // namespace marquee::lake
