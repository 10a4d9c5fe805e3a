// Limits of how often, for many clients at once.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace marquee::auth {

// A token bucket for each name: it holds `burst` tokens and gets `per_second` new ones.
// Thread-safe; O(1). Of many names, the `max_names` last used are remembered at least, and twice as
// many at most.
class TokenBuckets {
 public:
  TokenBuckets(double per_second, double burst, size_t max_names = 1 << 14)
      : per_second_(per_second), burst_(burst), max_names_(max_names) {}

  // Takes a token of `name`: 0 when there was one, otherwise the seconds until there is. `now_s`:
  // of a steady clock.
  double Take(std::string_view name, double now_s);
  // What Take would return.
  double Wait(std::string_view name, double now_s);

 private:
  struct Bucket {
    double tokens;
    double at_s;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Buckets = std::unordered_map<std::string, Bucket, Hash, std::equal_to<>>;

  Bucket& Find(std::string_view name, double now_s);

  const double per_second_;
  const double burst_;
  const size_t max_names_;
  std::mutex mutex_;
  Buckets recent_;
  Buckets older_;
};

}  // namespace marquee::auth
