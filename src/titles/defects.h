// Inside the module only.
#pragma once

#include <string>

#include "titles/tables.h"

namespace marquee::titles {

// titles.defects as a table for people. REQUIRES: titles.checked.
std::string DefectsText(Tables& tables, TaskContext& context);

}  // namespace marquee::titles
