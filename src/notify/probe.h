// What couriers tell whoever measures them.
#pragma once

#include <string>
#include <string_view>

namespace marquee::notify {

// Called from the threads of the channels: thread-safe and quick.
class Probe {
 public:
  virtual ~Probe() = default;
  // "sent", "summary" (many in one), "refused", "failed" (to be tried again)
  virtual void OnMessage(const std::string& channel, std::string_view outcome) = 0;
};

class NoProbe : public Probe {
 public:
  void OnMessage(const std::string&, std::string_view) override {}
};

}  // namespace marquee::notify
