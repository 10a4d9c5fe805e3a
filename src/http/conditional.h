// Answers that a client may have already (RFC 9110, 13).
#pragma once

#include "http/router.h"

namespace marquee::http {

// `handler`, its answers of status 200 tagged by their bytes (ETag) and to be asked for again each
// time (Cache-Control: no-cache): a client that names the tag in If-None-Match gets 304 without a
// body. Saves sending, not making: for answers that change seldom.
Handler Conditional(Handler handler);

}  // namespace marquee::http
