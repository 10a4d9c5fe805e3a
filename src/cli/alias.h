// The alias of the champion, after a command published one.
#pragma once

#include "cli/context.h"
#include "pipelines/model_store.h"

namespace marquee::cli {

// Gives it to what is published; what fails is warned of: servers of this home put it right.
void PointAlias(Context& context, ModelStore& store);

}  // namespace marquee::cli
