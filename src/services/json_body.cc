#include "services/json_body.h"

#include "base/error.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "http/body.h"
#include "http/params.h"

namespace marquee {

Json ObjectOf(const http::Request& request, std::span<const std::string_view> required,
              std::span<const std::string> known) {
  http::RequireKnownQuery(request, {});
  const std::string text = http::DecodedBody(request, kMaxJsonBodyBytes);
  Json body = text.empty() ? Json::MakeObject() : Json::Parse(text);
  RequireObject("the body", body, known);
  for (const std::string_view field : required) {
    if (GivenField(body, field) != nullptr) continue;
    throw Error(Code::kInvalidArgument, StrCat("field '", field, "' is missing"),
                StrCat("give ", field));
  }
  return body;
}

}  // namespace marquee
