#pragma once

#include "http/message.h"

namespace marquee {

// GET /: a page with a form to try for a browser (Accept names text/html), otherwise JSON with the
// version and what there is. The page loads nothing from anywhere but this server.
http::Response Index(const http::Request& request);

}  // namespace marquee
