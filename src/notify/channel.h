// Where messages go.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/cancel.h"
#include "notify/message.h"

namespace marquee::notify {

struct Delivery {
  enum class Outcome {
    kDone,
    kRefused,  // for good, by whom it was for: sending it again would not help
    kFailed,   // try again later
  };
  Outcome outcome = Outcome::kDone;
  std::string reason = {};     // without secrets
  int64_t retry_after_ms = 0;  // when the other side said so
};

// Not thread-safe.
class Channel {
 public:
  virtual ~Channel() = default;
  // Blocks. After kFailed it may be called again with the same message: who had it already does not
  // get it twice. Throws cancelled.
  virtual Delivery Send(const Message& message, const CancelToken& cancel) = 0;
};

}  // namespace marquee::notify
