#include "auth/failures.h"

#include <cmath>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "http/address.h"
#include "http/message.h"

namespace marquee::auth {

void ThrowTooMany(std::string_view what, double wait_s) {
  const auto seconds = static_cast<int64_t>(std::ceil(std::max(wait_s, 1e-3)));
  throw http::StatusError(429, Code::kResourceExhausted, std::string(what),
                          StrCat("wait ", seconds, " s"),
                          {{"Retry-After", std::to_string(seconds)}});
}

void Failures::RequireFew(std::string_view name) {
  const double wait_s = buckets_.Wait(name, SteadySeconds());
  if (wait_s > 0) ThrowTooMany(StrCat("too many failed attempts by ", name), wait_s);
}

void Failures::Count(std::string_view name) {
  const double now_s = SteadySeconds();
  if (buckets_.Take(name, now_s) > 0 || buckets_.Wait(name, now_s) == 0) return;
  LogWarning(StrCat("auth: too many failed attempts by ", name, ": refused for a while"));
}

std::string Failures::ByAddress(std::string_view address) {
  return StrCat("address ", http::ClientNetwork(address));
}

// Of any length and any bytes as it comes in.
std::string Failures::ByUser(std::string_view user) {
  return StrCat("user ", ToValidUtf8(user.substr(0, 64)));
}

}  // namespace marquee::auth
