// Every setting of Marquee: key, type, default, meaning.
#pragma once

#include <span>

#include "base/config.h"

namespace marquee {

std::span<const SettingSpec> Settings();

}  // namespace marquee
