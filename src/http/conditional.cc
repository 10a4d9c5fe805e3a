#include "http/conditional.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/text.h"

namespace marquee::http {
namespace {

constexpr size_t kTagDigits = 32;

// Whether the list of If-None-Match has `tag`; a weak one is as good (RFC 9110, 8.8.3.2).
bool Names(std::string_view list, std::string_view tag) {
  if (Trim(list) == "*") return true;
  return std::ranges::any_of(Split(list, ","), [&](std::string_view one) {
    one = Trim(one);
    if (one.starts_with("W/")) one.remove_prefix(2);
    return one == tag;
  });
}

}  // namespace

Handler Conditional(Handler handler) {
  return [handler = std::move(handler)](const Request& request) {
    Response response = handler(request);
    if (response.status != 200) return response;
    const std::string tag =
        StrCat("\"", HashHex(HashKind::kSha256, response.body).substr(0, kTagDigits), "\"");
    response.headers.push_back({"ETag", tag});
    response.headers.push_back({"Cache-Control", "no-cache"});
    const auto held = request.FindHeader("If-None-Match");
    if (held && Names(*held, tag)) {
      response.status = 304;
      response.content_type.clear();
      response.body.clear();
    }
    return response;
  };
}

}  // namespace marquee::http
