#include "http/params.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace marquee::http {
namespace {

std::string KnownHint(std::span<const std::string> known) {
  if (known.empty()) return "this route takes no query parameters";
  return StrCat("this route takes: ", Join(known, ", "));
}

}  // namespace

void RequireKnownQuery(const Request& request, std::span<const std::string> known) {
  for (const Param& param : request.query) {
    if (std::ranges::find(known, param.name) != known.end()) continue;
    throw Error(Code::kInvalidArgument,
                StrCat("unknown query parameter '", param.name, "'", DidYouMean(param.name, known)),
                KnownHint(known));
  }
}

void RequireKnownQuery(const Request& request, std::initializer_list<std::string_view> known) {
  if (request.query.empty()) return;
  RequireKnownQuery(request, std::vector<std::string>(known.begin(), known.end()));
}

int64_t QueryInt(const Request& request, std::string_view name, int64_t fallback, int64_t min,
                 int64_t max) {
  const std::optional<std::string_view> text = request.FindQuery(name);
  if (!text) return fallback;
  const std::optional<int64_t> number = ParseInt(*text);
  if (!number) {
    throw Error(Code::kInvalidArgument, StrCat(name, " is '", *text, "': must be a whole number"),
                StrCat("give ", name, " as a number from ", min, " to ", max));
  }
  if (*number < min || *number > max) {
    throw Error(Code::kInvalidArgument,
                StrCat(name, " is ", *number, ": must be ", min, " to ", max),
                StrCat("give ", name, " as a number from ", min, " to ", max, ", or leave it out"));
  }
  return *number;
}

double QueryNumber(const Request& request, std::string_view name, double fallback, double min,
                   double max) {
  const std::optional<std::string_view> text = request.FindQuery(name);
  if (!text) return fallback;
  const std::optional<double> value = ParseDouble(*text);
  if (value && *value >= min && *value <= max) return *value;
  throw Error(Code::kInvalidArgument,
              StrCat(name, " is '", *text, "': must be a number from ", min, " to ", max),
              StrCat("give ", name, " as a number from ", min, " to ", max, ", or leave it out"));
}

std::vector<std::string> QueryList(const Request& request, std::string_view name) {
  std::vector<std::string> parts;
  const std::optional<std::string_view> list = request.FindQuery(name);
  if (!list) return parts;
  for (const std::string_view part : Split(*list, ",")) {
    if (!Trim(part).empty()) parts.emplace_back(Trim(part));
  }
  return parts;
}

}  // namespace marquee::http
