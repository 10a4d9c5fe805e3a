#pragma once

#include <string>
#include <vector>

#include "simulate/simulate.h"

namespace marquee::cli {

// users=600,films=400,... as options. Throws invalid_argument for an unknown key, naming the
// nearest.
SimulateOptions ParseSimulateOptions(const std::vector<std::string>& texts);

}  // namespace marquee::cli
