// Cooperative cancellation: asked for by Ctrl-C or a deadline, looked at by long loops.
#pragma once

#include <atomic>
#include <string_view>

namespace marquee {

// Thread-safe. Request is async-signal-safe.
class CancelToken {
 public:
  void Request() { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const { return requested_.load(std::memory_order_relaxed); }
  // Throws cancelled, naming `what`, once requested.
  void ThrowIfRequested(std::string_view what) const;

 private:
  std::atomic<bool> requested_{false};
};

}  // namespace marquee
