// Texts with names in them: "run {{ run_id }} is done".
#pragma once

#include <functional>
#include <string_view>

namespace marquee {

// Calls `plain` for what stands as it is and `named` for each name, in order. Throws
// invalid_argument for a "{{" without its "}}", and what the two throw. O(n).
void ForEachTemplatePart(std::string_view text, const std::function<void(std::string_view)>& plain,
                         const std::function<void(std::string_view name)>& named);

}  // namespace marquee
