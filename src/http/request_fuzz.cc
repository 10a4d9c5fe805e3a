// Fuzz target: what a client sends, through parser, router and query decoding, without a network.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/log.h"
#include "http/dispatcher.h"
#include "http/params.h"
#include "http/wire.h"

namespace marquee::http {
namespace {

Response UseEveryPart(const Request& request) {
  RequireKnownQuery(request, {"k", "q"});
  const int64_t k = QueryInt(request, "k", 10, 1, 1000);
  return Json(marquee::Json::MakeObject({{"k", k},
                                         {"q", request.FindQuery("q").value_or("")},
                                         {"id", request.PathParam("id")},
                                         {"body", request.body}}));
}

Dispatcher MakeDispatcher() {
  static NoProbe probe;
  SetLogLevel(LogLevel::kOff);
  Router router;
  router.Add("GET", "/items/{id}", Role::kPublic, UseEveryPart);
  router.Add("POST", "/items/{id}/similar", Role::kPublic, UseEveryPart);
  router.Add("PUT", "/files/{id*}", Role::kPublic, UseEveryPart, Runs::kStreaming);
  return Dispatcher(std::move(router), StandardMiddleware(probe));
}

// The requests of one connection. `step`: how many bytes come at a time.
void Serve(const Dispatcher& dispatcher, std::string_view bytes, size_t step) {
  ServerOptions options;
  options.max_body_bytes = 1 << 16;
  std::string unused;
  size_t received = 0;
  while (true) {
    RequestParser parser(options,
                         [&](Request head) { return dispatcher.RuleFor(std::move(head)); });
    std::string body;  // of a route that streams, piece by piece
    while (parser.state() == RequestParser::State::kHead ||
           parser.state() == RequestParser::State::kBody) {
      const size_t used = parser.Feed(unused);
      MARQUEE_CHECK(used <= unused.size());
      unused.erase(0, used);
      if (parser.streams()) body += parser.TakePiece();
      if (parser.state() == RequestParser::State::kDone || parser.refusal()) break;
      if (received >= bytes.size()) return;
      unused += bytes.substr(received, step);
      received += step;
    }
    const bool refused = parser.refusal().has_value();
    Request request = refused ? parser.TakeRefused() : parser.Take();
    if (parser.streams()) request.body = std::move(body);
    const Response response =
        refused ? dispatcher.Refuse(request, *parser.refusal()) : dispatcher.Handle(request);
    MARQUEE_CHECK(response.status >= 200 && response.status < 600 && response.status != 500);
    // Whatever came, an error is a JSON document.
    if (response.status >= 400) marquee::Json::Parse(response.body);
    ResponseHead(response, true, "");
    if (refused) return;
  }
}

}  // namespace
}  // namespace marquee::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const marquee::http::Dispatcher dispatcher = marquee::http::MakeDispatcher();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  marquee::http::Serve(dispatcher, bytes, size > 0 ? 1 + data[0] % 64 : 1);
  marquee::http::Serve(dispatcher, bytes, size + 1);
  return 0;
}
