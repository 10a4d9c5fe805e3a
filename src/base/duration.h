// Spans of time as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace marquee {

// "90s", "45m", "12h", "30d", "2w" in milliseconds; nothing for other text, and beyond 100 years.
std::optional<int64_t> ParseDuration(std::string_view text);

}  // namespace marquee
