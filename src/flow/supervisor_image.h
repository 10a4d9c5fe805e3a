// Internal: the program of supervisor.cc, whole.
#pragma once

#include <string_view>

namespace marquee::flow {

std::string_view SupervisorImage();

}  // namespace marquee::flow
