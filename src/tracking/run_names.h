#pragma once

#include <string>
#include <string_view>

namespace marquee::tracking {

// "keen-otter-417": the name of a run that was given none. The same for the same id.
std::string NameForRun(std::string_view run_id);

}  // namespace marquee::tracking
