#include "base/version.h"

namespace marquee {

std::string_view Version() { return MARQUEE_VERSION; }

}  // namespace marquee
