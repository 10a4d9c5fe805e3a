// The tables.
#pragma once

#include "database/database.h"

namespace marquee::flow {

// Of DAGs, their runs, the tasks of these with all tries, pools and schedulers.
const database::Schema& FlowSchema();

}  // namespace marquee::flow
