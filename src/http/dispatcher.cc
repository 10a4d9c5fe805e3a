#include "http/dispatcher.h"

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

Dispatcher::Found Dispatcher::Find(Request& request) const {
  Found found;
  try {
    ParseTarget(&request);
    found.match = router_.Find(&request);
    request.matched = found.match.route;
  } catch (const Error&) {
    found.refusal = std::current_exception();
  }
  return found;
}

BodyRule Dispatcher::RuleFor(Request head) const {
  const Found found = Find(head);
  const Route* const route = found.match.route;
  if (route == nullptr) return {};
  return {.max_bytes = route->max_body_bytes, .streams = route->runs == Runs::kStreaming};
}

// A refusal is thrown by the innermost: middleware sees a request without a route as any other.
Response Dispatcher::Handle(Request& request, const Found& found) const {
  return Run(0, request, [&](Request& routed) {
    if (found.refusal) std::rethrow_exception(found.refusal);
    if (found.match.route == nullptr) return AnswerOptions(found.match.allow);
    return found.match.route->handler(routed);
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
