// The tables.
#pragma once

#include "database/database.h"

namespace marquee::tracking {

// Of experiments, runs, logged models and the registry. Things are known by whole numbers inside,
// and by the protocol's ids outside: rows of metrics, params and tags stay small.
const database::Schema& TrackingSchema();

}  // namespace marquee::tracking
