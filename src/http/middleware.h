// What happens around every handler.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/options.h"
#include "http/probe.h"

namespace marquee::http {

// The rest of the list, with the handler at its end. It refers to what it was made of: not to be
// kept.
class Next {
 public:
  template <typename F>
  Next(const F& f)
      : f_(&f), call_([](const void* of, Request& request) -> Response {
          return (*static_cast<const F*>(of))(request);
        }) {}
  Response operator()(Request& request) const { return call_(f_, request); }

 private:
  const void* f_;
  Response (*call_)(const void*, Request&);
};

// One entry of the list: calls `next` or answers itself. The route is known by then
// (request.route).
struct Middleware {
  std::string_view name;
  std::string_view reason;  // why it is there, and why at this place
  std::function<Response(Request&, const Next& next)> handle;
};

// The list, outermost first; `guards` are its innermost. `probe` must outlive it.
std::vector<Middleware> StandardMiddleware(Probe& probe, const ServerOptions& options = {},
                                           std::vector<Middleware> guards = {});

}  // namespace marquee::http
