// For tests of logs.
#pragma once

#include <limits>
#include <string>
#include <utility>

#include "events/event.h"

namespace marquee {

inline constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();

inline Event Click(std::string user, std::string item, int64_t time_ms = 1000) {
  return {.user_id = std::move(user), .item_id = std::move(item), .time_ms = time_ms};
}

}  // namespace marquee
