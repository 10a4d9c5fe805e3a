#include "base/error.h"

#include <utility>

namespace marquee {
namespace {

struct CodeFacts {
  Code code;
  std::string_view name;
  int http_status;
};

constexpr CodeFacts kCodes[] = {
    {Code::kInvalidArgument, "invalid_argument", 400},
    {Code::kNotFound, "not_found", 404},
    {Code::kAlreadyExists, "already_exists", 409},
    {Code::kFailedPrecondition, "failed_precondition", 409},
    {Code::kUnauthenticated, "unauthenticated", 401},
    {Code::kPermissionDenied, "permission_denied", 403},
    {Code::kResourceExhausted, "resource_exhausted", 429},
    {Code::kUnavailable, "unavailable", 503},
    {Code::kDeadlineExceeded, "deadline_exceeded", 504},
    {Code::kCancelled, "cancelled", 499},
    {Code::kDataLoss, "data_loss", 500},
    {Code::kUnimplemented, "unimplemented", 501},
    {Code::kInternal, "internal", 500},
};

const CodeFacts& Facts(Code code) { return kCodes[static_cast<size_t>(code)]; }

}  // namespace

std::string_view CodeName(Code code) { return Facts(code).name; }

int HttpStatus(Code code) { return Facts(code).http_status; }

int ExitCode(Code code) { return code == Code::kInvalidArgument ? 2 : 1; }

Error::Error(Code code, std::string message, std::string hint)
    : std::runtime_error(std::move(message)), code_(code), hint_(std::move(hint)) {}

Error Error::WithContext(std::string_view context) const {
  return Error(code_, std::string(context) + ": " + what(), hint_);
}

}  // namespace marquee
