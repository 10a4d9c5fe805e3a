// Where the next page of a list begins, as clients carry it.
#pragma once

#include <string>
#include <string_view>

namespace marquee {

// Opaque text, safe in URLs. `scope` is what the list was asked for, with all its filters: a cursor
// is of one list.
std::string EncodeCursor(std::string_view scope, std::string_view place);

// The place. Throws invalid_argument that names the cursor when it is broken, or of another list.
std::string DecodeCursor(std::string_view scope, std::string_view cursor);

}  // namespace marquee
