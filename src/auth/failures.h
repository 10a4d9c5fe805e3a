// Who fails to prove who they are, and for how long they are then not listened to.
#pragma once

#include <string>
#include <string_view>

#include "auth/token_buckets.h"

namespace marquee::auth {

// Thread-safe. Failures are counted by address and by user name; none is counted for long.
class Failures {
 public:
  struct Options {
    int max = 10;  // at once; then one more each window_s / max
    int window_s = 300;
  };
  explicit Failures(Options options)
      : buckets_(static_cast<double>(options.max) / options.window_s, options.max) {}

  // Throws StatusError 429 with Retry-After when `name` has failed too often.
  void RequireFew(std::string_view name);
  // Counts one; logs the one that was the last for now.
  void Count(std::string_view name);

  static std::string ByAddress(std::string_view address);
  static std::string ByUser(std::string_view user);

 private:
  TokenBuckets buckets_;
};

// 429 with Retry-After, rounded up to seconds.
[[noreturn]] void ThrowTooMany(std::string_view what, double wait_s);

}  // namespace marquee::auth
