#include "http/dispatcher.h"

#include <exception>

#include "http/url.h"

namespace marquee::http {
namespace {

Response AnswerOptions(std::string allow) {
  Response response;
  response.status = 204;
  response.headers = {{"Allow", std::move(allow)}};
  return response;
}

}  // namespace

Dispatcher::Dispatcher(Router router, std::vector<Middleware> middleware)
    : router_(std::move(router)), middleware_(std::move(middleware)) {}

Response Dispatcher::Handle(Request& request) const {
  Router::Match match;
  // Kept for the innermost entry: middleware sees a request without a route as any other.
  std::exception_ptr refusal;
  try {
    ParseTarget(&request);
    match = router_.Find(&request);
  } catch (const Error&) {
    refusal = std::current_exception();
  }
  return Run(0, request, [&](Request& routed) {
    if (refusal) std::rethrow_exception(refusal);
    if (match.route == nullptr) return AnswerOptions(match.allow);
    return match.route->handler(routed);
  });
}

Response Dispatcher::Refuse(Request& request, const StatusError& why) const {
  return Run(0, request, [&](Request&) -> Response { throw why; });
}

Response Dispatcher::Run(size_t index, Request& request, const Next& last) const {
  if (index == middleware_.size()) return last(request);
  return middleware_[index].handle(request,
                                   [&](Request& passed) { return Run(index + 1, passed, last); });
}

}  // namespace marquee::http
