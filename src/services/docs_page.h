// The wire contract as the program carries it, for people and for programs.
#pragma once

#include "http/message.h"

namespace marquee {

// GET /docs: a page that shows /openapi.json; it loads nothing from anywhere but this server.
http::Response DocsPage(const http::Request& request);
// GET /openapi.json
http::Response OpenApiJson(const http::Request& request);
// GET /openapi.yaml: the file as it is kept.
http::Response OpenApiYaml(const http::Request& request);

}  // namespace marquee
