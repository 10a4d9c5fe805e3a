// What DuckDB says, as an Error. Inside the module only.
#pragma once

#include <string_view>

#include "base/error.h"

namespace marquee::lake {

// `message` starts with DuckDB's name of the error: "Binder Error: ...".
Error EngineError(std::string_view message);

}  // namespace marquee::lake
