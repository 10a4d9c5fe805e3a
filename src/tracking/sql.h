// Internal: the words of database/ in which this module's statements are written.
#pragma once

#include "database/database.h"

namespace marquee::tracking {

using database::Dialect;
using database::Rows;
using database::Session;
using database::SqlValue;
using database::SqlValues;

}  // namespace marquee::tracking
